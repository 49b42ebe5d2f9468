import type { Clock } from "../runtime/clock.ts";

export interface LivenessOptions {
  readonly clock: Clock;
  /** Bytes read from the server so far. */
  readonly bytesRead: () => number;
  /** How long the server may be silent. */
  readonly silenceMs: () => number;
  readonly checkEveryMs: number;
  /** How long it may take to say something after we have slept, when all that was due by then has been asked at once. */
  readonly answerMs: number;
  readonly onDead: (silentForMs: number) => void;
  readonly signal: AbortSignal;
}

/** Tells since when the server is silent, and ends the connection when that is too long. */
export class Liveness {
  readonly #options: LivenessOptions;
  #bytes: number;
  #lastByteAt: number;
  #lookedAt: number;
  #suspectAtBytes = -1;

  constructor(options: LivenessOptions) {
    this.#options = options;
    this.#bytes = options.bytesRead();
    this.#lastByteAt = this.#lookedAt = options.clock.monotonic();
    void this.#watch();
  }

  get lastByteAt(): number {
    if (!this.#hasSlept) this.#look();
    return this.#lastByteAt;
  }

  /** The process stood still: a machine asleep, or a bot that computed for a minute. */
  get #hasSlept(): boolean {
    return this.#options.clock.monotonic() - this.#lookedAt > 2 * this.#options.checkEveryMs;
  }

  #look(): void {
    const bytes = this.#options.bytesRead();
    if (bytes === this.#bytes) return;
    this.#bytes = bytes;
    this.#lastByteAt = this.#options.clock.monotonic();
  }

  async #watch(): Promise<void> {
    const { clock, silenceMs, checkEveryMs, onDead, signal } = this.#options;
    while (!signal.aborted) {
      await clock.sleep(checkEveryMs, signal);
      if (this.#hasSlept) await this.#wake();
      else this.#look();
      this.#lookedAt = clock.monotonic();
      const silentForMs = this.#lookedAt - this.#lastByteAt;
      if (silentForMs <= silenceMs()) continue;
      // Our own process may have slept with the answer waiting in the socket: look once more before the sentence.
      if (this.#suspectAtBytes === this.#bytes) return onDead(silentForMs);
      this.#suspectAtBytes = this.#bytes;
    }
  }

  /** What is in the socket may have come just before we fell asleep, and the server, or the way to it, be gone since. */
  async #wake(): Promise<void> {
    const { clock, silenceMs, answerMs, bytesRead, signal } = this.#options;
    await clock.sleep(0, signal);
    this.#bytes = bytesRead();
    this.#lastByteAt = Math.max(this.#lastByteAt, clock.monotonic() - Math.max(0, silenceMs() - answerMs));
  }
}
