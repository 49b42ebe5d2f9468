/** A text part's content, ready for the wire: ASCII, CRLF, no line over 76 characters (RFC 2045 section 6). */
export interface EncodedText {
  readonly encoding: "7bit" | "quoted-printable" | "base64";
  readonly content: string;
}

const MAX_LINE = 76;
const PLAIN = /^[\t\n\r\u0020-\u007e]*$/;
const LONG_LINE = /[^\r\n]{77}/;
const BASE64_LINE = /.{76}(?=.)/g;

/** Text that is mostly not ASCII grows by a third in base64, and threefold in quoted-printable. */
const BASE64_ABOVE = 1 / 3;

/** The shortest of the three that a person could still read on the wire. */
export function encodeText(text: string): EncodedText {
  const lines = text.replace(/\r\n|\r|\n/g, "\r\n");
  if (PLAIN.test(lines) && !LONG_LINE.test(lines)) return { encoding: "7bit", content: lines };
  const bytes = Buffer.from(lines);
  if (bytes.length - lines.length > lines.length * BASE64_ABOVE) {
    return { encoding: "base64", content: bytes.toString("base64").replace(BASE64_LINE, "$&\r\n") };
  }
  return { encoding: "quoted-printable", content: quotedPrintable(bytes) };
}

const HEX = Buffer.from("0123456789ABCDEF");
const [CR, LF, TAB, SPACE, EQUALS] = [13, 10, 9, 32, 61] as const;

/** RFC 2045 section 6.7, of text whose lines end in CR LF. */
function quotedPrintable(bytes: Buffer): string {
  // Three for each byte, and three more for every soft break, of which there is one in 73 at most.
  const out = Buffer.allocUnsafe(Math.ceil(bytes.length * 3 * (1 + 3 / 73)) + 3);
  let at = 0;
  let column = 0;
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index] ?? 0;
    if (byte === CR && bytes[index + 1] === LF) {
      out[at++] = CR;
      out[at++] = LF;
      index++;
      column = 0;
      continue;
    }
    const endsLine = index + 1 === bytes.length || (bytes[index + 1] === CR && bytes[index + 2] === LF);
    const literal = (byte > SPACE && byte < 127 && byte !== EQUALS) || ((byte === SPACE || byte === TAB) && !endsLine);
    const width = literal ? 1 : 3;
    if (column + width > (endsLine ? MAX_LINE : MAX_LINE - 1)) {
      at = writeSoftBreak(out, at);
      column = 0;
    }
    if (literal) out[at++] = byte;
    else at = writeEscape(out, at, byte);
    column += width;
  }
  return out.toString("latin1", 0, at);
}

function writeSoftBreak(out: Buffer, at: number): number {
  out[at] = EQUALS;
  out[at + 1] = CR;
  out[at + 2] = LF;
  return at + 3;
}

function writeEscape(out: Buffer, at: number, byte: number): number {
  out[at] = EQUALS;
  out[at + 1] = HEX[byte >> 4] ?? 0;
  out[at + 2] = HEX[byte & 15] ?? 0;
  return at + 3;
}
