import { trimAscii } from "../domain/trim.ts";

export interface HeaderField {
  /** Lower case. */
  readonly name: string;
  /** As it stood, folds undone, one character a byte. */
  readonly value: string;
}

export interface HeaderFields {
  readonly fields: readonly HeaderField[];
  /** Their values by name, in order: the rules ask for some forty names of each mail. */
  readonly values: ReadonlyMap<string, readonly string[]>;
  /** Why no From of this header can be trusted; undefined for a header that every program reads alike. */
  readonly malformed: string | undefined;
}

/** Beyond any honest header. What is read of a longer one is not what others read of it, so nobody is let in by it. */
export const MAX_HEADER_BYTES: number = 256 << 10;
/** A mail that has been through fifty hands has a hundred fields. */
const MAX_FIELDS = 5_000;

/** A mail that begins with a space: its first line becomes part of what the last server wrote above it. */
const SWALLOWED_FROM = /^[ \t]+from[ \t]*:[^@]*@/i;
const TRACE = new Set([
  "received", "return-path", "delivered-to", "envelope-to", "x-envelope-to", "x-original-to", "delivery-date", "received-spf",
  "authentication-results",
]); // prettier-ignore

/**
 * The header block byte by byte, without mercy: libraries disagree about what a strange header says, and whoever wants
 * to be let in must be read the same way by all of them (security.md 3.1).
 */
export function readHeaderFields(block: Uint8Array): HeaderFields {
  const text = Buffer.from(block.buffer, block.byteOffset, Math.min(block.byteLength, MAX_HEADER_BYTES)).toString(
    "latin1",
  );
  const fields: HeaderField[] = [];
  let malformed = block.byteLength > MAX_HEADER_BYTES ? "longer than 256 kB" : undefined;
  for (const line of text.split("\n")) {
    const content = line.endsWith("\r") ? line.slice(0, -1) : line;
    if (content === "") break;
    if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(content)) malformed ??= "control character";
    const previous = fields.at(-1);
    if (/^[ \t]/.test(content)) {
      if (previous === undefined) malformed ??= "starts with a continuation line";
      else if (SWALLOWED_FROM.test(content) && TRACE.has(previous.name)) malformed ??= "From folded into a trace field";
      else fields[fields.length - 1] = { ...previous, value: `${previous.value} ${trimAscii(content)}` };
      continue;
    }
    const field = /^([!-9;-~]+)([ \t]*):(.*)$/s.exec(content);
    if (field?.[1] === undefined) {
      malformed ??= "a line that is no header field";
      continue;
    }
    if (fields.length >= MAX_FIELDS) {
      malformed ??= `more than ${MAX_FIELDS} fields`;
      break;
    }
    fields.push({ name: field[1].toLowerCase(), value: trimAscii(field[3] ?? "") });
  }
  return { fields, values: byName(fields), malformed };
}

function byName(fields: readonly HeaderField[]): Map<string, string[]> {
  const values = new Map<string, string[]>();
  for (const { name, value } of fields) {
    const known = values.get(name);
    if (known) known.push(value);
    else values.set(name, [value]);
  }
  return values;
}

export function valuesOf({ values }: HeaderFields, name: string): readonly string[] {
  return values.get(name) ?? NONE;
}

const NONE: readonly string[] = [];

/** A value as text: headers that are not ASCII are UTF-8 (RFC 6532). */
export function utf8Of(value: string): string {
  return Buffer.from(value, "latin1").toString("utf8");
}
