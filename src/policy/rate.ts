import type { Clock } from "../runtime/clock.ts";

export interface RateLimits {
  readonly repliesPerSenderPerHour: number;
  readonly repliesPerHour: number;
}

const HOUR_MS = 3_600_000;
/** A limit for the account as a whole closes before this many people have been answered in an hour. */
const MAX_SENDERS = 10_000;

/** A circuit breaker against loops: how many answers have gone out within the last hour. */
export class RateGuard {
  readonly #limits: RateLimits;
  readonly #clock: Clock;
  readonly #bySender = new Map<string, number[]>();
  #all: number[] = [];

  constructor(limits: RateLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** Counts one answer to `sender`; undefined when it may go, else how long until the next one may. */
  admit(sender: string): { readonly scope: "sender" | "account"; readonly retryAfterMs: number } | undefined {
    const now = this.#clock.monotonic();
    this.#all = recent(this.#all, now);
    const own = recent(this.#bySender.get(sender) ?? [], now);
    if (own.length >= this.#limits.repliesPerSenderPerHour) return { scope: "sender", retryAfterMs: wait(own, now) };
    if (this.#all.length >= this.#limits.repliesPerHour)
      return { scope: "account", retryAfterMs: wait(this.#all, now) };
    own.push(now);
    this.#all.push(now);
    this.#bySender.delete(sender);
    this.#bySender.set(sender, own);
    const [oldest] = this.#bySender.keys();
    if (this.#bySender.size > MAX_SENDERS && oldest !== undefined) this.#bySender.delete(oldest);
    return undefined;
  }
}

function recent(times: readonly number[], now: number): number[] {
  return times.filter((time) => now - time < HOUR_MS);
}

function wait(times: readonly number[], now: number): number {
  return Math.max(0, HOUR_MS - (now - (times[0] ?? now)));
}
