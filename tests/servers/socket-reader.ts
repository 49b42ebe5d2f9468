import type { Socket } from "node:net";

/** Reads lines and counted bytes from a socket, in the order they came. */
export class SocketReader {
  /** `performance.now()` of the last bytes that came. */
  lastByteAt = 0;
  readonly #socket: Socket;
  #chunks: Buffer[] = [];
  #ended = false;
  #wake: (() => void) | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", this.#onData);
    for (const event of ["end", "error", "close"]) socket.on(event, this.#onEnd);
  }

  readonly #onData = (chunk: Buffer): void => {
    this.lastByteAt = performance.now();
    this.#chunks.push(chunk);
    this.#wake?.();
  };

  readonly #onEnd = (): void => {
    this.#ended = true;
    this.#wake?.();
  };

  /** Lets go of the socket and hands over what was read too far, for a change to TLS. */
  detach(): Buffer {
    this.#socket.off("data", this.#onData);
    for (const event of ["end", "error", "close"]) this.#socket.off(event, this.#onEnd);
    const rest = Buffer.concat(this.#chunks);
    this.#chunks = [];
    return rest;
  }

  /** The next line without its end; undefined once the peer has closed. */
  async line(): Promise<Buffer | undefined> {
    // Only new bytes are searched: one answer line may have half a megabyte.
    let searched = 0;
    for (;;) {
      for (; searched < this.#chunks.length; searched++) {
        const at = this.#chunks[searched]?.indexOf(0x0a) ?? -1;
        if (at >= 0) return trimCr(this.#take(lengthOf(this.#chunks.slice(0, searched)) + at + 1));
      }
      if (this.#ended) return undefined;
      await this.#more();
    }
  }

  /** Exactly so many bytes; undefined if the peer closes before. */
  async bytes(count: number): Promise<Buffer | undefined> {
    while (lengthOf(this.#chunks) < count) {
      if (this.#ended) return undefined;
      await this.#more();
    }
    return this.#take(count);
  }

  #take(count: number): Buffer {
    const all =
      this.#chunks.length === 1 && this.#chunks[0] !== undefined ? this.#chunks[0] : Buffer.concat(this.#chunks);
    this.#chunks = count < all.length ? [all.subarray(count)] : [];
    return all.subarray(0, count);
  }

  async #more(): Promise<void> {
    await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#wake = undefined;
  }
}

function lengthOf(chunks: readonly Buffer[]): number {
  return chunks.reduce((sum, chunk) => sum + chunk.length, 0);
}

function trimCr(line: Buffer): Buffer {
  const end = line.length - 1;
  return line.subarray(0, line[end - 1] === 0x0d ? end - 1 : end);
}
