/** A person may ask the same twice, and a bot answer the same; whoever does it a third time is not listening. */
const MAX_SAME = 2;

interface Run {
  readonly exchange: string;
  readonly sinceMs: number;
  count: number;
}

/**
 * Two programs that have nothing new to say: the same mail gets the same answer, several times in a row in one
 * conversation. Both sides must repeat themselves, so neither a person who writes "go on" nor a bot that says "done" is
 * taken for one.
 */
export class EchoWatch {
  readonly #windowMs: number;
  readonly #maxRuns: number;
  readonly #runs = new Map<string, Run>();

  constructor(windowMs: number, maxRuns: number) {
    this.#windowMs = windowMs;
    this.#maxRuns = maxRuns;
  }

  /** How long this exchange has to wait; 0: not at all. */
  waitMs(thread: string, exchange: string | undefined, now: number): number {
    const run = this.#runs.get(thread);
    if (!run || exchange !== run.exchange || run.count < MAX_SAME) return 0;
    return Math.max(0, run.sinceMs + this.#windowMs - now);
  }

  note(thread: string, exchange: string | undefined, now: number): void {
    if (exchange === undefined) return;
    const run = this.#runs.get(thread);
    const goesOn = run !== undefined && run.exchange === exchange && now - run.sinceMs < this.#windowMs;
    this.#runs.delete(thread);
    this.#runs.set(thread, goesOn ? { ...run, count: run.count + 1 } : { exchange, sinceMs: now, count: 1 });
    const [oldest] = this.#runs.keys();
    if (this.#runs.size > this.#maxRuns && oldest !== undefined) this.#runs.delete(oldest);
  }
}
