import type { Clock } from "../runtime/clock.ts";

export interface LivenessOptions {
  readonly clock: Clock;
  /** Bytes read from the server so far. */
  readonly bytesRead: () => number;
  /** How long the server may be silent. */
  readonly silenceMs: () => number;
  readonly checkEveryMs: number;
  readonly onDead: (silentForMs: number) => void;
  readonly signal: AbortSignal;
}

/** Tells since when the server is silent, and ends the connection when that is too long. */
export class Liveness {
  readonly #options: LivenessOptions;
  #bytes: number;
  #lastByteAt: number;
  #suspectAtBytes = -1;

  constructor(options: LivenessOptions) {
    this.#options = options;
    this.#bytes = options.bytesRead();
    this.#lastByteAt = options.clock.monotonic();
    void this.#watch();
  }

  get lastByteAt(): number {
    this.#look();
    return this.#lastByteAt;
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
      this.#look();
      const silentForMs = clock.monotonic() - this.#lastByteAt;
      if (silentForMs <= silenceMs()) continue;
      // Our own process may have slept with the answer waiting in the socket: look once more before the sentence.
      if (this.#suspectAtBytes === this.#bytes) return onDead(silentForMs);
      this.#suspectAtBytes = this.#bytes;
    }
  }
}
