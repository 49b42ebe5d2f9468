import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { StorageError } from "../../src/domain/errors.ts";
import { fileExtension, humanSize, isTypeAllowed } from "../../src/parse/attachment-name.ts";
import { parseMail } from "../../src/parse/parse-mail.ts";
import { inPieces, mail, parseOptions, temporaryDir, withAttachment } from "./options.ts";

const PDF = ["Content-Type: application/pdf", 'Content-Disposition: attachment; filename="report.pdf"'];
const sha256 = (content: string | Buffer): string => createHash("sha256").update(content).digest("hex");
const STORED = /^mailport-[0-9a-f]{16}\.[a-z0-9]{1,10}$/;

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

describe("a name never becomes a path (security 3.6)", () => {
  const names = [
    "../../../../home/x/.ssh/authorized_keys",
    "..\\..\\x",
    "C:\\x.bat",
    "/etc/passwd",
    "~/.bashrc",
    ".bashrc",
    "-rf",
    "|sh",
    "a.exe%00.txt",
    "a%0d%0aBcc:x",
    "invoice\u202efdp.exe",
    "a\u2215b\uff0fc\u29f8d",
    "CON",
    "nul.txt",
    "aux.",
    "COM1.tar.gz",
    "x.txt.",
    "x.txt ",
    `${"ü".repeat(300)}.pdf`,
    "",
    ".",
    "..",
    "A.txt",
    "a.txt",
    "a\u0301.txt",
    "$(id).txt",
    "`id`",
    "'; rm -rf ~",
    "x.lnk",
    "x.desktop",
    "x.html",
    "x.svg",
    "x.js",
    "x.%2e%2e%2fcanary",
    "x./../canary",
    "\u0000x\r\ny.pdf",
  ];
  const asFields = (name: string): string[][] => {
    const encoded = Buffer.from(name).toString("base64");
    const percent = encodeURIComponent(name).replace(/['()*]/g, (char) => `%${char.charCodeAt(0).toString(16)}`);
    return [
      ["Content-Type: application/octet-stream", `Content-Disposition: attachment; filename*=utf-8''${percent}`],
      ["Content-Type: application/octet-stream", `Content-Disposition: attachment; filename="=?utf-8?B?${encoded}?="`],
      [
        "Content-Type: application/x-unheard-of",
        `Content-Disposition: attachment; filename="${name.replace(/[\r\n\0"\\]/g, "\\$&")}"`,
      ],
    ];
  };

  it.each(names)("%j", async (name) => {
    const root = await temporaryDir();
    const dir = join(root, "one", "two", "attachments");
    await writeFile(join(root, "canary"), "alive");
    for (const fields of asFields(name)) {
      const { attachments, text } = await parseMail(withAttachment(fields), parseOptions(dir));
      expect(attachments).toHaveLength(1);
      expect(attachments[0]?.path?.startsWith(`${dir}/mailport-`)).toBe(true);
      expect(text.split("\n")).toHaveLength(3);
      // eslint-disable-next-line no-control-regex -- that none is left is the point
      expect(attachments[0]?.filename).not.toMatch(/[\u0000-\u001f\u202e]|^$/);
      expect(attachments[0]?.filename.length).toBeLessThanOrEqual(255);
    }
    for (const file of await readdir(dir)) expect(file).toMatch(STORED);
    expect(await tree(root)).toEqual(["canary", "one", "one/two", "one/two/attachments"]);
    expect(await readFile(join(root, "canary"), "utf8")).toBe("alive");
  });

  it("whatever it is", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary" }),
        fc.constantFrom("application/octet-stream", "text/plain", "a/b"),
        (name, type) => {
          expect(`mailport-0123456789abcdef.${fileExtension(type, name)}`).toMatch(STORED);
        },
      ),
    );
  });

  it.each([
    ["application/pdf", "x.exe", "pdf"],
    ["image/jpeg", "photo.jpeg", "jpeg"],
    ["image/jpeg", "photo", "jpg"],
    ["text/plain", "data.CSV", "csv"],
    ["text/plain", "run.exe", "txt"],
    ["application/octet-stream", "x.tar.gz", "gz"],
    ["application/octet-stream", undefined, "bin"],
    ["application/x-unheard-of", "x.seventeenletters", "bin"],
    ["message/rfc822", undefined, "eml"],
  ])("the extension of %s called %s is %s", (type, name, extension) =>
    expect(fileExtension(type, name)).toBe(extension),
  );
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
            await rm(dir, { recursive: true });
            await symlink(join(root, "elsewhere"), dir);
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

it.each([
  [0, "0 B"],
  [999, "999 B"],
  [1_000, "1.0 kB"],
  [12_345, "12 kB"],
  [999_600, "1.0 MB"],
  [26_214_400, "26 MB"],
  [5e9, "5.0 GB"],
])("%d bytes are %s", (bytes, text) => expect(humanSize(bytes)).toBe(text));

function several(contents: readonly string[]): Buffer {
  const parts = contents.flatMap((content) => ["--b", ...PDF, "", content]);
  return mail(["Content-Type: multipart/mixed; boundary=b"], [...parts, "--b--", ""].join("\r\n"));
}

/** Everything below `root` but the stored attachments. */
async function tree(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true });
  return entries.filter((entry) => !/mailport-[0-9a-f]{16}\.[a-z0-9]+$/.test(entry)).toSorted();
}
