/** Written at once; below it an attachment stays in memory until it is complete. */
const BLOCK_BYTES = 256 * 1024;

/** Kept for the next attachments: as many as are made durable at the same time in a mail or two. */
const MAX_SPARE = 16;
const spare: Buffer[] = [];

/**
 * Bytes on their way to a file, in memory that is used again: fresh memory for each piece of each attachment would have
 * the collector look through everything every few dozen mails.
 */
export class WriteBlock {
  #block: Buffer | undefined;
  #bytes = 0;

  get isFull(): boolean {
    return this.#bytes === BLOCK_BYTES;
  }

  /** Until the next `fill`, `empty` or `giveBack`. */
  get filled(): Buffer {
    return this.#block?.subarray(0, this.#bytes) ?? Buffer.alloc(0);
  }

  /** Copies what there is room for; gives what there was none for. */
  fill(chunk: Buffer): Buffer {
    this.#block ??= spare.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES);
    const copied = chunk.copy(this.#block, this.#bytes);
    this.#bytes += copied;
    return chunk.subarray(copied);
  }

  empty(): void {
    this.#bytes = 0;
  }

  /** For others. Only when no write of it is under way. */
  giveBack(): void {
    if (this.#block && spare.length < MAX_SPARE) spare.push(this.#block);
    this.#block = undefined;
    this.#bytes = 0;
  }
}
