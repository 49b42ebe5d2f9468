import { setTimeout as timer } from "node:timers/promises";

export interface Clock {
  /** Milliseconds since the Unix epoch: for dates that people see. */
  now(): number;
  /** Milliseconds that never jump: for every interval. */
  monotonic(): number;
  /** Waits `ms`, or less if `signal` aborts. Never rejects: the caller says what a stop means. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  async sleep(ms, signal) {
    if (signal?.aborted) return;
    await timer(ms, undefined, signal ? { signal } : {}).catch((error: unknown) => {
      if (!signal?.aborted) throw error;
    });
  },
};

/** What the promise gives, or undefined when it takes longer than `ms`; no timer is left behind. */
export async function within<T>(clock: Clock, ms: number, promise: Promise<T>): Promise<T | undefined> {
  const done = new AbortController();
  try {
    return await Promise.race([promise, clock.sleep(ms, done.signal).then(() => undefined)]);
  } finally {
    done.abort();
  }
}
