import type { Clock } from "../../src/runtime/clock.ts";

export interface ManualClockOptions {
  /** True: every sleep is over at once, time moves by what was slept. False: time moves by `advance` only. */
  readonly auto?: boolean;
  readonly startMs?: number;
}

/** Some fixed Monday, so that dates in failures are readable. */
const START_MS = Date.UTC(2026, 0, 5, 9, 0, 0);

interface Sleeper {
  readonly dueMs: number;
  readonly wake: () => void;
}

/** Time as a parameter: a day of retries takes milliseconds. */
export class ManualClock implements Clock {
  /** What every sleep asked for, in order, aborted ones too. */
  readonly slept: number[] = [];
  readonly #auto: boolean;
  readonly #sleepers = new Set<Sleeper>();
  #nowMs: number;
  #elapsedMs = 0;

  constructor({ auto = false, startMs = START_MS }: ManualClockOptions = {}) {
    this.#auto = auto;
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  monotonic(): number {
    return this.#elapsedMs;
  }

  /** How many waits are going on: zero after a clean stop. */
  get sleeping(): number {
    return this.#sleepers.size;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return;
    this.slept.push(ms);
    if (this.#auto) {
      this.advance(ms);
      // A turn of the event loop, so that a loop which sleeps for ever can still be stopped.
      await turn();
      return;
    }
    await new Promise<void>((resolve) => {
      const wake = () => {
        this.#sleepers.delete(sleeper);
        signal?.removeEventListener("abort", wake);
        resolve();
      };
      const sleeper = { dueMs: this.#elapsedMs + ms, wake };
      this.#sleepers.add(sleeper);
      signal?.addEventListener("abort", wake, { once: true });
    });
  }

  /** Moves time and ends the sleeps that are over by then, the earliest first. */
  advance(ms: number): void {
    this.#elapsedMs += ms;
    this.#nowMs += ms;
    for (const sleeper of this.#due()) sleeper.wake();
  }

  /** Moves time step by step, so that whoever wakes and sleeps again does so at the right moment. */
  async run(ms: number): Promise<void> {
    const endMs = this.#elapsedMs + ms;
    for (;;) {
      await settled();
      const [next] = [...this.#sleepers].toSorted(byDue);
      if (!next || next.dueMs > endMs) break;
      this.advance(Math.max(0, next.dueMs - this.#elapsedMs));
    }
    this.advance(endMs - this.#elapsedMs);
    await settled();
  }

  /** The wall clock is set; intervals must not notice. */
  jump(ms: number): void {
    this.#nowMs += ms;
  }

  #due(): Sleeper[] {
    return [...this.#sleepers].filter(({ dueMs }) => dueMs <= this.#elapsedMs).toSorted(byDue);
  }
}

function byDue(a: Sleeper, b: Sleeper): number {
  return a.dueMs - b.dueMs;
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Lets everything that is ready run: promise chains, and work that takes a few turns of the event loop. */
async function settled(): Promise<void> {
  for (let turns = 0; turns < 3; turns++) await turn();
}
