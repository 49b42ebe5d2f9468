import { transferDecoder } from "../domain/transfer-decoder.ts";
import { utf8OrLatin1 } from "./header.ts";

/** A property of an iCalendar or vCard object (RFC 5545 section 3.1, RFC 6350 section 3.3). */
export interface ContentLine {
  /** In capitals, without a group. */
  readonly name: string;
  /** By names in capitals; of one that is named twice the first. */
  readonly parameters: Readonly<Record<string, string>>;
  /** As it was written. */
  readonly value: string;
}

/** An honest object has fifty lines before the first that says anything. */
const MAX_LINES = 2_000;

export function contentLines(text: string): ContentLine[] {
  const unfolded = text
    // vCard 2.1 continues quoted-printable as a mail does.
    .replace(/=\r?\n(?=[^\r\n])/g, "")
    .replace(/\r?\n[ \t]/g, "");
  return unfolded
    .split(/\r?\n/, MAX_LINES)
    .map((line) => contentLine(line))
    .filter((line) => line !== undefined);
}

const LINE = /^(?:[\w-]+\.)?([\w-]+)((?:;(?:[^":;]|"[^"]*")*)*):(.*)$/s;

function contentLine(line: string): ContentLine | undefined {
  const [, name, parameters = "", value = ""] = LINE.exec(line.slice(0, MAX_LINE_CHARS)) ?? [];
  if (name === undefined) return undefined;
  const pairs = (parameters.match(/[^;"]+(?:"[^"]*")?/g) ?? []).map((parameter): [string, string] => {
    const [key = "", ...rest] = parameter.split("=");
    return [key.trim().toUpperCase(), rest.join("=").replaceAll('"', "").trim()];
  });
  return { name: name.toUpperCase(), parameters: Object.fromEntries(pairs.toReversed()), value };
}

const MAX_LINE_CHARS = 10_000;

/** The value as people read it: escapes undone (RFC 5545 section 3.3.11), and vCard 2.1's quoted-printable. */
export function plainValue(line: ContentLine | undefined): string | undefined {
  if (line === undefined) return undefined;
  const isQuoted = [line.parameters["ENCODING"], ...Object.keys(line.parameters)].some(
    (word) => word?.toUpperCase() === "QUOTED-PRINTABLE",
  );
  const value = isQuoted ? unquoted(line.value) : line.value;
  return value.replace(/\\(.)/gs, (_, escaped: string) => (/n/i.test(escaped) ? " " : escaped));
}

function unquoted(value: string): string {
  const decoder = transferDecoder("quoted-printable");
  return utf8OrLatin1(Buffer.concat([decoder.push(Buffer.from(value, "latin1")), decoder.end()]));
}
