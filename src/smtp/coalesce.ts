import { type Readable, Transform, type TransformCallback } from "node:stream";

/** One write of the socket. The library makes a dozen small pieces of a mail, and each would be a system call of its own. */
const WRITE_BYTES = 64 * 1024;

class Coalescer extends Transform {
  #pieces: Buffer[] = [];
  #bytes = 0;

  override _transform(piece: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    if (this.#bytes >= WRITE_BYTES) this.#write();
    done();
  }

  override _flush(done: TransformCallback): void {
    this.#write();
    done();
  }

  #write(): void {
    if (this.#bytes > 0) this.push(Buffer.concat(this.#pieces, this.#bytes));
    this.#pieces = [];
    this.#bytes = 0;
  }
}

/** The same bytes in fewer pieces. Failing and closing go both ways. */
export function coalesced(source: Readable): Readable {
  const whole = new Coalescer();
  source.once("error", (error) => whole.destroy(error));
  whole.once("close", () => source.destroy());
  return source.pipe(whole);
}
