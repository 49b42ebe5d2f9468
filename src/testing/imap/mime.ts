import { trimAscii } from "../../domain/trim.ts";

/** One part of a mail (RFC 2045), as byte ranges of it: nothing is copied, nothing is decoded. */
export interface MimePart {
  /** The header block with the empty line that ends it. */
  readonly header: Buffer;
  readonly body: Buffer;
  readonly type: string;
  readonly subtype: string;
  readonly params: ReadonlyMap<string, string>;
  /** Of a multipart; empty otherwise. */
  readonly children: readonly MimePart[];
  /** The mail inside a `message/rfc822` part. */
  readonly message: MimePart | undefined;
}

/** The limits of Dovecot 2.3: what lies deeper or behind is one opaque part, so a hostile mail costs linear time. */
const MAX_DEPTH = 100;
const MAX_PARTS = 10_000;

const HEADER_END = Buffer.from("\r\n\r\n");
const CRLF = Buffer.from("\r\n");

export function parseMime(raw: Buffer): MimePart {
  return parsePart(raw, { depth: 0, budget: { parts: MAX_PARTS }, defaultType: "text/plain" });
}

interface Place {
  readonly depth: number;
  readonly budget: { parts: number };
  /** What a part without Content-Type is (RFC 2046 section 5.1.5: mails, in a digest). */
  readonly defaultType: string;
}

function parsePart(raw: Buffer, place: Place): MimePart {
  place.budget.parts -= 1;
  const { header, body } = split(raw);
  const { value, params } = parameterized(headerValue(header, "content-type") ?? place.defaultType);
  const [type = "text", subtype = "plain"] = /^[^\s/]+\/[^\s/]+$/.test(value) ? value.toLowerCase().split("/") : [];
  const deeper = place.depth < MAX_DEPTH && place.budget.parts > 0;
  const boundary = params.get("boundary");
  const within = {
    depth: place.depth + 1,
    budget: place.budget,
    defaultType: subtype === "digest" ? "message/rfc822" : "text/plain",
  };
  const children = deeper && type === "multipart" && boundary ? childrenOf(body, boundary, within) : [];
  const isMessage = deeper && type === "message" && subtype === "rfc822";
  return { header, body, type, subtype, params, children, message: isMessage ? parsePart(body, within) : undefined };
}

function split(raw: Buffer): { header: Buffer; body: Buffer } {
  // A part may begin with the empty line: then it has no header at all.
  if (raw.subarray(0, CRLF.length).equals(CRLF)) return { header: raw.subarray(0, 2), body: raw.subarray(2) };
  const end = raw.indexOf(HEADER_END);
  if (end < 0) return { header: raw, body: raw.subarray(raw.length) };
  return { header: raw.subarray(0, end + HEADER_END.length), body: raw.subarray(end + HEADER_END.length) };
}

function childrenOf(body: Buffer, boundary: string, place: Place): MimePart[] {
  const children: MimePart[] = [];
  const delimiter = Buffer.from(`--${boundary}`, "latin1");
  let start: number | undefined;
  for (let at = nextDelimiter(body, delimiter, 0); at; at = nextDelimiter(body, delimiter, at.next)) {
    if (start !== undefined) children.push(parsePart(body.subarray(start, Math.max(start, at.lineStart - 2)), place));
    if (at.closes) {
      start = undefined;
      break;
    }
    start = at.next;
    if (place.budget.parts <= 1) break;
  }
  // Truncated, or beyond the budget: the rest is the last part.
  if (start !== undefined) children.push(parsePart(body.subarray(start), place));
  // A multipart has at least one part (RFC 2046 section 5.1.1): where there is none, an empty one.
  return children.length > 0 ? children : [parsePart(body.subarray(body.length), place)];
}

interface Delimiter {
  readonly lineStart: number;
  readonly next: number;
  readonly closes: boolean;
}

/** The next line that is the boundary, perhaps with `--` and white space after it (RFC 2046 section 5.1.1). */
function nextDelimiter(body: Buffer, delimiter: Buffer, from: number): Delimiter | undefined {
  for (let at = body.indexOf(delimiter, from); at >= 0; at = body.indexOf(delimiter, at + 1)) {
    if (at > 0 && body[at - 1] !== 0x0a) continue;
    const lineEnd = body.indexOf(CRLF, at);
    const end = lineEnd < 0 ? body.length : lineEnd;
    const rest = body.toString("latin1", at + delimiter.length, Math.min(end, at + delimiter.length + MAX_TAIL_CHARS));
    const match = /^(--)?[ \t]*$/.exec(rest);
    if (match) return { lineStart: at, next: lineEnd < 0 ? body.length : lineEnd + 2, closes: match[1] !== undefined };
  }
  return undefined;
}

/** White space behind a boundary; more than this is another boundary that begins alike. */
const MAX_TAIL_CHARS = 80;

/** Header fields in their order, each with its folding and its CRLF. */
export function headerFields(header: Buffer): { name: string; field: string }[] {
  const fields: { name: string; field: string }[] = [];
  for (const field of header.toString("latin1").split(/(?<=\r\n)(?![ \t])/)) {
    const match = /^([^\s:]+)[ \t]*:/.exec(field);
    if (match?.[1])
      fields.push({ name: match[1].toLowerCase(), field: field.endsWith("\r\n") ? field : `${field}\r\n` });
  }
  return fields;
}

/** The unfolded value of the first field of that name (latin1), or undefined. */
export function headerValue(header: Buffer, name: string): string | undefined {
  const found = headerFields(header).find((field) => field.name === name);
  return found && unfolded(found.field);
}

/** What stands behind the colon. */
export function unfolded(field: string): string {
  return trimAscii(field.slice(field.indexOf(":") + 1).replace(/\r\n(?=[ \t])/g, ""));
}

/** `text/plain; charset=utf-8` as its value and its parameters, whose names are in lower case. */
export function parameterized(header: string): { value: string; params: Map<string, string> } {
  const params = new Map<string, string>();
  const pattern = /;\s*([^\s=;]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]*))/g;
  for (const [, name = "", quoted, bare = ""] of header.matchAll(pattern)) {
    const key = name.toLowerCase();
    if (!params.has(key)) params.set(key, quoted === undefined ? bare : quoted.replace(/\\(.)/g, "$1"));
  }
  return { value: header.replace(/;[^]*$/, "").trim(), params };
}
