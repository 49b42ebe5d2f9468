import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { attachmentType, cleanName, fileExtension, humanSize } from "../../src/parse/attachment-name.ts";
import { parseMail } from "../../src/parse/parse-mail.ts";
import { parseOptions, temporaryDir, withAttachment } from "./options.ts";

const STORED = /^mailport-[0-9a-f]{16}\.[a-z0-9]{1,10}$/;

describe("the type of an attachment", () => {
  it.each([
    ["application/octet-stream", "report.PDF", "application/pdf"],
    ["application/octet-stream", "photo.jpeg", "image/jpeg"],
    ["application/octet-stream", "key.asc", "application/octet-stream"],
    ["application/octet-stream", undefined, "application/octet-stream"],
    ["text/plain", "report.pdf", "text/plain"],
  ])("said to be %s and called %s is %s", (declared, name, type) => expect(attachmentType(declared, name)).toBe(type));
});

describe("the name that people see", () => {
  it.each([
    ["invoice\u202efdp.exe", "invoicefdp.exe"],
    ["invoice.pdf           .exe", "invoice.pdf .exe"],
    ["a\u200b\u2060\u00adb.txt", "ab.txt"],
    ["\u{1f468}\u200d\u{1f469}.png", "\u{1f468}\u200d\u{1f469}.png"],
    ["Gr\u00fc\u00dfe \u65e5\u672c.pdf", "Gr\u00fc\u00dfe \u65e5\u672c.pdf"],
  ])("%j is shown as %j", (name, shown) => expect(cleanName(name)).toBe(shown));
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
    "a\u0301/\u00e1.txt",
    "x.lnk",
    "x.scf",
    "x.url",
    "x.exe",
    "invoice.pdf                                                                  .exe",
    "invoice.pdf\u200b.exe",
    "invoice\u2024pdf.exe",
    "a\u{e0041}b.txt",
    "x.desktop",
    "x.html",
    "x.svg",
    "x.js",
    "x.%2e%2e%2fcanary",
    "x./../canary",
    "\u0000x\r\ny.pdf",
  ];

  it.each(names)("%j", async (name) => {
    const root = await temporaryDir();
    const dir = join(root, "one", "two", "attachments");
    await writeFile(join(root, "canary"), "alive");
    for (const fields of asFields(name)) {
      const { attachments, text } = await parseMail(withAttachment(fields), parseOptions(dir));
      expect(attachments).toHaveLength(1);
      // eslint-disable-next-line no-control-regex -- bytes that no header may have make the mail ambiguous
      if (/[\0\r]/.test(fields.join(""))) expect(attachments[0]?.refused).toBe("ambiguous");
      else expect(attachments[0]?.path?.startsWith(`${dir}/mailport-`)).toBe(true);
      expect(text.split("\n")).toHaveLength(3);
      // eslint-disable-next-line no-control-regex -- that none is left is the point
      expect(attachments[0]?.filename).not.toMatch(/[\u0000-\u001f\u200b\u202e\u{e0041}]|^$| {2}/u);
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

it.each([
  [0, "0 B"],
  [999, "999 B"],
  [1_000, "1.0 kB"],
  [12_345, "12 kB"],
  [999_600, "1.0 MB"],
  [26_214_400, "26 MB"],
  [5e9, "5.0 GB"],
])("%d bytes are %s", (bytes, text) => expect(humanSize(bytes)).toBe(text));

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

/** Everything below `root` but the stored attachments. */
async function tree(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true });
  return entries.filter((entry) => !/mailport-[0-9a-f]{16}\.[a-z0-9]+$/.test(entry)).toSorted();
}
