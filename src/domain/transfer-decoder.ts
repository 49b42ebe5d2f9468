/** Undoes one part's transfer encoding piece by piece (RFC 2045 section 6), in memory that does not grow with the part. */
export interface TransferDecoder {
  push(chunk: Buffer): Buffer;
  /** What is left, after the last chunk. */
  end(): Buffer;
  /** Names what was found that the encoding does not allow; final only after `end()`. */
  readonly defect: "bad-base64" | "bad-quoted-printable" | undefined;
}

const NOTHING = Buffer.alloc(0);

export function transferDecoder(encoding: string): TransferDecoder {
  if (encoding === "base64") return new Base64Decoder();
  if (encoding === "quoted-printable") return new QuotedPrintableDecoder();
  return { push: (chunk) => chunk, end: () => NOTHING, defect: undefined };
}

/**
 * Blocks of whole quartets go to Node's own decoder. Its output length proves that nothing else was among them, which
 * is several times cheaper than looking at every byte; only a block that fails the proof is cleaned by hand.
 */
class Base64Decoder implements TransferDecoder {
  defect: "bad-base64" | undefined;
  #carry = "";
  #padded = false;
  /** Padding signs that the last quartet still needs. */
  #owed = 0;

  push(chunk: Buffer): Buffer {
    const text = this.#carry + chunk.toString("latin1");
    const fast = this.#padded
      ? undefined
      : decodeClean(text, this.#carry.length === 0 ? chunk : Buffer.from(text, "latin1"));
    if (fast) {
      this.#carry = fast.rest;
      return fast.bytes;
    }
    return this.#decodeDirty(text);
  }

  end(): Buffer {
    const rest = this.#carry;
    this.#carry = "";
    // RFC 2045 section 6.8: the encoded data are always whole quartets; anything else was cut or damaged.
    if (rest.length > 0 || this.#owed > 0) this.defect = "bad-base64";
    return Buffer.from(rest, "base64");
  }

  /** Skips what is not base64; padding ends a run, and more data after it (joined encodings) begins a new one. */
  #decodeDirty(text: string): Buffer {
    const solid = text.replace(/\s+/g, "");
    const legal = solid.replace(/[^A-Za-z0-9+/=]+/g, "");
    if (legal.length < solid.length) this.defect = "bad-base64";
    // A chunk of nothing but padding would be as many pieces as bytes; it is no encoding of anything.
    const isBomb = paddings(legal) > MAX_PADDINGS;
    if (isBomb) this.defect = "bad-base64";
    const runs = isBomb ? [legal.replaceAll("=", "")] : legal.split(/(=+)/).filter((run) => run !== "");
    const decoded: Buffer[] = [];
    let letters = "";
    for (const run of runs) {
      if (run.startsWith("=")) {
        this.#pad(letters.length, run.length);
        decoded.push(Buffer.from(letters, "base64"));
        letters = "";
      } else {
        if (this.#padded) this.defect = "bad-base64";
        letters = run;
      }
    }
    const whole = letters.length - (letters.length % 4);
    decoded.push(Buffer.from(letters.slice(0, whole), "base64"));
    this.#carry = letters.slice(whole);
    return Buffer.concat(decoded);
  }

  /** The padding of one quartet may come in two chunks. */
  #pad(letters: number, signs: number): void {
    const owed = (letters > 0 ? (4 - (letters % 4)) % 4 : this.#owed) - signs;
    if (owed < 0) this.defect = "bad-base64";
    this.#owed = Math.max(0, owed);
    this.#padded = true;
  }
}

/** Encodings joined in one chunk; mailers that pad every line have a thousand. */
const MAX_PADDINGS = 2_000;

/** How often padding ends a run, counted no further than is of interest. */
function paddings(letters: string): number {
  let count = 0;
  for (let at = letters.indexOf("="); at >= 0 && count <= MAX_PADDINGS; at = letters.indexOf("=", at + 1)) {
    if (letters.charAt(at + 1) !== "=") count++;
  }
  return count;
}

/** Undefined when `bytes` hold anything but base64 letters and regular line ends. */
function decodeClean(text: string, bytes: Buffer): { bytes: Buffer; rest: string } | undefined {
  // Padding ends what Node decodes, and would spoil the proof below.
  if (bytes.includes(EQUALS)) return undefined;
  // Letters of base64url, which Node takes for base64 and other readers skip.
  if (bytes.includes(DASH) || bytes.includes(UNDERSCORE)) return undefined;
  // Both are counted: lines that end in different ways would make room for a character that is none.
  const letters = text.length - occurrences(bytes, LF) - occurrences(bytes, CR);
  const spare = letters % 4;
  let cut = text.length;
  let rest = "";
  while (rest.length < spare && cut > 0) {
    cut--;
    const code = text.charCodeAt(cut);
    if (code !== LF && code !== CR) rest = text.charAt(cut) + rest;
  }
  // With three letters more, every other number of letters than the one expected gives another number of bytes.
  const decoded = Buffer.from(`${text.slice(0, cut)}AAA`, "base64");
  const length = ((letters - spare) / 4) * 3;
  return decoded.length === length + 2 && isBase64(rest) ? { bytes: decoded.subarray(0, length), rest } : undefined;
}

function occurrences(bytes: Buffer, byte: number): number {
  let found = 0;
  for (let at = bytes.indexOf(byte); at >= 0; at = bytes.indexOf(byte, at + 1)) found++;
  return found;
}

function isBase64(text: string): boolean {
  return /^[A-Za-z0-9+/]*$/.test(text);
}

/** RFC 2045 section 6.7. */
class QuotedPrintableDecoder implements TransferDecoder {
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
const DASH = 0x2d;
const UNDERSCORE = 0x5f;
