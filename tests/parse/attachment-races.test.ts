import { execFile, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmod, link, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { StorageError } from "../../src/domain/errors.ts";
import { parseMail } from "../../src/parse/parse-mail.ts";
import { parseOptions, temporaryDir, withAttachment } from "./options.ts";

const PDF = ["Content-Type: application/pdf", 'Content-Disposition: attachment; filename="report.pdf"'];
const run = promisify(execFile);

/** A canary outside of the folder, and the name under which this content will be saved. */
async function place(content: string | Buffer = "%PDF-1.4 content") {
  const root = await temporaryDir();
  const dir = join(root, "attachments");
  const canary = join(root, "canary");
  await writeFile(canary, "alive");
  const target = join(dir, `mailport-${createHash("sha256").update(content).digest("hex").slice(0, 16)}.pdf`);
  return { root, dir, canary, target, source: withAttachment(PDF, content) };
}

describe("the folder for attachments is a place that others write to (security 3.6)", () => {
  it("(a) the expected name is a link to a canary: it is replaced, not followed", async () => {
    const { dir, canary, target, source } = await place();
    await mkdir(dir);
    await symlink(canary, target);
    const { attachments } = await parseMail(source, parseOptions(dir));
    expect(attachments[0]?.path).toBe(target);
    expect(await readFile(target, "latin1")).toBe("%PDF-1.4 content");
    expect(await readFile(canary, "utf8")).toBe("alive");
  });

  it("(b) the folder is a link: refused, and nothing is written where it leads", async () => {
    const { root, dir, source } = await place();
    await mkdir(join(root, "elsewhere"));
    await symlink(join(root, "elsewhere"), dir);
    await expect(parseMail(source, parseOptions(dir))).rejects.toThrow(StorageError);
    expect(await readdir(join(root, "elsewhere"))).toEqual([]);
  });

  it.runIf(process.platform === "linux")(
    "(c) the folder is swapped for a link and back, over and over, while 1,000 mails are stored",
    async () => {
      const { root, dir, canary } = await place();
      const elsewhere = join(root, "elsewhere");
      await mkdir(elsewhere);
      const done = new AbortController();
      let swaps = 0;
      const swap = async () => {
        await rm(dir, { recursive: true, force: true });
        await symlink(elsewhere, dir);
        await nextTurn();
        await rm(dir);
        await mkdir(dir);
        swaps++;
        // Long enough for a mail or two.
        await sleep(5);
      };
      const swapping = (async () => {
        // It fails when a mail has made the folder or a file in it at that very moment.
        while (!done.signal.aborted) await swap().catch(() => {});
      })();
      let saved = 0;
      for (let n = 0; n < 1_000; n++) {
        const source = withAttachment(PDF, `%PDF-1.4 number ${n}`);
        const { attachments } = await parseMail(source, parseOptions(dir)).catch((error: unknown) => {
          // A mail that meets the link, or no folder at all, is not acknowledged; it will come again.
          expect(error).toBeInstanceOf(StorageError);
          return { attachments: [] };
        });
        saved += attachments.length;
      }
      done.abort();
      await swapping;
      expect({ swaps: swaps > 50, saved: saved > 50 }).toEqual({ swaps: true, saved: true });
      expect(await readdir(elsewhere)).toEqual([]);
      expect(await readFile(canary, "utf8")).toBe("alive");
    },
    60_000,
  );

  it("(d) the expected name is a hard link to a canary: the canary keeps its content and its mode", async () => {
    const { dir, canary, target, source } = await place();
    await mkdir(dir);
    await chmod(canary, 0o444);
    await link(canary, target);
    await parseMail(source, parseOptions(dir));
    expect(await readFile(target, "latin1")).toBe("%PDF-1.4 content");
    expect(await readFile(canary, "utf8")).toBe("alive");
    expect((await stat(canary)).mode & 0o777).toBe(0o444);
  });

  it("(e) with a umask of 000, folder and files are still nobody else's", async () => {
    const { dir, source } = await place();
    // A process of its own: threads cannot set it, and the other tests must not have it.
    await inChild("umask 000", { dir, source, options: [] });
    expect((await stat(dir)).mode & 0o777).toBe(0o700);
    for (const file of await readdir(dir)) expect((await stat(join(dir, file))).mode & 0o777).toBe(0o600);
    expect(await readdir(dir)).toHaveLength(1);
  });

  const canMount =
    spawnSync("unshare", ["-Urm", "true"]).status === 0 || spawnSync("unshare", ["-m", "true"]).status === 0;

  it.runIf(canMount).each([
    ["in the middle of a long file", 3_000_000, 1],
    ["in the third of ten files", 30_000, 10],
  ])(
    "(f) the disk is full %s: the mail is not done with, and no part of a file has a name",
    async (_, bytes, count) => {
      const { dir } = await place();
      await mkdir(dir);
      const contents = Array.from({ length: count }, (__, n) => Buffer.alloc(bytes, `%PDF-1.4 ${n} `));
      const source = withAttachment(PDF, contents[0] ?? "")
        .toString("latin1")
        .replace(
          "--b--",
          contents
            .slice(1)
            .map((content) =>
              ["--b", ...PDF, "Content-Transfer-Encoding: base64", "", content.toString("base64"), ""].join("\r\n"),
            )
            .join("") + "--b--",
        );
      const mounted = `mount -t tmpfs -o size=96k tmpfs ${dir}`;
      const { outcome, files } = await inChild(mounted, { dir, source: Buffer.from(source, "latin1"), options: [] });
      expect(outcome).toMatch(/^StorageError retryable .*ENOSPC/);
      expect(files.filter((file) => file.endsWith(".part"))).toEqual([]);
      // What has a name is whole; the mail comes again and finds it.
      for (const file of files) expect(file).toMatch(/^mailport-[0-9a-f]{16}\.pdf 30000$/);
    },
  );

  it.runIf(canMount)("(g) the folder is read-only: the mail is not done with", async () => {
    const { dir, source } = await place();
    await mkdir(dir);
    const { outcome, files } = await inChild(`mount -t tmpfs -o ro tmpfs ${dir}`, { dir, source, options: [] });
    expect(outcome).toMatch(/^StorageError retryable .*EROFS/);
    expect(files).toEqual([]);
  });

  it.runIf(process.getuid?.() !== 0)("(g) the folder may not be written to: the mail is not done with", async () => {
    const { dir, source } = await place();
    await mkdir(dir, { mode: 0o500 });
    await expect(parseMail(source, parseOptions(dir))).rejects.toThrow("EACCES");
  });
});

describe("many names for one folder", () => {
  it.each<[string, readonly string[]]>([
    ["1,000 files that are all called a.pdf", Array.from({ length: 1_000 }, () => "a.pdf")],
    ["names that some file systems take for one", ["A.pdf", "a.pdf", "a\u0301.pdf", "\u00e1.pdf"]],
  ])(
    "%s are as many files",
    async (_, names) => {
      const { dir } = await place();
      const parts = names.map((name, n) =>
        [
          "--b",
          "Content-Type: application/pdf",
          `Content-Disposition: attachment; filename*=utf-8''${encodeURIComponent(name)}`,
          "",
          `%PDF-1.4 ${n}`,
        ].join("\r\n"),
      );
      // 998 are as many parts as a mail may have.
      const source = Buffer.from(
        withAttachment(PDF)
          .toString("latin1")
          .replace(/--b\r\nContent-Type: application[^]*/, `${parts.slice(0, 990).join("\r\n")}\r\n--b--\r\n`),
        "latin1",
      );
      const { attachments } = await parseMail(source, parseOptions(dir, { maxCount: 1_000 }));
      expect(attachments.map(({ filename }) => filename)).toEqual(names.slice(0, 990).map((name) => name));
      expect(new Set(attachments.map(({ path }) => path)).size).toBe(Math.min(990, names.length));
      expect(await readdir(dir)).toHaveLength(Math.min(990, names.length));
    },
    60_000,
  );
});

interface Child {
  readonly dir: string;
  readonly source: Buffer;
  readonly options: readonly string[];
}

/** Stores the mail in a process of its own, after this shell command; in a mount namespace of its own. */
async function inChild(prepare: string, { dir, source }: Child): Promise<{ outcome: string; files: string[] }> {
  const mail = `${dir}.eml`;
  await writeFile(mail, source);
  onTestFinished(async () => await rm(mail, { force: true }));
  const child = resolve(import.meta.dirname, "store-one-mail.ts");
  const script = `${prepare} && exec "$0" --import tsx "$1" "$2" "$3"`;
  const shell = ["sh", "-c", script, process.execPath, child, mail, dir];
  const [command = "", ...args] = prepare.startsWith("mount")
    ? ["unshare", ...(process.getuid?.() === 0 ? ["-m"] : ["-Urm"]), ...shell]
    : shell;
  const { stdout } = await run(command, args);
  return JSON.parse(stdout) as { outcome: string; files: string[] };
}
