import { transferDecoder } from "../domain/transfer-decoder.ts";
import { fieldValues, type HeaderField, headerFields } from "./header.ts";

/** One part of a mail, as far as a quick look shows it. */
export interface OutlinePart {
  /** Lower case, `text/plain`. */
  readonly type: string;
  /** The value of Content-Type as it stands. */
  readonly contentType: string;
  /** 0 for the mail itself. */
  readonly depth: number;
  readonly fields: readonly HeaderField[];
  /** In Latin-1 and still in its transfer encoding; of a multipart all that is in it. */
  readonly body: string;
}

/** What machines say of a mail stands at its beginning; the rest of a long one is not looked at. */
export const OUTLINE_BYTES: number = 256 << 10;
/** A report in a forwarded mail in a list's envelope is three deep. */
const MAX_DEPTH = 4;
const MAX_PARTS = 40;

const BOUNDARY = /;\s*boundary\s*=\s*(?:"((?:[^"\\]|\\.){1,200})"|([^\s;"]{1,200}))/i;
const TYPE = /^\s*(?:\([^()]*\)\s*)?([\w.+-]{1,80}\/[\w.+-]{1,80})/;

/** The parts in the order of the mail, the mail itself first. Cheap, and never fails: for the rules about robots only. */
export function outlineOf(mail: Uint8Array): OutlinePart[] {
  const bytes = Buffer.from(mail.buffer, mail.byteOffset, Math.min(mail.byteLength, OUTLINE_BYTES));
  // Some old servers end the lines of their reports with CR alone.
  const text = bytes.toString("latin1").replace(/\r\n?/g, "\n");
  const parts: OutlinePart[] = [];
  collect(text, 0, parts);
  return parts;
}

function collect(text: string, depth: number, parts: OutlinePart[]): void {
  if (parts.length >= MAX_PARTS) return;
  const part = partOf(text, depth, parts[0] === undefined ? "text/plain" : defaultType(parts));
  parts.push(part);
  if (depth >= MAX_DEPTH || !part.type.startsWith("multipart/")) return;
  const boundary = BOUNDARY.exec(part.contentType);
  if (!boundary) return;
  for (const piece of split(part.body, boundary[1]?.replace(/\\(.)/g, "$1") ?? boundary[2] ?? ""))
    collect(piece, depth + 1, parts);
}

/** RFC 2046 section 5.1.5: what is in a digest is a mail. */
function defaultType(parts: readonly OutlinePart[]): string {
  return parts.at(-1)?.type === "multipart/digest" ? "message/rfc822" : "text/plain";
}

function partOf(text: string, depth: number, otherwise: string): OutlinePart {
  const end = text.startsWith("\n") ? 0 : text.indexOf("\n\n");
  const header = end < 0 ? text : text.slice(0, end + 1);
  const fields = headerFields(Buffer.from(header, "latin1"));
  const contentType = fieldValues(fields, "content-type")[0] ?? "";
  return {
    type: TYPE.exec(contentType)?.[1]?.toLowerCase() ?? otherwise,
    contentType,
    depth,
    fields,
    body: end < 0 ? "" : text.slice(end + (end === 0 ? 1 : 2)),
  };
}

function split(body: string, boundary: string): string[] {
  const delimiter = `\n--${boundary}`;
  const pieces: string[] = [];
  let start: number | undefined;
  const text = `\n${body}`;
  for (let at = text.indexOf(delimiter); at >= 0; at = text.indexOf(delimiter, at + delimiter.length)) {
    if (start !== undefined) pieces.push(text.slice(start, at));
    const lineEnd = text.indexOf("\n", at + delimiter.length);
    const rest = text.slice(at + delimiter.length, lineEnd < 0 ? undefined : lineEnd);
    start = undefined;
    if (pieces.length >= MAX_PARTS || lineEnd < 0 || rest.startsWith("--")) return pieces;
    start = lineEnd + 1;
  }
  // RFC 2046 section 5.1.2 wants a last boundary; a mail that was cut has none.
  if (start !== undefined) pieces.push(text.slice(start));
  return pieces;
}

/** Longer texts say at their beginning what they are. */
const MAX_TEXT_BYTES = 64 << 10;

/** Decoded: UTF-8, or else Latin-1, which serves for the words that are looked for. */
export function outlineText({ fields, body }: OutlinePart): string {
  const encoding = (fieldValues(fields, "content-transfer-encoding")[0] ?? "").trim().toLowerCase();
  const raw = Buffer.from(body.slice(0, MAX_TEXT_BYTES), "latin1");
  const bytes = encoding === "base64" || encoding === "quoted-printable" ? decoded(raw, encoding) : raw;
  const text = bytes.toString("utf8");
  return text.includes("\ufffd") ? bytes.toString("latin1") : text;
}

function decoded(raw: Buffer, encoding: string): Buffer {
  const decoder = transferDecoder(encoding);
  return Buffer.concat([decoder.push(raw), decoder.end()]);
}
