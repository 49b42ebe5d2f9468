import type { Clock } from "../runtime/clock.ts";

/** A server that trickles is never silent. The slowest honest answer is 4 MB over a bad line. */
const COMMAND_LIMIT_MS = 10 * 60_000;

/** Commands that the server owes an answer to. */
export class OpenCommands {
  /** Since the start, answered ones too. */
  sent = 0;
  open = 0;
  readonly #clock: Clock;
  readonly #onEndless: () => void;
  readonly #limitMs: number;

  constructor(clock: Clock, onEndless: () => void, limitMs: number = COMMAND_LIMIT_MS) {
    this.#clock = clock;
    this.#onEndless = onEndless;
    this.#limitMs = limitMs;
  }

  /** Disposed when the answer has come. */
  begin(): Disposable {
    const answered = new AbortController();
    this.sent++;
    this.open++;
    void this.#clock.sleep(this.#limitMs, answered.signal).then(() => {
      if (!answered.signal.aborted) this.#onEndless();
    });
    return {
      [Symbol.dispose]: () => {
        this.open--;
        answered.abort();
      },
    };
  }
}
