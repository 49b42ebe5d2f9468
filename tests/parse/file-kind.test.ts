import { readdir, stat } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { type FileKind, fileKind } from "../../src/parse/file-kind.ts";
import { SIGNATURE_BYTES } from "../../src/parse/file-signature.ts";
import { type ParsedMail, parseMail } from "../../src/parse/parse-mail.ts";
import { inPieces, parseOptions, temporaryDir, withAttachment } from "./options.ts";

const bytes = (hex: string, rest = ""): Buffer => Buffer.concat([Buffer.from(hex, "hex"), Buffer.from(rest, "latin1")]);
const text = (content: string): Buffer => Buffer.from(content, "latin1");
const at = (offset: number, content: string): Buffer => Buffer.concat([Buffer.alloc(offset), text(content)]);

const EXE = bytes("4d5a90000300000004000000ffff0000");
const ELF = bytes("7f454c460201010000000000000000000200");
const LNK = bytes("4c0000000114020000000000c000000000000046");
const PNG = bytes("89504e470d0a1a0a0000000d49484452");
const JPEG = bytes("ffd8ffe000104a464946");
const PDF = text("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj");
const ZIP = bytes("504b0304140006000800", "[Content_Types].xml");
const CFB = bytes("d0cf11e0a1b11ae1");
const DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
const ANY = "application/octet-stream";

describe("what a file is taken for: label, name and bytes together (security 3.6)", () => {
  it.each<[string, string, string | undefined, Buffer, FileKind]>([
    [
      "an executable called an image",
      "image/png",
      "a.png",
      EXE,
      { type: "application/x-msdownload", extension: "bin" },
    ],
    [
      "the same with an honest-looking text in it",
      "image/png",
      "a.png",
      text("MZ is all it takes"),
      { type: "application/x-msdownload", extension: "bin" },
    ],
    [
      "an executable called a PDF by its name alone",
      ANY,
      "invoice.pdf",
      EXE,
      { type: "application/x-msdownload", extension: "bin" },
    ],
    ["one called a text", "text/plain", "readme.txt", EXE, { type: "application/x-msdownload", extension: "bin" }],
    [
      "one that says what it is",
      "application/x-msdownload",
      "setup.exe",
      EXE,
      { type: "application/x-msdownload", extension: "bin" },
    ],
    ["one without a label", ANY, "setup.exe", EXE, { type: ANY, extension: "bin" }],
    [
      "Outlook's own package without a label",
      ANY,
      "WINMAIL.DAT",
      bytes("789f3e22"),
      { type: "application/ms-tnef", extension: "dat" },
    ],
    ["something else by its name", ANY, "winmail.dat", EXE, { type: "application/x-msdownload", extension: "bin" }],
    [
      "one with a label of nobody's",
      "application/x-unheard-of",
      "invoice.pdf",
      EXE,
      { type: "application/x-msdownload", extension: "bin" },
    ],
    ["a program for Linux", "image/jpeg", "a.jpg", ELF, { type: "application/x-executable", extension: "bin" }],
    [
      "a program for macOS",
      "image/jpeg",
      "a.jpg",
      bytes("cffaedfe07000001"),
      { type: "application/x-mach-binary", extension: "bin" },
    ],
    [
      "a class of Java",
      "audio/mpeg",
      "a.mp3",
      bytes("cafebabe00000034"),
      { type: "application/java-vm", extension: "bin" },
    ],
    ["a shortcut", "application/pdf", "a.pdf", LNK, { type: "application/x-ms-shortcut", extension: "bin" }],
    ["a script", "image/png", "a.png", text("#!/bin/sh\nid\n"), { type: "application/x-sh", extension: "bin" }],
    [
      "a starter of a desktop",
      "application/pdf",
      "a.pdf",
      text("[Desktop Entry]\nExec=id\n"),
      { type: "application/x-desktop", extension: "bin" },
    ],
    [
      "a page called an image",
      "image/png",
      "a.png",
      text("<html><script>alert(1)</script>"),
      { type: "text/html", extension: "html" },
    ],
    [
      "a page behind a mark and comments",
      "image/gif",
      "a.gif",
      text("\xef\xbb\xbf \n<!-- a --><!-- b -->\n<script>"),
      { type: "text/html", extension: "html" },
    ],
    [
      "a page in UTF-16",
      "image/gif",
      "a.gif",
      Buffer.from("\ufeff<html>", "utf16le"),
      { type: "text/html", extension: "html" },
    ],
    [
      "a drawing",
      "image/svg+xml",
      "a.svg",
      text('<?xml version="1.0"?>\n<!DOCTYPE svg PUBLIC "x" "y">\n<svg xmlns="x">'),
      { type: "image/svg+xml", extension: "svg" },
    ],
    [
      "a drawing that runs a script",
      "image/svg+xml",
      "a.svg",
      text('<svg onload="alert(1)">'),
      { type: "text/html", extension: "html" },
    ],
    [
      "a drawing called a photo",
      "image/png",
      "a.png",
      text("<svg xmlns='x'></svg>"),
      { type: "image/svg+xml", extension: "svg" },
    ],
    ["an archive called an image", "image/png", "a.png", ZIP, { type: "application/zip", extension: "zip" }],
    ["a JPEG called a PNG", "image/png", "a.png", JPEG, { type: "image/jpeg", extension: "jpg" }],
    [
      "a PDF called a text, as some programs call all",
      "text/plain",
      "a.pdf",
      PDF,
      { type: "application/pdf", extension: "pdf" },
    ],
    // Honest, or proven to be nothing else.
    ["a PNG", "image/png", "a.png", PNG, { type: "image/png", extension: "png" }],
    ["a PDF without a label", ANY, "report.PDF", PDF, { type: "application/pdf", extension: "pdf" }],
    ["a PDF without label and name", ANY, undefined, PDF, { type: ANY, extension: "bin" }],
    ["a DOCX, which is a ZIP", DOCX, "a.docx", ZIP, { type: DOCX, extension: "docx" }],
    [
      "a DOCX with the label of a DOC",
      "application/msword",
      "a.doc",
      ZIP,
      { type: "application/msword", extension: "doc" },
    ],
    ["an encrypted DOCX", DOCX, "a.docx", CFB, { type: DOCX, extension: "docx" }],
    [
      "an RTF with the label of a DOC",
      "application/msword",
      "a.doc",
      text("{\\rtf1"),
      { type: "application/msword", extension: "doc" },
    ],
    ["a book", "application/epub+zip", "a.epub", ZIP, { type: "application/epub+zip", extension: "epub" }],
    [
      "a page sent as text, to be read",
      "text/plain",
      "a.txt",
      text("<html>"),
      { type: "text/plain", extension: "txt" },
    ],
    ["a script sent as text", "text/plain", "run.sh", text("#!/bin/sh\n"), { type: "text/plain", extension: "txt" }],
    ["a text that begins with MZ", "text/csv", "a.csv", text("MZ;1\n"), { type: "text/csv", extension: "csv" }],
    [
      "a text that begins with BM",
      "image/bmp",
      "a.bmp",
      text("BM not a picture"),
      { type: "image/bmp", extension: "bmp" },
    ],
    ["an old label", "image/pjpeg", "a.jpg", JPEG, { type: "image/pjpeg", extension: "jpg" }],
    ["sound in a film's container", "audio/mp4", "a.m4a", at(4, "ftypisom"), { type: "audio/mp4", extension: "m4a" }],
    ["a photo of a telephone", "image/heic", "a.heic", at(4, "ftypheic"), { type: "image/heic", extension: "heic" }],
    ["nothing at all", "image/png", "a.png", Buffer.alloc(0), { type: "image/png", extension: "png" }],
    [
      "what nobody knows",
      "application/x-unheard-of",
      "a.foo",
      text("hello"),
      { type: "application/x-unheard-of", extension: "foo" },
    ],
    // The first bytes decide about a file that is two.
    [
      "a GIF with an archive behind it",
      "image/gif",
      "a.gif",
      text(`GIF89a${ZIP.toString("latin1")}`),
      { type: "image/gif", extension: "gif" },
    ],
    [
      "an executable with a PDF in it",
      "application/pdf",
      "a.pdf",
      Buffer.concat([EXE, PDF]),
      { type: "application/x-msdownload", extension: "bin" },
    ],
    ["a name with two extensions", ANY, "invoice.pdf.exe", text("x"), { type: ANY, extension: "bin" }],
    ["a name whose dot is none", ANY, "invoice\uff0eexe", text("x"), { type: ANY, extension: "bin" }],
    [
      "the type of an image in an archive's name",
      "application/x-foo",
      "a.png",
      ZIP,
      { type: "application/zip", extension: "zip" },
    ],
  ])("%s", (_, label, name, head, kind) => expect(fileKind(label, name, head)).toEqual(kind));

  it.each("exe com scr bat cmd msi lnk pif scf url hta vbs ps1 jar reg desktop dll jse wsf cpl".split(" "))(
    "a file called x.%s is stored as .bin",
    (extension) => expect(fileKind(ANY, `x.${extension}`, text("x")).extension).toBe("bin"),
  );

  it("costs nothing to speak of, whatever the bytes", () => {
    const heads = [
      "<!--",
      "<?xml ",
      " ",
      "<svg ",
      "<svg on",
      "<!doctype x",
      "\0",
      "<",
      "a=",
      "PK\x03\x04",
      "\xff\xfe<",
    ].map((unit) => Buffer.alloc(SIGNATURE_BYTES, unit, "latin1"));
    const before = process.cpuUsage();
    for (const head of heads) fileKind("image/png", "a.png", head);
    expect(process.cpuUsage(before).user / 1_000).toBeLessThan(300);
  });
});

describe("allowTypes looks at the label and at the bytes", () => {
  it.each<[string, string, string, Buffer, readonly string[], boolean]>([
    ["an executable called an image", "image/png", "a.png", EXE, ["image/*"], false],
    ["a page called an image", "image/png", "a.png", text("<html><script>"), ["image/*"], false],
    ["a drawing that runs a script", "image/svg+xml", "a.svg", text("<svg><script>"), ["image/*"], false],
    ["an archive called an image", "image/png", "a.png", ZIP, ["image/*"], false],
    ["an executable called a PDF", ANY, "a.pdf", EXE, ["application/pdf"], false],
    ["an image called an archive", "application/zip", "a.zip", PNG, ["image/*"], false],
    ["an image", "image/png", "a.png", PNG, ["image/*"], true],
    ["a JPEG called a PNG", "image/png", "a.png", JPEG, ["image/*"], true],
    ["a JPEG called a PNG where only PNG is wanted", "image/png", "a.png", JPEG, ["image/png"], false],
    ["a PDF without a label", ANY, "a.pdf", PDF, ["application/pdf"], true],
    ["a DOCX", DOCX, "a.docx", ZIP, [DOCX], true],
    ["an executable where everything is wanted", "image/png", "a.png", EXE, ["*/*"], true],
  ])("%s", async (_, label, name, content, allowTypes, isSaved) => {
    for (const length of [content.length, 700_000]) {
      const { attachment, files } = await save(
        label,
        name,
        Buffer.concat([content, Buffer.alloc(length - content.length)]),
        allowTypes,
      );
      expect(attachment?.refused).toBe(isSaved ? undefined : "type-not-allowed");
      expect(files).toHaveLength(isSaved ? 1 : 0);
      expect(attachment?.size).toBe(length);
    }
  });

  it("what was refused does not count against the number or the size of the others", async () => {
    const dir = await temporaryDir();
    const part = (content: Buffer): string =>
      ["--b", "Content-Type: image/png", "Content-Transfer-Encoding: base64", "", content.toString("base64"), ""].join(
        "\r\n",
      );
    const source = withAttachment(["Content-Type: image/png"], EXE)
      .toString("latin1")
      .replace("--b--", `${part(PNG)}--b--`);
    const limits = { allowTypes: ["image/*"], maxCount: 1, maxTotalBytes: PNG.length };
    const { attachments } = await parseMail(Buffer.from(source, "latin1"), parseOptions(dir, limits));
    expect(attachments.map(({ refused }) => refused)).toEqual(["type-not-allowed", undefined]);
  });

  it("a stored file is never executable, and nobody else's to read", async () => {
    const { attachment } = await save(ANY, "setup.exe", EXE, ["*/*"]);
    expect(attachment?.path).toMatch(/\.bin$/);
    expect((await stat(attachment?.path ?? "")).mode & 0o777).toBe(0o600);
  });
});

async function save(
  label: string,
  name: string,
  content: Buffer,
  allowTypes: readonly string[],
): Promise<{ attachment: ParsedMail["attachments"][number] | undefined; files: string[] }> {
  const dir = await temporaryDir();
  const source = withAttachment(
    [`Content-Type: ${label}`, `Content-Disposition: attachment; filename="${name}"`],
    content,
  );
  const { attachments, metadata } = await parseMail(inPieces(source, 30_000), parseOptions(dir, { allowTypes }));
  expect(metadata.email_defects).toEqual([]);
  return { attachment: attachments[0], files: await readdir(dir) };
}
