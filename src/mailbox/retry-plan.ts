import { ConfigError, LoginRefusedError, ServerBusyError, isRetryable } from "../domain/errors.ts";
import { type Backoff, backoffMs } from "../runtime/backoff.ts";

export interface RetryTiming {
  readonly backoff: Backoff;
  /** A connection must last this long before earlier failures are forgiven. */
  readonly stableAfterMs: number;
  /** Pauses after the first refused logins; the one after the last pause is final, unless a login has ever worked. */
  readonly refusedLoginPausesMs: readonly number[];
}

/** An account that has worked waits for a person, or the provider, and is asked rarely enough not to be locked. */
const HOLD: Backoff = { baseMs: 15 * 60_000, capMs: 6 * 3_600_000 };
/** Even where chance says "now". */
const MIN_RETRY_MS = 100;
/** A server that wants to be left alone for longer is asked again after this all the same. */
const MAX_OBEYED_MS = 3_600_000;

/** When to connect again, from what has happened on the connections before. */
export class RetryPlan {
  readonly #timing: RetryTiming;
  readonly #random: () => number;
  #failures = 0;
  #refusals = 0;
  #hasWorked = false;

  constructor(timing: RetryTiming, random: () => number) {
    this.#timing = timing;
    this.#random = random;
  }

  loggedIn(): void {
    this.#refusals = 0;
    this.#hasWorked = true;
  }

  /** How long to wait after a connection that ended with `error`; throws what no wait can mend. */
  delayAfter(error: unknown, lastedMs: number): number {
    if (lastedMs >= this.#timing.stableAfterMs) this.#failures = 0;
    if (error instanceof LoginRefusedError) return this.#afterRefusal(error);
    // A password file that is being rewritten, or a password manager that is locked: what has worked may work again.
    if (!isRetryable(error) && !(error instanceof ConfigError && this.#hasWorked)) throw error;
    const delayMs = Math.max(MIN_RETRY_MS, backoffMs(this.#failures++, this.#random, this.#timing.backoff));
    const wishMs = error instanceof ServerBusyError ? (error.retryAfterMs ?? 0) : 0;
    return Math.max(delayMs, Math.min(wishMs, MAX_OBEYED_MS));
  }

  #afterRefusal(error: LoginRefusedError): number {
    const pauses = this.#timing.refusedLoginPausesMs;
    const pauseMs = pauses[this.#refusals++];
    if (pauseMs !== undefined) return pauseMs;
    if (!this.#hasWorked) throw error;
    return HOLD.baseMs / 2 + backoffMs(this.#refusals - pauses.length - 1, this.#random, HOLD);
  }
}
