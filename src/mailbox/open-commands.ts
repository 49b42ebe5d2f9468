/** A server that trickles is never silent. The slowest honest answer is 4 MB over a bad line. */
const COMMAND_LIMIT_MS = 10 * 60_000;

/**
 * What the server owes an answer to. The limit is measured in real time, like the library's own limits on the network: a
 * clock that is moved by hand must not end a connection.
 */
export class OpenCommands {
  /** Since the start, answered ones too. */
  sent = 0;
  open = 0;
  readonly #onEndless: () => void;
  readonly #limitMs: number;

  constructor(onEndless: () => void, limitMs: number = COMMAND_LIMIT_MS) {
    this.#onEndless = onEndless;
    this.#limitMs = limitMs;
  }

  /** Disposed when the answer has come. */
  begin(): Disposable {
    this.sent++;
    this.open++;
    const timer = setTimeout(this.#onEndless, this.#limitMs).unref();
    return {
      [Symbol.dispose]: () => {
        this.open--;
        clearTimeout(timer);
      },
    };
  }
}
