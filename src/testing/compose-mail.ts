import { randomUUID } from "node:crypto";
import { encodeWords } from "./encoded-words.ts";

export interface DraftFile {
  readonly filename: string;
  readonly content: string | Uint8Array;
  /** Default: `application/octet-stream`. */
  readonly contentType?: string;
}

/** A mail as a person writes it. Addresses may carry a name: `Ann <ann@example.org>`. */
export interface MailDraft {
  readonly from: string;
  /** Default: the account's own address. */
  readonly to?: string;
  readonly cc?: string;
  readonly subject?: string;
  readonly text?: string;
  readonly html?: string;
  readonly date?: Date;
  /** Default: a new one. */
  readonly messageId?: string;
  readonly inReplyTo?: string;
  /** Default: `inReplyTo`. */
  readonly references?: string | readonly string[];
  /** More header fields, as they are. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly attachments?: readonly DraftFile[];
}

interface Part {
  readonly headers: readonly string[];
  readonly body: string;
}

/** Base64 lines (RFC 2045 section 6.8) and the longest line of text that may be sent as it is (RFC 5322 section 2.1.1). */
const BASE64_LINE_CHARS = 76;
const MAX_LINE_CHARS = 998;

/** The mail as bytes, ready to be delivered. */
export function composeMail(draft: MailDraft, ownAddress: string): { raw: Buffer; messageId: string } {
  const messageId = draft.messageId ?? `<${randomUUID()}@${domainOf(draft.from)}>`;
  const references = [draft.references ?? draft.inReplyTo ?? []].flat().join(" ").split(/\s+/).filter(Boolean);
  const optional: [string, string | undefined][] = [
    ["Cc", draft.cc && addressField(draft.cc)],
    ["In-Reply-To", draft.inReplyTo && oneLine(draft.inReplyTo)],
    ["References", references.join("\r\n ")],
  ];
  const content = contentOf(draft);
  const lines = [
    `From: ${addressField(draft.from)}`,
    `To: ${addressField(draft.to ?? ownAddress)}`,
    ...optional.filter(([, value]) => value).map(([name, value]) => `${name}: ${value}`),
    `Subject: ${encodeWords(draft.subject ?? "")}`,
    `Date: ${(draft.date ?? new Date()).toUTCString().replace("GMT", "+0000")}`,
    `Message-ID: ${oneLine(messageId)}`,
    ...Object.entries(draft.headers ?? {}).map(([name, value]) => `${name}: ${value}`),
    "MIME-Version: 1.0",
    ...content.headers,
  ];
  return { raw: Buffer.from(`${lines.join("\r\n")}\r\n\r\n${content.body}`), messageId };
}

function contentOf({ text, html, attachments = [] }: MailDraft): Part {
  const plain = text === undefined && html !== undefined ? undefined : textPart("plain", text ?? "");
  const rich = html === undefined ? undefined : textPart("html", html);
  const shown = plain && rich ? multipart("alternative", [plain, rich]) : (plain ?? rich ?? textPart("plain", ""));
  return attachments.length === 0 ? shown : multipart("mixed", [shown, ...attachments.map(filePart)]);
}

function textPart(subtype: string, text: string): Part {
  const body = text.replace(/\r?\n/g, "\r\n");
  const type = `Content-Type: text/${subtype}; charset=utf-8`;
  const plainEnough =
    /^[\t\r\n\x20-\x7e]*$/.test(body) && body.split("\r\n").every((line) => line.length <= MAX_LINE_CHARS);
  if (plainEnough) return { headers: [type, "Content-Transfer-Encoding: 7bit"], body };
  return { headers: [type, "Content-Transfer-Encoding: base64"], body: base64Lines(Buffer.from(body)) };
}

function filePart({ filename, content, contentType = "application/octet-stream" }: DraftFile): Part {
  const name = /^[\x20-\x7e]*$/.test(filename)
    ? `filename="${filename.replace(/["\\]/g, "\\$&")}"`
    : `filename*=utf-8''${encodeURIComponent(filename)}`;
  return {
    headers: [
      `Content-Type: ${oneLine(contentType)}`,
      `Content-Disposition: attachment; ${name}`,
      "Content-Transfer-Encoding: base64",
    ],
    body: base64Lines(Buffer.from(content)),
  };
}

function multipart(subtype: string, parts: readonly Part[]): Part {
  const boundary = `=_${randomUUID()}`;
  const body = parts.map((part) => `--${boundary}\r\n${part.headers.join("\r\n")}\r\n\r\n${part.body}\r\n`).join("");
  return {
    headers: [`Content-Type: multipart/${subtype}; boundary="${boundary}"`],
    body: `${body}--${boundary}--\r\n`,
  };
}

function base64Lines(bytes: Buffer): string {
  const text = bytes.toString("base64");
  const lines: string[] = [];
  for (let at = 0; at < text.length; at += BASE64_LINE_CHARS) lines.push(text.slice(at, at + BASE64_LINE_CHARS));
  return lines.join("\r\n");
}

/** Only a name may hold more than ASCII, and only there may encoded words stand (RFC 2047 section 5). */
function addressField(text: string): string {
  const line = oneLine(text).trim();
  const named = /^([^<>,]*[^\s<>,])\s*<([^<>]+)>$/.exec(line);
  return named ? `${encodeWords(named[1] ?? "")} <${named[2]}>` : line;
}

/** A line break in a value would begin a header field of somebody else's choice. */
function oneLine(text: string): string {
  return text.replace(/[\r\n]+/g, " ");
}

function domainOf(from: string): string {
  return /@([\w.-]+)/.exec(from)?.[1] ?? "localhost";
}
