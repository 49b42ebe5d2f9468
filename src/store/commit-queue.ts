import type { Durability } from "./sqlite-connection.ts";

interface Call {
  readonly durability: Durability;
  readonly work: () => unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

export type Transaction = (durability: Durability, work: () => void) => void;

/** An fsync takes a third of a millisecond: one in three milliseconds leaves time for the work itself. */
const GATHER_MS = 3;
/** So many calls are one transaction at most: it holds up the process for about two milliseconds. */
const MAX_CALLS = 128;

/** Calls of the same moment share one transaction, and with it the wait for the disk. They take effect in their order. */
export class CommitQueue {
  readonly #transaction: Transaction;
  #calls: Call[] = [];
  #committedAt = 0;
  #scheduled: { cancel(): void } | undefined;

  constructor(transaction: Transaction) {
    this.#transaction = transaction;
  }

  /** `work` may run twice, with all it did the first time undone. */
  add<T>(durability: Durability, work: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#calls.push({ durability, work, resolve: resolve as (value: unknown) => void, reject });
      if (this.#calls.length >= MAX_CALLS) this.flush();
      else this.#scheduled ??= this.#schedule();
    });
  }

  /** Writes now what has been gathered. */
  flush(): void {
    this.#scheduled?.cancel();
    this.#scheduled = undefined;
    const calls = this.#calls;
    if (calls.length === 0) return;
    this.#calls = [];
    this.#commit(calls);
    this.#committedAt = performance.now();
  }

  /** A lone call is written at the end of this turn; under load calls wait for company. */
  #schedule(): { cancel(): void } {
    const waitMs = this.#committedAt + GATHER_MS - performance.now();
    if (waitMs <= 0) {
      const turn = setImmediate(() => this.flush());
      return { cancel: () => clearImmediate(turn) };
    }
    const timer = setTimeout(() => this.flush(), Math.ceil(waitMs));
    return { cancel: () => clearTimeout(timer) };
  }

  #commit(calls: readonly Call[]): void {
    const results: unknown[] = [];
    let hasBegun = false;
    const durability = calls.some((call) => call.durability === "full") ? "full" : "normal";
    try {
      this.#transaction(durability, () => {
        hasBegun = true;
        for (const { work } of calls) results.push(work());
      });
    } catch (error) {
      // No call's own fault when not even a transaction could begin.
      if (calls.length === 1 || !hasBegun) for (const { reject } of calls) reject(error);
      // One call must not spoil the others: each for itself.
      else for (const call of calls) this.#commit([call]);
      return;
    }
    calls.forEach(({ resolve }, index) => resolve(results[index]));
  }
}
