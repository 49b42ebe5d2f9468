import type { Duplex } from "node:stream";

const CR_LF = Buffer.from("\r\n");

/** Reads one socket as lines and counted bytes, in turn. One reader, one waiting read. */
export class ByteReader {
  #chunks: Buffer[] = [];
  #length = 0;
  #ended = false;
  #wake: (() => void) | undefined;
  readonly #socket: Duplex;

  constructor(socket: Duplex) {
    this.#socket = socket;
    socket.on("data", this.#onData);
    socket.once("end", this.#onEnd);
    socket.once("close", this.#onEnd);
  }

  /** The next line without its CRLF, or undefined at the end of the stream or beyond `maxBytes`. */
  async line(maxBytes: number): Promise<string | undefined> {
    for (;;) {
      const buffered = this.#joined();
      const end = buffered.indexOf(CR_LF);
      if (end >= 0) {
        this.#keep(buffered.subarray(end + CR_LF.length));
        return buffered.toString("latin1", 0, end);
      }
      if (this.#ended || this.#length > maxBytes) return undefined;
      await this.#more();
    }
  }

  /** Exactly `size` bytes, or undefined when the stream ends first. */
  async bytes(size: number): Promise<Buffer | undefined> {
    while (this.#length < size) {
      if (this.#ended) return undefined;
      await this.#more();
    }
    const buffered = this.#joined();
    this.#keep(buffered.subarray(size));
    return buffered.subarray(0, size);
  }

  /** Lets go of the socket (STARTTLS). What it has buffered is lost with it: it came in clear, from anybody. */
  release(): void {
    this.#socket.off("data", this.#onData);
    this.#socket.off("end", this.#onEnd);
    this.#socket.off("close", this.#onEnd);
    this.#socket.pause();
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    this.#notify();
  };

  readonly #onEnd = (): void => {
    this.#ended = true;
    this.#notify();
  };

  #notify(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  async #more(): Promise<void> {
    await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  #joined(): Buffer {
    const [only] = this.#chunks;
    if (this.#chunks.length === 1 && only) return only;
    const joined = Buffer.concat(this.#chunks);
    this.#chunks = [joined];
    return joined;
  }

  #keep(rest: Buffer): void {
    this.#chunks = rest.length > 0 ? [rest] : [];
    this.#length = rest.length;
  }
}
