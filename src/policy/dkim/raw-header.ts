import { MAX_HEADER_BYTES } from "../header-fields.ts";
import { trimAscii } from "../../domain/trim.ts";

/** One header field exactly as it stands, without its last line break; one character a byte, line breaks CRLF. */
export interface RawField {
  /** Lower case. */
  readonly name: string;
  readonly raw: string;
}

/** Undefined for a header that is too long to be looked at whole: no signature of it can be checked. */
export function rawFields(header: Uint8Array): RawField[] | undefined {
  if (header.byteLength > MAX_HEADER_BYTES) return undefined;
  const fields: { name: string; raw: string }[] = [];
  const text = Buffer.from(header.buffer, header.byteOffset, header.byteLength).toString("latin1");
  for (const line of text.split("\n")) {
    const content = line.endsWith("\r") ? line.slice(0, -1) : line;
    if (content === "") break;
    const last = fields.at(-1);
    if (last !== undefined && /^[ \t]/.test(content)) last.raw += `\r\n${content}`;
    else fields.push({ name: nameOf(content), raw: content });
  }
  return fields;
}

function nameOf(line: string): string {
  const colon = line.indexOf(":");
  return trimAscii(colon < 0 ? line : line.slice(0, colon)).toLowerCase();
}

/** RFC 6376 sections 3.4.1 and 3.4.2. */
export type Canonicalization = "simple" | "relaxed";

export function canonicalField({ name, raw }: RawField, method: Canonicalization): string {
  if (method === "simple") return raw;
  const value = raw.slice(raw.indexOf(":") + 1);
  return `${name}:${value.replace(/[ \t\r\n]+/g, " ").replace(/^ | $/g, "")}`;
}
