const NOTHING = Buffer.alloc(0);

/** RFC 2045 section 6.7. */
export class QuotedPrintableDecoder {
  defect: "bad-quoted-printable" | undefined;
  #carry: Buffer = NOTHING;

  push(chunk: Buffer): Buffer {
    const input = this.#carry.length > 0 ? Buffer.concat([this.#carry, chunk]) : chunk;
    const end = undecidedFrom(input);
    this.#carry = Buffer.from(input.subarray(end));
    return this.#decode(input.subarray(0, end));
  }

  end(): Buffer {
    const rest = this.#carry;
    this.#carry = NOTHING;
    return this.#decode(rest);
  }

  #decode(input: Buffer): Buffer {
    const output = Buffer.allocUnsafe(input.length);
    let length = 0;
    /** Where the output ends without the white space that a transport added to the line. */
    let solid = 0;
    for (let i = 0; i < input.length; i++) {
      const byte = input[i] ?? 0;
      if (byte === EQUALS) {
        const decoded = hexPair(input, i);
        if (decoded === undefined) {
          const skipped = softBreakLength(input, i);
          if (skipped > 0) i += skipped;
          else {
            this.defect = "bad-quoted-printable";
            output[length++] = byte;
          }
        } else {
          output[length++] = decoded;
          i += 2;
        }
        solid = length;
      } else if (byte === LF || byte === CR) {
        length = solid;
        output[length++] = byte;
        solid = length;
      } else {
        output[length++] = byte;
        if (byte !== SPACE && byte !== TAB) solid = length;
      }
    }
    return output.subarray(0, length);
  }
}

/** White space that a line end may follow, or an escape that is not complete, waits for the next chunk. */
function undecidedFrom(input: Buffer): number {
  const window = Math.max(0, input.length - MAX_UNDECIDED_BYTES);
  const escape = input.lastIndexOf(EQUALS);
  let end = input.length;
  while (end > window && isBlank(input[end - 1])) end--;
  if (escape >= window && escape >= end - 2) return Math.min(end, escape);
  return end;
}

/** A soft line break with the white space that transports add to it; RFC 2045 has lines of 76. */
const MAX_UNDECIDED_BYTES = 1_000;

function softBreakLength(input: Buffer, at: number): number {
  let i = at + 1;
  while (i < at + MAX_UNDECIDED_BYTES && (input[i] === SPACE || input[i] === TAB)) i++;
  if (i >= input.length) return i - at - 1 || 1;
  if (input[i] === CR && input[i + 1] === LF) return i + 1 - at;
  return input[i] === LF ? i - at : 0;
}

function hexPair(input: Buffer, at: number): number | undefined {
  const high = hexDigit(input[at + 1]);
  const low = hexDigit(input[at + 2]);
  return high < 0 || low < 0 ? undefined : high * 16 + low;
}

function hexDigit(code = 0): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code & 0xdf;
  return letter >= 0x41 && letter <= 0x46 ? letter - 0x37 : -1;
}

function isBlank(code: number | undefined): boolean {
  return code === SPACE || code === TAB || code === CR || code === LF;
}

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const TAB = 0x09;
const EQUALS = 0x3d;
