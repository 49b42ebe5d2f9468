import { Base64Decoder } from "./base64-decoder.ts";
import { QuotedPrintableDecoder } from "./quoted-printable-decoder.ts";

/** Undoes one part's transfer encoding piece by piece (RFC 2045 section 6), in memory that does not grow with the part. */
export interface TransferDecoder {
  /** Of one that lends, the bytes are good until the next call only. */
  push(chunk: Buffer): Buffer;
  /** What is left, after the last chunk. */
  end(): Buffer;
  /** Names what was found that the encoding does not allow; final only after `end()`. */
  readonly defect: "bad-base64" | "bad-quoted-printable" | undefined;
}

const NOTHING = Buffer.alloc(0);

/** `lend`: for whoever copies what it is given; memory is used again then. */
export function transferDecoder(encoding: string, memory: "own" | "lend" = "own"): TransferDecoder {
  if (encoding === "base64") return new Base64Decoder(memory);
  if (encoding === "quoted-printable") return new QuotedPrintableDecoder();
  return { push: (chunk) => chunk, end: () => NOTHING, defect: undefined };
}
