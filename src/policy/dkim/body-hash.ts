import { type Hash, createHash } from "node:crypto";
import type { Canonicalization } from "./raw-header.ts";

const CR = 0x0d;
const LF = 0x0a;
const SPACE = 0x20;
const TAB = 0x09;
const OUT_BYTES = 64 << 10;

/**
 * SHA-256 of a body as its signer saw it (RFC 6376 sections 3.4.3 and 3.4.4), piece by piece. A bare LF is a line break,
 * as it was when the mail went over the wire.
 */
export class BodyHash {
  readonly #relaxed: boolean;
  readonly #hash: Hash = createHash("sha256");
  #out = Buffer.allocUnsafe(0);
  #length = 0;
  /** Line breaks, white space and a CR that count only if more comes. */
  #breaks = 0;
  #gap = false;
  #cr = false;
  #empty = true;

  constructor(method: Canonicalization) {
    this.#relaxed = method === "relaxed";
  }

  update(piece: Uint8Array): void {
    // Room for what a piece becomes, most of the time.
    if (this.#out.length === 0) this.#out = Buffer.allocUnsafe(Math.min(OUT_BYTES, piece.length + 1_024));
    for (let at = 0; at < piece.length; at++) {
      const byte = piece[at] ?? 0;
      if (byte === LF) {
        this.#cr = this.#gap = false;
        this.#breaks++;
        continue;
      }
      if (this.#cr) this.#write(CR);
      this.#cr = byte === CR;
      if (byte === CR) continue;
      if (this.#relaxed && (byte === SPACE || byte === TAB)) this.#gap = true;
      else this.#write(byte);
    }
  }

  digest(): Buffer {
    // A CR at the very end is a line break that was cut in two, or nothing that a signer can have meant.
    if (this.#cr) this.#write(CR);
    // Section 3.4.3: an empty body is one line break; section 3.4.4: it is empty.
    if (!this.#empty || !this.#relaxed) {
      this.#put(CR);
      this.#put(LF);
    }
    this.#flush();
    return this.#hash.digest();
  }

  /** A byte that stands, behind what was waiting for one. */
  #write(byte: number): void {
    for (; this.#breaks > 0; this.#breaks--) {
      this.#put(CR);
      this.#put(LF);
    }
    if (this.#gap) this.#put(SPACE);
    this.#gap = false;
    this.#empty = false;
    this.#put(byte);
  }

  #put(byte: number): void {
    if (this.#length === this.#out.length) this.#flush();
    this.#out[this.#length++] = byte;
  }

  #flush(): void {
    this.#hash.update(this.#out.subarray(0, this.#length));
    this.#length = 0;
    if (this.#out.length < OUT_BYTES) this.#out = Buffer.allocUnsafe(OUT_BYTES);
  }
}
