/** Undoes a Content-Transfer-Encoding slice by slice (RFC 2045 section 6). */
export interface TransferDecoder {
  write(slice: Buffer): Buffer;
  end(): Buffer;
}

export function transferDecoder(encoding: string | undefined): TransferDecoder {
  switch (encoding?.toLowerCase() ?? "") {
    case "base64":
      return new CarryingDecoder(wholeBase64, (text) => Buffer.from(text, "base64"));
    case "quoted-printable":
      return new CarryingDecoder(wholeLines, decodeQuotedPrintable);
    default:
      return { write: (slice) => slice, end: () => Buffer.alloc(0) };
  }
}

/** Decodes as much as is complete and carries the rest over to the next slice. */
class CarryingDecoder implements TransferDecoder {
  readonly #split: (text: string) => [complete: string, rest: string];
  readonly #decode: (text: string) => Buffer;
  #rest = "";

  constructor(split: (text: string) => [string, string], decode: (text: string) => Buffer) {
    this.#split = split;
    this.#decode = decode;
  }

  write(slice: Buffer): Buffer {
    const [complete, rest] = this.#split(this.#rest + slice.toString("latin1"));
    this.#rest = rest;
    return this.#decode(complete);
  }

  end(): Buffer {
    return this.#decode(this.#rest);
  }
}

/** Four characters make three bytes; what is not of the alphabet is passed over (RFC 2045 section 6.8). */
function wholeBase64(text: string): [string, string] {
  const clean = text.replace(/[^A-Za-z0-9+/=_-]/g, "");
  const complete = clean.length - (clean.length % 4);
  return [clean.slice(0, complete), clean.slice(complete)];
}

/** A line longer than this is no quoted-printable (RFC 2045 section 6.7 allows 76): it need not be kept together. */
const MAX_LINE_CHARS = 64 << 10;

function wholeLines(text: string): [string, string] {
  const end = text.lastIndexOf("\n") + 1;
  return end === 0 && text.length > MAX_LINE_CHARS ? [text, ""] : [text.slice(0, end), text.slice(end)];
}

function decodeQuotedPrintable(text: string): Buffer {
  const plain = text
    .replace(/[ \t]+(\r?\n|$)/g, "$1")
    .replace(/=\r?\n/g, "")
    .replace(/=([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(plain, "latin1");
}
