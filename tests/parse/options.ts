import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { ParseOptions } from "../../src/parse/parse-mail.ts";

type Attachments = ParseOptions["attachments"];

/** A folder of its own for one test, gone afterwards. */
export async function temporaryDir(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "mailport-parse-"));
  onTestFinished(async () => await rm(dir, { recursive: true, force: true }));
  return dir;
}

/** As an account is set up by default, with attachments going into `dir`. */
export function parseOptions(dir: string, attachments: Partial<Attachments> = {}): ParseOptions {
  return {
    attachments: {
      dir,
      maxBytes: 26_214_400,
      maxTotalBytes: 104_857_600,
      maxCount: 50,
      allowTypes: ["*/*"],
      ...attachments,
    },
    texts: { noText: "[No text content]", attachment: "[Attachment: {filename} ({type}, {size})] → {path}" },
    origin: { account: "default", folder: "INBOX", uid: 7, uidValidity: "1700000000", receivedAt: new Date(0) },
  };
}

/** For mails that have no attachments, or whose attachments do not matter. */
export async function anyOptions(attachments: Partial<Attachments> = {}): Promise<ParseOptions> {
  return parseOptions(join(await temporaryDir(), "attachments"), attachments);
}

const HEADER = [
  "From: Ann Example <ann@example.org>",
  "To: bot@example.com",
  "Subject: Question",
  "Date: Fri, 20 Nov 2026 10:00:00 +0100",
  "Message-ID: <question@example.org>",
];

/** A mail of these header lines and this body, with the line ends of the wire. */
export function mail(fields: readonly string[], body = ""): Buffer {
  return Buffer.from([...HEADER, ...fields, "", body].join("\r\n").replace(/\r?\n/g, "\r\n"));
}

export function htmlMail(html: string): Buffer {
  const encoded = Buffer.from(html).toString("base64").replace(/.{76}/g, "$&\r\n");
  return mail(["Content-Type: text/html; charset=utf-8", "Content-Transfer-Encoding: base64"], encoded);
}

/** One attachment after a text, described by these header lines. */
export function withAttachment(
  fields: readonly string[],
  content: string | Buffer = "content",
  text = "see the file",
): Buffer {
  const body = Buffer.from(content).toString("base64").replace(/.{76}/g, "$&\r\n");
  return mail(
    ["Content-Type: multipart/mixed; boundary=b"],
    ["--b", "", text, "--b", ...fields, "Content-Transfer-Encoding: base64", "", body, "--b--", ""].join("\r\n"),
  );
}

export async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer, void, void> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

/** The same text as plain text and as HTML (RFC 2046 section 5.1.4). */
export function alternativeMail(plain: string, html: string): Buffer {
  const part = (type: string, text: string): string[] => [
    "--b",
    `Content-Type: text/${type}; charset=utf-8`,
    "Content-Transfer-Encoding: base64",
    "",
    Buffer.from(text).toString("base64").replace(/.{76}/g, "$&\r\n"),
  ];
  const lines = [...part("plain", plain), ...part("html", html), "--b--", ""];
  return mail(["Content-Type: multipart/alternative; boundary=b"], lines.join("\r\n"));
}
