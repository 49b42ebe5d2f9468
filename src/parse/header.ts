import { isUtf8 } from "node:buffer";
import { trimAscii } from "../domain/trim.ts";

/** One header field; `raw` is the whole of it in Latin-1 (a character is a byte), folds and line end included. */
export interface HeaderField {
  /** Lower case; empty for a line that is no field. */
  readonly name: string;
  readonly raw: string;
}

/** The largest header block that is read: what Exchange allows, and ten times what honest mail has. */
export const MAX_HEADER_BYTES: number = 256 * 1024;

/** One field's value that is looked into; a To with a thousand addresses fits. */
const MAX_VALUE_CHARS = 64 * 1024;

/** RFC 5322 section 2.2.3: a line that begins with white space continues the field before it. */
export function headerFields(block: Buffer): HeaderField[] {
  const text = block.toString("latin1");
  const fields: HeaderField[] = [];
  let start = 0;
  while (start < text.length) {
    let end = text.indexOf("\n", start) + 1;
    while (end > 0 && (text.charCodeAt(end) === SPACE || text.charCodeAt(end) === TAB))
      end = text.indexOf("\n", end) + 1;
    if (end === 0) end = text.length;
    const raw = text.slice(start, end);
    const colon = raw.indexOf(":");
    fields.push({ name: colon < 0 ? "" : trimAscii(raw.slice(0, colon)).toLowerCase(), raw });
    start = end;
  }
  return fields;
}

/** White space before the colon of a MIME field: to some readers it is that field, to others it is none. */
export function isSpacedOut({ name, raw }: HeaderField): boolean {
  return name.startsWith("content-") && /^[^:]*\s:/.test(raw);
}

/** Unfolded, in UTF-8 where the bytes are (RFC 6532), else in Latin-1; encoded words are left as they are. */
export function fieldValue({ raw }: HeaderField): string {
  const folded = raw.slice(raw.indexOf(":") + 1, MAX_VALUE_CHARS);
  const value = trimAscii(folded.replace(/\r?\n/g, ""));
  return /[\u0080-\u00ff]/.test(value) ? utf8OrLatin1(Buffer.from(value, "latin1")) : value;
}

export function fieldValues(fields: readonly HeaderField[], name: string): string[] {
  return fields.filter((field) => field.name === name).map(fieldValue);
}

/** The value of the first field of that name, which is the one that mail programs show. */
export function firstValue(fields: readonly HeaderField[], name: string): string | undefined {
  const field = fields.find((candidate) => candidate.name === name);
  return field && fieldValue(field);
}

/** What is not UTF-8 is windows-1252, as every mail program takes it: Latin-1 with quotes and the euro sign. */
export function utf8OrLatin1(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString("utf8");
  // Not TextDecoder: most versions of Node 20, 22 and 24 decode this range as Latin-1 (nodejs/node#56542).
  return bytes.toString("latin1").replace(/[\u0080-\u009f]/g, (char) => WINDOWS_1252.charAt(char.charCodeAt(0) - 0x80));
}

/** 0x80 to 0x9f; the five that are not assigned stay replacement characters. */
const WINDOWS_1252 = "€\ufffd‚ƒ„…†‡ˆ‰Š‹Œ\ufffdŽ\ufffd\ufffd‘’“”•–—˜™š›œ\ufffdžŸ";

type ParameterName = "boundary" | "protocol" | "smime-type" | "start";

const PARAMETERS: Readonly<Record<ParameterName, RegExp>> = {
  boundary: parameterPattern("boundary"),
  protocol: parameterPattern("protocol"),
  "smime-type": parameterPattern("smime-type"),
  start: parameterPattern("start"),
};

function parameterPattern(name: string): RegExp {
  return new RegExp(String.raw`;\s*${name}\s*=\s*(?:"((?:[^"\\]|\\.){0,998})"|([^\s;"]{1,998})(?![^\s;"]))`, "i");
}

/** A parameter of a MIME field (RFC 2045 section 5.1), as it was sent; RFC 2231 forms are not looked for. */
export function parameterOf(value: string, name: ParameterName): string | undefined {
  const match = PARAMETERS[name].exec(value.slice(0, MAX_PARAMETERS_CHARS).replace(/[\r\n]+/g, ""));
  return match?.[1]?.replace(/\\(.)/g, "$1") ?? match?.[2];
}

/** More than this is no list of parameters, and the pattern above must not run over a megabyte. */
const MAX_PARAMETERS_CHARS = 4_096;

/** Where the body begins, or -1 while no empty line has been seen (RFC 5322 section 2.1); looks from `from` on. */
export function bodyOffset(bytes: Buffer, from = 0): number {
  if (bytes[0] === LF) return 1;
  if (bytes[0] === CR && bytes[1] === LF) return 2;
  const regular = bytes.indexOf("\n\r\n", from, "latin1");
  const bare = (regular < 0 ? bytes : bytes.subarray(0, regular)).indexOf("\n\n", from, "latin1");
  if (bare >= 0) return bare + 2;
  return regular < 0 ? -1 : regular + 3;
}

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const TAB = 0x09;
