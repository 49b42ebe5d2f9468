import { type Backoff, backoffMs } from "../runtime/backoff.ts";

/** When something happened, and the chance that spreads what follows from it. */
export interface Moment {
  readonly nowMs: number;
  readonly random: () => number;
}

export interface SchedulePolicy {
  readonly giveUpAfterMs: number;
  /** `hold`: what may have been delivered is never sent again by itself. */
  readonly onUnknown: "retry" | "hold";
}

/** A dropped connection mends in seconds, a grey list in minutes; more than four tries an hour annoy the server. */
const RETRY: Backoff = { baseMs: 5_000, capMs: 15 * 60_000 };

/** Even where chance says "now": the server has only just said no. */
const MIN_RETRY_MS = 1_000;

/** The receiver's own check for duplicates needs a moment, and the first copy may still be in its queue. */
const UNKNOWN_RETRY_MS = 5 * 60_000;
const UNKNOWN_SPREAD_MS = 60_000;

/** A refused login tried often locks the account; once it is mended, six hours is the longest anybody waits. */
const HOLD: Backoff = { baseMs: 15 * 60_000, capMs: 6 * 3_600_000 };
const HOLD_SPREAD = 0.25;

export function retryDelayMs(failures: number, { random }: Pick<Moment, "random">): number {
  return Math.max(MIN_RETRY_MS, backoffMs(failures, random, RETRY));
}

export function unknownDelayMs({ random }: Pick<Moment, "random">): number {
  return UNKNOWN_RETRY_MS + Math.round(random() * UNKNOWN_SPREAD_MS);
}

export function holdDelayMs(failures: number, { random }: Pick<Moment, "random">): number {
  const fullMs = backoffMs(failures, () => 1, HOLD);
  return Math.round(fullMs * (1 + HOLD_SPREAD * random()));
}
