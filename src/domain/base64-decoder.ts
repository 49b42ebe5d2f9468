const NOTHING = Buffer.alloc(0);

/**
 * Letters and regular line ends go to Node's own decoder. Its output length proves that nothing else was among them, which
 * is several times cheaper than looking at every byte; only a block that fails the proof is cleaned by hand.
 */
export class Base64Decoder {
  defect: "bad-base64" | undefined;
  /** Letters that wait for the rest of their quartet. */
  #carry = "";
  #padded = false;
  /** Padding signs that the last quartet still needs. */
  #owed = 0;
  readonly #scratch: Scratch | undefined;

  /** `lend`: what `push` gives is good until the next call only. */
  constructor(memory: "own" | "lend") {
    this.#scratch = memory === "lend" ? new Scratch() : undefined;
  }

  push(chunk: Buffer): Buffer {
    if (this.#padded) return this.#decodeDirty(chunk);
    // Padding ends what Node decodes, and would spoil the proof.
    const padding = chunk.indexOf(EQUALS);
    if (padding < 0) return this.#decodeClean(chunk) ?? this.#decodeDirty(chunk);
    const before = chunk.subarray(0, padding);
    const decoded = this.#decodeClean(before) ?? this.#decodeDirty(before);
    return Buffer.concat([decoded, this.#decodeDirty(chunk.subarray(padding))]);
  }

  end(): Buffer {
    const rest = this.#carry;
    this.#carry = "";
    // RFC 2045 section 6.8: the encoded data are always whole quartets; anything else was cut or damaged.
    if (rest.length > 0 || this.#owed > 0) this.defect = "bad-base64";
    return Buffer.from(rest, "base64");
  }

  /** Undefined when `bytes` hold anything but base64 letters and regular line ends, or hardly any of them. */
  #decodeClean(bytes: Buffer): Buffer | undefined {
    const head = takeLetters(bytes, (4 - (this.#carry.length % 4)) % 4);
    if (head === undefined) return undefined;
    // Letters of base64url, which Node takes for base64 and other readers skip.
    if (bytes.includes(DASH) || bytes.includes(UNDERSCORE)) return undefined;
    const ends = lineEndBytes(bytes.subarray(head.bytes));
    if (ends === undefined) return undefined;
    const letters = bytes.length - head.bytes - ends;
    // Three letters over whole quartets: every other number of letters than this one gives another number of bytes.
    const spare = (letters + 1) % 4;
    const decodable = letters - spare;
    if (decodable < 3) return undefined;
    const tail = lastLetters(bytes, spare);
    const carry = lastLetters(bytes.subarray(0, tail.start), 3).letters + tail.letters;
    const first = Buffer.from(this.#carry + head.letters, "base64");
    const length = first.length + Math.floor((decodable * 3) / 4);
    const decoded = this.#scratch?.room(length + 1) ?? Buffer.allocUnsafe(length + 1);
    first.copy(decoded);
    const written = decoded.write(bytes.toString("latin1", head.bytes, tail.start), first.length, "base64");
    if (first.length + written !== length || !isBase64(head.letters + carry)) return undefined;
    // The last whole quartet is not kept waiting: what comes at the end is only what is broken.
    const last = Buffer.from(carry.slice(0, carry.length - (carry.length % 4)), "base64");
    last.copy(decoded, length - 2);
    this.#carry = carry.slice(carry.length - (carry.length % 4));
    return decoded.subarray(0, length - 2 + last.length);
  }

  /** Letter by letter. Skips what is not base64; padding ends a run, and more data after it (joined encodings) begins a new one. */
  #decodeDirty(chunk: Buffer): Buffer {
    const bytes = this.#carry === "" ? chunk : Buffer.concat([Buffer.from(this.#carry, "latin1"), chunk]);
    const decoded = Buffer.allocUnsafe(Math.ceil((bytes.length * 3) / 4));
    let length = 0;
    let letters = 0;
    let bits = 0;
    for (const byte of bytes) {
      const sextet = SEXTETS[byte] ?? ILLEGAL;
      if (sextet < SPACE) {
        if (this.#padded) this.defect = "bad-base64";
        bits = (bits << 6) | sextet;
        if (++letters < 4) continue;
        length = decoded.writeUIntBE(bits, length, 3);
      } else if (sextet === PADDING) {
        this.#pad(letters);
        if (letters > 1) decoded[length++] = bits >> (letters === 2 ? 4 : 10);
        if (letters > 2) decoded[length++] = bits >> 2;
      } else {
        if (sextet === ILLEGAL) this.defect = "bad-base64";
        continue;
      }
      letters = 0;
      bits = 0;
    }
    this.#carry = lastLettersOf(bits, letters);
    return decoded.subarray(0, length);
  }

  /** One sign. Those of one quartet may come in two chunks. */
  #pad(letters: number): void {
    const owed = (letters > 0 ? 4 - letters : this.#owed) - 1;
    if (owed < 0) this.defect = "bad-base64";
    this.#owed = Math.max(0, owed);
    this.#padded = true;
  }
}

/** Memory that is used again. */
class Scratch {
  #block: Buffer = NOTHING;

  room(bytes: number): Buffer {
    if (this.#block.length < bytes) this.#block = Buffer.allocUnsafeSlow(bytes);
    return this.#block.subarray(0, bytes);
  }
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/** Above the 64 letters. */
const SPACE = 64;
const PADDING = 65;
const ILLEGAL = 66;
const SEXTETS: Uint8Array = new Uint8Array(256).fill(ILLEGAL);
for (const [sextet, letter] of Array.from(ALPHABET).entries()) SEXTETS[letter.charCodeAt(0)] = sextet;
for (const space of " \t\r\n\v\f") SEXTETS[space.charCodeAt(0)] = SPACE;
SEXTETS["=".charCodeAt(0)] = PADDING;

/** The `count` letters that `bits` holds, six bits each. */
function lastLettersOf(bits: number, count: number): string {
  let letters = "";
  for (let shift = (count - 1) * 6; shift >= 0; shift -= 6) letters += ALPHABET.charAt((bits >> shift) & 63);
  return letters;
}

/** The first `count` letters, and how many bytes they take with the line ends before them; undefined when there are fewer. */
function takeLetters(bytes: Buffer, count: number): { letters: string; bytes: number } | undefined {
  let letters = "";
  let at = 0;
  for (; letters.length < count; at++) {
    const code = bytes[at];
    if (code === undefined) return undefined;
    if (code !== LF && code !== CR) letters += String.fromCharCode(code);
  }
  return { letters, bytes: at };
}

/** The last `count` letters, and where the first of them stands. */
function lastLetters(bytes: Buffer, count: number): { letters: string; start: number } {
  let letters = "";
  let start = bytes.length;
  while (letters.length < count && start > 0) {
    const code = bytes[--start] ?? LF;
    if (code !== LF && code !== CR) letters = String.fromCharCode(code) + letters;
  }
  return { letters, start };
}

/** What the line ends take; undefined when they differ, which would make room for a character that is none. */
function lineEndBytes(bytes: Buffer): number | undefined {
  const first = bytes.indexOf(LF);
  if (first < 0) return 0;
  const endBytes = first > 0 && bytes[first - 1] === CR ? 2 : 1;
  const isEnd = (at: number): boolean => bytes[at] === LF && (endBytes === 1 || bytes[at - 1] === CR);
  const second = bytes.indexOf(LF, first + 1);
  const lineBytes = second - first;
  let lines = 1;
  let at = first;
  // Encoders write lines of one length.
  if (second > 0) for (; isEnd(at + lineBytes); at += lineBytes) lines++;
  for (at = bytes.indexOf(LF, at + 1); at >= 0; at = bytes.indexOf(LF, at + 1)) {
    if (!isEnd(at)) return undefined;
    lines++;
  }
  return lines * endBytes;
}

function isBase64(text: string): boolean {
  return /^[A-Za-z0-9+/]*$/.test(text);
}

const LF = 0x0a;
const CR = 0x0d;
const EQUALS = 0x3d;
const DASH = 0x2d;
const UNDERSCORE = 0x5f;
