/** One signal that aborts with the first of several, and lets go of them when its scope ends. */
export interface LinkedSignal extends Disposable {
  readonly signal: AbortSignal;
  readonly abort: () => void;
}

/** AbortSignal.any without its hold on long-lived signals: a loop links thousands of times to the same one. */
export function linkSignals(...signals: readonly AbortSignal[]): LinkedSignal {
  const controller = new AbortController();
  // A reason of our own: the default one costs a stack trace each time.
  const abort = () => controller.abort(STOPPED);
  for (const signal of signals) {
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
  }
  return {
    signal: controller.signal,
    abort,
    [Symbol.dispose]() {
      for (const signal of signals) signal.removeEventListener("abort", abort);
    },
  };
}

const STOPPED = "stopped";

/** Resolves when the signal aborts. Never rejects. */
export async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

/** Something that can be waited for again and again; a ring while nobody listens is heard by the next who does. */
export class Bell {
  readonly #listeners = new Set<() => void>();
  #rung = false;

  ring(): void {
    this.#rung = this.#listeners.size === 0;
    for (const listener of this.#listeners) listener();
  }

  /** Calls `listener` at every ring, and at once for one that nobody heard, until it is disposed. */
  listen(listener: () => void): Disposable {
    this.#listeners.add(listener);
    if (this.#rung) {
      this.#rung = false;
      listener();
    }
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** Resolves at the next ring or the abort. Never rejects. */
  async wait(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    await new Promise<void>((resolve) => {
      const wake = () => {
        signal.removeEventListener("abort", wake);
        this.#listeners.delete(wake);
        resolve();
      };
      signal.addEventListener("abort", wake, { once: true });
      this.#listeners.add(wake);
      if (this.#rung) {
        this.#rung = false;
        wake();
      }
    });
  }
}
