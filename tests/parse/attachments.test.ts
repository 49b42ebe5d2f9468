import { createHash } from "node:crypto";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { isTypeAllowed } from "../../src/parse/attachment-name.ts";
import { parseMail } from "../../src/parse/parse-mail.ts";
import { inPieces, mail, parseOptions, temporaryDir, withAttachment } from "./options.ts";

const PDF = ["Content-Type: application/pdf", 'Content-Disposition: attachment; filename="report.pdf"'];
const sha256 = (content: string | Buffer): string => createHash("sha256").update(content).digest("hex");

describe("an attachment", () => {
  it("is saved under the name of its content, and told of in one line of the text", async () => {
    const dir = join(await temporaryDir(), "state", "attachments");
    const parsed = await parseMail(withAttachment(PDF), parseOptions(dir));
    const path = join(dir, `mailport-${sha256("content").slice(0, 16)}.pdf`);
    expect(parsed.attachments).toEqual([
      {
        filename: "report.pdf",
        contentType: "application/pdf",
        size: 7,
        sha256: sha256("content"),
        inline: false,
        section: "2",
        path,
      },
    ]);
    expect(parsed.text).toBe(`see the file\n\n[Attachment: report.pdf (application/pdf, 7 B)] → ${path}`);
    expect(parsed.fullText).toBe(parsed.text);
    expect(await readFile(path, "utf8")).toBe("content");
  });

  it("and its folder are nobody else's, even with umask 000", async () => {
    const before = process.umask(0);
    try {
      const dir = join(await temporaryDir(), "attachments");
      const { attachments } = await parseMail(withAttachment(PDF), parseOptions(dir));
      expect((await stat(dir)).mode & 0o777).toBe(0o700);
      expect((await stat(attachments[0]?.path ?? "")).mode & 0o777).toBe(0o600);
    } finally {
      process.umask(before);
    }
  });

  it("that came before is used as it is", async () => {
    const dir = await temporaryDir();
    const first = await parseMail(withAttachment(PDF), parseOptions(dir));
    const inode = (await stat(first.attachments[0]?.path ?? "")).ino;
    const second = await parseMail(withAttachment(PDF, "content", "other mail"), parseOptions(dir));
    expect(second.attachments).toEqual(first.attachments);
    expect((await stat(second.attachments[0]?.path ?? "")).ino).toBe(inode);
    expect(await readdir(dir)).toHaveLength(1);
  });

  it("twice in one mail is one file", async () => {
    const dir = await temporaryDir();
    const part = ["--b", ...PDF, "", "same"];
    const both = mail(["Content-Type: multipart/mixed; boundary=b"], [...part, ...part, "--b--", ""].join("\r\n"));
    const { attachments } = await parseMail(both, parseOptions(dir));
    expect(attachments.map(({ section }) => section)).toEqual(["1", "2"]);
    expect(new Set(attachments.map(({ path }) => path)).size).toBe(1);
    expect(await readdir(dir)).toHaveLength(1);
  });

  it("replaces a damaged file of its name", async () => {
    const dir = await temporaryDir();
    await writeFile(join(dir, `mailport-${sha256("content").slice(0, 16)}.pdf`), "damaged");
    const { attachments } = await parseMail(withAttachment(PDF), parseOptions(dir));
    expect(await readFile(attachments[0]?.path ?? "", "utf8")).toBe("content");
  });

  it("of no bytes is a file of no bytes", async () => {
    const dir = await temporaryDir();
    const { attachments } = await parseMail(withAttachment(PDF, ""), parseOptions(dir));
    expect([attachments[0]?.size, (await stat(attachments[0]?.path ?? "")).size]).toEqual([0, 0]);
  });

  it.each(["base64", "quoted-printable", "8bit"])("of two megabytes in %s arrives byte for byte", async (encoding) => {
    const dir = await temporaryDir();
    const lines = Array.from({ length: 40_000 }, (_, index) => `line ${index} of a long file with = signs and ümlauts`);
    const content = Buffer.from(lines.join("\r\n"));
    const encoded: Readonly<Record<string, string>> = {
      base64: content.toString("base64").replace(/.{76}/g, "$&\r\n"),
      "quoted-printable": lines.map((line) => line.replaceAll("=", "=3D").replaceAll("ü", "=C3=BC")).join("\r\n"),
      "8bit": content.toString(),
    };
    const body = [
      "--b",
      "",
      "hi",
      "--b",
      ...PDF,
      `Content-Transfer-Encoding: ${encoding}`,
      "",
      encoded[encoding],
      "--b--",
      "",
    ];
    const source = mail(["Content-Type: multipart/mixed; boundary=b"], body.join("\r\n"));
    const { attachments, metadata } = await parseMail(inPieces(source, 10_007), parseOptions(dir));
    expect(attachments[0]?.sha256).toBe(sha256(content));
    expect(sha256(await readFile(attachments[0]?.path ?? ""))).toBe(sha256(content));
    expect(metadata.email_defects).toEqual([]);
  });
});

describe("what an account does not want is not saved", () => {
  it("too large: given up half-way, counted to its end", async () => {
    const dir = await temporaryDir();
    const content = Buffer.alloc(3_000_000, "x");
    const { attachments, text } = await parseMail(
      withAttachment(PDF, content),
      parseOptions(dir, { maxBytes: 1_000_000 }),
    );
    expect(attachments).toEqual([
      {
        filename: "report.pdf",
        contentType: "application/pdf",
        size: 3_000_000,
        sha256: sha256(content),
        inline: false,
        section: "2",
        refused: "too-large",
      },
    ]);
    expect(text).toContain("[Attachment: report.pdf (application/pdf, 3.0 MB)] → not saved: too large");
    expect(await readdir(dir)).toEqual([]);
  });

  it("too large together: what still fits is saved", async () => {
    const dir = await temporaryDir();
    const { attachments } = await parseMail(
      several(["aaaa", "bbbbbbbb", "cccc"]),
      parseOptions(dir, { maxTotalBytes: 10 }),
    );
    expect(attachments.map(({ refused }) => refused)).toEqual([undefined, "too-large", undefined]);
    expect(await readdir(dir)).toHaveLength(2);
  });

  it("too many", async () => {
    const dir = await temporaryDir();
    const { attachments } = await parseMail(several(["a", "b", "c"]), parseOptions(dir, { maxCount: 2 }));
    expect(attachments.map(({ refused }) => refused)).toEqual([undefined, undefined, "too-many"]);
    expect(await readdir(dir)).toHaveLength(2);
  });

  it("a type that is not allowed is never written, and does not even make the folder", async () => {
    const dir = join(await temporaryDir(), "attachments");
    const { attachments } = await parseMail(
      withAttachment(PDF),
      parseOptions(dir, { allowTypes: ["image/*", "text/csv"] }),
    );
    expect(attachments[0]?.refused).toBe("type-not-allowed");
    await expect(stat(dir)).rejects.toThrow("ENOENT");
  });

  it.each([
    ["image/png", ["image/*"], true],
    ["image/png", ["*/*"], true],
    ["image/png", ["IMAGE/PNG"], true],
    ["image/png", ["image/p*g"], true],
    ["ximage/png", ["image/*"], false],
    ["image/png", [], false],
    ["image/png", ["."], false],
  ])("%s by %j: %s", (type, globs, allowed) => expect(isTypeAllowed(type, globs)).toBe(allowed));
});

function several(contents: readonly string[]): Buffer {
  const parts = contents.flatMap((content) => ["--b", ...PDF, "", content]);
  return mail(["Content-Type: multipart/mixed; boundary=b"], [...parts, "--b--", ""].join("\r\n"));
}
