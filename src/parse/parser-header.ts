import { fieldValue, type HeaderField } from "./header.ts";
import { trimAscii } from "../domain/trim.ts";

/** The fields mailparser needs to find the parts, and the one it decodes for us. */
const PARSER_FIELD = /^(?:content-(?:type|transfer-encoding|disposition|id)|subject)$/;

/** A subject is a line of 998 bytes; more is not worth the time of decoding it. */
export const MAX_SUBJECT_CHARS: number = 8 * 1024;

/** The header that mailparser gets: without the many fields that it would parse and nobody reads from it. */
export function parserHeader(fields: readonly HeaderField[]): { bytes: Buffer; missingBoundary: boolean } {
  const kept = fields.filter(({ name }) => PARSER_FIELD.test(name)).map(parserField);
  const type = fields.find(({ name }) => name === "content-type");
  const value = type ? fieldValue(type) : "";
  // A multipart without a boundary is text (so says Dovecot, too): there is no other way to read it.
  const missingBoundary = /^\s*multipart\//i.test(value) && !/;\s*boundary\s*\*?\d*\*?\s*=/i.test(value);
  const lines = missingBoundary
    ? ["Content-Type: text/plain\r\n", ...kept.filter((line) => !/^content-type:/i.test(line))]
    : kept;
  return { bytes: Buffer.from(`${lines.join("")}\r\n`, "latin1"), missingBoundary };
}

function parserField(field: HeaderField): string {
  if (field.name !== "subject") return `${field.name}: ${trimAscii(field.raw.slice(field.raw.indexOf(":") + 1))}\r\n`;
  const value = fieldValue(field).slice(0, MAX_SUBJECT_CHARS);
  return `subject: ${Buffer.from(value.replace(LAST_LETTER, asWord), "utf8").toString("latin1")}\r\n`;
}

/** mailparser trims bytes, and takes the last one of `à` for a space. */
const LAST_LETTER = /[^\u0000-\u007f]$/u;

function asWord(letter: string): string {
  return `=?UTF-8?B?${Buffer.from(letter).toString("base64")}?=`;
}
