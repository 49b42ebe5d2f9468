import { type Backoff, backoffMs } from "../runtime/backoff.ts";

/** When something happened, and the chance that spreads what follows from it. */
export interface Moment {
  readonly nowMs: number;
  readonly random: () => number;
}

type Chance = Pick<Moment, "random">;

export interface SchedulePolicy {
  readonly giveUpAfterMs: number;
  /** `hold`: what may have been delivered is never sent again by itself. */
  readonly onUnknown: "retry" | "hold";
  readonly retry: Backoff;
  readonly unknownRetryMs: number;
}

/** Even where chance says "now": the server has only just said no. */
const MIN_RETRY_MS = 1_000;

const UNKNOWN_SPREAD = 0.2;

/** A refused login tried often locks the account; once it is mended, six hours is the longest anybody waits. */
const HOLD: Backoff = { baseMs: 15 * 60_000, capMs: 6 * 3_600_000 };
const HOLD_SPREAD = 0.25;

export function retryDelayMs(failures: number, { random }: Chance, { retry }: SchedulePolicy): number {
  return Math.max(Math.min(MIN_RETRY_MS, retry.baseMs), backoffMs(failures, random, retry));
}

export function unknownDelayMs({ random }: Chance, { unknownRetryMs }: SchedulePolicy): number {
  return unknownRetryMs + Math.round(random() * UNKNOWN_SPREAD * unknownRetryMs);
}

export function holdDelayMs(failures: number, { random }: Chance): number {
  const fullMs = backoffMs(failures, () => 1, HOLD);
  return Math.round(fullMs * (1 + HOLD_SPREAD * random()));
}

/** No mail waits longer than this of its own accord, whatever a clock said when its next attempt was written down. */
export function longestWaitMs(policy: SchedulePolicy): number {
  return Math.max(policy.retry.capMs, unknownDelayMs({ random: () => 1 }, policy));
}
