import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { StorageError } from "../../src/domain/errors.ts";
import { parseMail } from "../../src/parse/parse-mail.ts";
import { inPieces, mail, parseOptions, temporaryDir, withAttachment } from "./options.ts";

const PDF = ["Content-Type: application/pdf", 'Content-Disposition: attachment; filename="report.pdf"'];
const sha256 = (content: string | Buffer): string => createHash("sha256").update(content).digest("hex");
const STORED = /^mailport-[0-9a-f]{16}\.[a-z0-9]{1,10}$/;

describe("the folder", () => {
  it("that is a symbolic link is refused", async () => {
    const root = await temporaryDir();
    await mkdir(join(root, "elsewhere"));
    await symlink(join(root, "elsewhere"), join(root, "attachments"));
    const parsing = parseMail(withAttachment(PDF), parseOptions(join(root, "attachments")));
    await expect(parsing).rejects.toThrow(StorageError);
    await expect(parsing).rejects.toThrow("symbolic link");
    expect(await readdir(join(root, "elsewhere"))).toEqual([]);
  });

  it("holds a symbolic link of the very name: the link is replaced, not followed", async () => {
    const root = await temporaryDir();
    const dir = join(root, "attachments");
    await mkdir(dir);
    await writeFile(join(root, "canary"), "alive");
    await symlink(join(root, "canary"), join(dir, `mailport-${sha256("content").slice(0, 16)}.pdf`));
    const { attachments } = await parseMail(withAttachment(PDF), parseOptions(dir));
    expect((await stat(attachments[0]?.path ?? "")).isFile()).toBe(true);
    expect(await readFile(attachments[0]?.path ?? "", "utf8")).toBe("content");
    expect(await readFile(join(root, "canary"), "utf8")).toBe("alive");
  });

  it.runIf(process.platform === "linux")(
    "swapped for a symbolic link in the middle of a mail gains nothing",
    async () => {
      const root = await temporaryDir();
      const dir = join(root, "attachments");
      await mkdir(join(root, "elsewhere"));
      const big = withAttachment(PDF, Buffer.alloc(2_000_000, "x"));
      async function* swapping() {
        let sent = 0;
        for await (const piece of inPieces(big, 65_536)) {
          yield piece;
          sent += piece.length;
          if (sent > 1_500_000 && sent <= 1_500_000 + 65_536) {
            await swap(dir, join(root, "elsewhere"));
          }
        }
      }
      await expect(parseMail(swapping(), parseOptions(dir))).rejects.toThrow(StorageError);
      expect(await readdir(join(root, "elsewhere"))).toEqual([]);
    },
  );

  it("that cannot be made is a StorageError that may be tried again", async () => {
    const root = await temporaryDir();
    await writeFile(join(root, "file"), "");
    const error: unknown = await parseMail(withAttachment(PDF), parseOptions(join(root, "file", "attachments"))).catch(
      (failure: unknown) => failure,
    );
    expect(error).toBeInstanceOf(StorageError);
    expect(error).toMatchObject({ code: "STORAGE", retryable: true });
  });

  it("has no part of a file after the source has failed", async () => {
    const dir = await temporaryDir();
    const big = withAttachment(PDF, Buffer.alloc(2_000_000, "x"));
    async function* broken() {
      yield* inPieces(big.subarray(0, 1_500_000), 65_536);
      throw new Error("connection reset");
    }
    await expect(parseMail(broken(), parseOptions(dir))).rejects.toThrow("connection reset");
    expect(await readdir(dir)).toEqual([]);
  });

  it("has no part of a file after a mail was refused half-way", async () => {
    const dir = await temporaryDir();
    const parts = Array.from({ length: 2_000 }, (_, index) => ["--b", ...PDF, "", `file ${index}`].join("\r\n"));
    const source = mail(["Content-Type: multipart/mixed; boundary=b"], parts.join("\r\n"));
    const { metadata } = await parseMail(source, parseOptions(dir, { maxCount: 30 }));
    expect(metadata.email_defects).toEqual(["too-many-parts"]);
    const files = await readdir(dir);
    expect(files).toHaveLength(30);
    for (const file of files) expect(file).toMatch(STORED);
  });
});

/** Until it stands: who saves may make the folder again in between. */
async function swap(dir: string, target: string): Promise<void> {
  for (;;) {
    await rm(dir, { recursive: true, force: true, maxRetries: 10 });
    try {
      return await symlink(target, dir);
    } catch (error) {
      if (!(error instanceof Error) || !("code" in error) || error.code !== "EEXIST") throw error;
    }
  }
}
