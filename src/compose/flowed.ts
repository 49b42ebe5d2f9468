/** One line of a text part. */
export interface PlainLine {
  readonly text: string;
  /** How many `>` stand before it. */
  readonly quote: number;
  /** Its paragraph goes on in the next line. */
  readonly isSoft: boolean;
}

export function fixed(text: string): PlainLine {
  return { text: text.trimEnd(), quote: 0, isSoft: false };
}

export function quoted(line: PlainLine): PlainLine {
  return { ...line, quote: line.quote + 1 };
}

/** The line as part of something that is laid out by spaces: no program may flow it. */
export function laidOut(prefix: string, { text, quote }: PlainLine): PlainLine {
  const content = quote === 0 ? text : `${">".repeat(quote)} ${text}`;
  return fixed(prefix + content);
}

/** What a mail program could take for a quote or for layout of its own, and `From ` for a mailbox's separator. */
const NEEDS_STUFFING = /^(?: |>|From )/;

/** Begins the signature: the one line that ends in a space and yet is not flowed (RFC 3676 section 4.3). */
export const SIGNATURE_MARK = "-- ";

/** `text/plain; format=flowed` without DelSp (RFC 3676 section 4): a line that goes on ends in a space. */
export function flowedText(lines: readonly PlainLine[]): string {
  let text = "";
  for (const line of lines) {
    const isStuffed = line.quote > 0 ? line.text !== "" : NEEDS_STUFFING.test(line.text);
    text += `${">".repeat(line.quote)}${isStuffed ? " " : ""}${line.text}${line.isSoft ? " " : ""}\n`;
  }
  return text;
}
