import { readdir, readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { parseMail } from "../../src/parse/parse-mail.ts";
import { anyOptions, inPieces } from "./options.ts";

interface Expected {
  /** Without the attachment lines. */
  readonly text: string;
  readonly subject?: string;
  readonly defects?: readonly string[];
  /** `section name type`, with ` inline` when it is. */
  readonly attachments?: readonly string[];
  readonly signature?: "pgp" | "smime";
  readonly thread?: string;
  readonly references?: string;
  readonly from?: string;
}

const NO_TEXT = "[No text content]";

/** What becomes of each mail in tests/mail, which is named for what is odd about it. */
const MAILS: Readonly<Record<string, Expected>> = {
  "alternative-in-related-in-mixed": {
    text: "the plain words",
    attachments: ["1.2 logo.png image/png inline", "2 report.pdf application/pdf"],
  },
  alternative: { text: "the plain words" },
  "attached-mail": {
    text: "see below\n\nend",
    attachments: ["2 part-2.eml message/rfc822", "3 second.eml message/rfc822 inline"],
  },
  "bare-line-feeds": { text: "Hello bot", attachments: ["2 a.csv text/csv"] },
  "boundary-never-seen": { text: "hello all the same", defects: ["missing-parts", "truncated", "ambiguous"] },
  "boundary-not-named": {
    text: "--m\nContent-Type: text/plain\n\nhello\n--m--",
    defects: ["missing-boundary", "ambiguous"],
  },
  // Found by fuzzing: the fast way of reading counted other line ends than the slow one.
  "carriage-returns-doubled": { text: "one\ntwo\n\nthree" },
  "charset-euc-kr": { text: "안녕하세요" },
  "charset-gb18030": { text: "你好，机器人" },
  "charset-iso-2022-jp": { text: "こんにちは、ボット" },
  "charset-iso-8859-1": { text: "Größe" },
  "charset-koi8-r": { text: "Привет, бот" },
  "charset-shift-jis": { text: "こんにちは、ボット" },
  "charset-unknown": { text: "Größe", defects: ["unknown-charset"] },
  "charset-utf-16": { text: "Größe" },
  "charset-utf-7": { text: "+ADw-script+AD4-", defects: ["utf-7", "unknown-charset", "ambiguous"] },
  "charset-windows-1252": { text: "“quotes” and €" },
  "cut-inside-base64": {
    text: "hello",
    attachments: ["2 a.pdf application/pdf"],
    defects: ["bad-base64", "truncated", "ambiguous"],
  },
  "cut-inside-text": { text: "hello there, this is the beg", defects: ["truncated", "ambiguous"] },
  "date-unreadable": { text: "hello", subject: "", defects: ["bad-date"] },
  "delivery-report": {
    text: "It failed.",
    attachments: ["2 part-2.txt message/delivery-status", "3 part-3.txt text/rfc822-headers"],
  },
  digest: { text: NO_TEXT, attachments: ["1 part-1.eml message/rfc822", "2 part-2.eml message/rfc822"] },
  "eight-bit-subject": { text: "hi", subject: "Größe" },
  "eight-bit-without-charset": { text: "Größe: 5 €" },
  empty: { text: NO_TEXT },
  "encoding-unknown": { text: "aGVsbG8=", defects: ["unknown-encoding", "ambiguous"] },
  "format-flowed": { text: "This line is flowed.\n> quoted too\n\nend" },
  "header-without-body": { text: NO_TEXT, subject: "only this" },
  "html-before-plain": { text: "plain words" },
  "html-only": {
    text: [
      "Hello",
      "",
      "Read the page <https://example.org/a> or https://example.org/b.",
      "",
      " - one",
      " - two",
      "",
      "Name   Age",
      "Ann    41",
      "",
      "Grüße",
    ].join("\n"),
  },
  "html-with-a-hidden-preheader": { text: "visible\n\nshown" },
  "in-reply-to-two": { text: "hi", thread: "<irt@example.org>" },
  "invitation-among-alternatives": { text: "come!", attachments: ["4 part-4.ics text/calendar"] },
  "last-boundary-missing": { text: "hello\n\nworld", defects: ["truncated", "ambiguous"] },
  "name-in-eight-bits": { text: NO_TEXT, attachments: ["1 Grüße.pdf application/pdf"] },
  "name-in-rfc2047": { text: NO_TEXT, attachments: ["1 Grüße.pdf application/pdf"] },
  "name-in-rfc2231-pieces": { text: NO_TEXT, attachments: ["1 Grüß.pdf application/pdf"] },
  "name-leads-upwards": { text: NO_TEXT, attachments: ["1 ../../../../tmp/canary.pdf application/pdf"] },
  "no-message-id-no-date": { text: "hello", subject: "hi", defects: ["no-message-id", "no-date"] },
  "no-mime-header": { text: "Hello bot" },
  "only-an-attachment": { text: NO_TEXT, attachments: ["1 report.pdf application/pdf"] },
  "only-an-invitation": { text: NO_TEXT, attachments: ["1 part-1.ics text/calendar"] },
  "pgp-encrypted": {
    text: NO_TEXT,
    attachments: ["1 part-1.asc application/pgp-encrypted", "2 encrypted.asc application/octet-stream"],
    defects: ["encrypted"],
  },
  "pgp-signed-by-way-of-a-list": {
    text: "signed words\n\n-- \nlist footer",
    attachments: ["1.1.2 a.csv text/csv"],
    signature: "pgp",
  },
  "pgp-signed": { text: "signed words", signature: "pgp" },
  "plain-part-empty": { text: "only here" },
  plain: { text: "Wie geht’s?" },
  "references-folded-inside-an-id": {
    text: "hi",
    thread: "<root@example.org>",
    references: "<root@example.org> <second@example.org>",
  },
  "references-with-commas": {
    text: "hi",
    thread: "<root@example.org>",
    references: "<root@example.org> <second@example.org>",
  },
  "related-in-alternative": { text: "plain words", attachments: ["2.2 part-2.2.png image/png inline"] },
  "smime-encrypted": { text: NO_TEXT, attachments: ["1 smime.p7m application/pkcs7-mime"], defects: ["encrypted"] },
  "smime-opaque": { text: NO_TEXT, attachments: ["1 smime.p7m application/pkcs7-mime"], signature: "smime" },
  "smime-signed": { text: "signed words", signature: "smime" },
  "subject-with-a-hidden-line-break": { text: "hello", subject: "hi Bcc: evil@example.net", from: "ann@example.org" },
  "text-around-an-image": { text: "before\n\nafter", attachments: ["2 photo.png image/png inline"] },
  "text-file-sent-inline": { text: "see the file", attachments: ["2 notes.txt text/plain inline"] },
  "two-boundaries": { text: "benign", defects: ["duplicate-parameter:boundary", "ambiguous"] },
  "two-from-fields": { text: "hi", defects: ["duplicate-header:From"], from: "first@example.net" },
  "two-transfer-encodings": { text: "aGVsbG8=", defects: ["duplicate-header:Content-Transfer-Encoding", "ambiguous"] },
  "subject-too-long": { text: "hello", subject: "a".repeat(8_192) },
  "type-empty": { text: "hello", defects: ["bad-content-type"] },
  "type-not-a-type": { text: "hello", defects: ["bad-content-type"] },
  "type-with-a-control-character": {
    text: "hello",
    attachments: ["2 a.pdf application/pdf"],
    defects: ["bad-content-type"],
  },
  "utf8-without-charset": { text: "Größe: 5 €" },
  "winmail-dat": { text: "hello", attachments: ["2 winmail.dat application/ms-tnef"] },
};

const FOLDER = new URL("../mail/", import.meta.url);

describe("mails that are odd", () => {
  it.each(Object.entries(MAILS))("%s", async (name, expected) => {
    const parsed = await parseMail(await readFile(new URL(`${name}.eml`, FOLDER)), await anyOptions());
    const { metadata, attachments, fullText: text } = parsed;
    expect(text.split("\n\n[Attachment: ")[0]).toBe(expected.text);
    expect(
      attachments.map((one) => `${one.section} ${one.filename} ${one.contentType}${one.inline ? " inline" : ""}`),
    ).toEqual(expected.attachments ?? []);
    expect(metadata.email_defects).toEqual(expected.defects ?? []);
    expect(metadata.email_signature_type).toBe(expected.signature ?? null);
    expect(metadata.email_subject).toBe(expected.subject ?? "Question");
    expect(metadata.email_from).toBe(expected.from ?? "ann@example.org");
    expect(metadata.email_references).toBe(expected.references ?? "");
    expect(parsed.threadId).toBe(expected.thread ?? metadata.email_message_id);
  });

  it("has an expectation for every mail in the folder", async () => {
    const files = (await readdir(FOLDER))
      .filter((file) => file.endsWith(".eml"))
      .map((file) => file.replace(/\.eml$/, ""));
    expect(files.toSorted()).toEqual(Object.keys(MAILS).toSorted());
  });

  it.each(Object.keys(MAILS))("%s reads the same byte by byte", async (name) => {
    const bytes = await readFile(new URL(`${name}.eml`, FOLDER));
    const options = await anyOptions();
    expect(await parseMail(inPieces(bytes, 1), options)).toEqual(await parseMail(bytes, options));
  });
});
