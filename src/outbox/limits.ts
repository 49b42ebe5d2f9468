import type { Backoff } from "../runtime/backoff.ts";
import type { SchedulePolicy } from "./schedule.ts";

export interface OutboxLimits {
  readonly giveUpAfterHours: number;
  readonly onUnknown: "retry" | "hold";
  /** Mails on their way at once. */
  readonly maxSending: number;
  /** Mails not yet sent, retrying ones with them; more are refused. */
  readonly maxUnsent: number;
  readonly maxUnsentBytes: number;
  /** Receipts kept to answer a repeated key with. */
  readonly maxRemembered: number;
  readonly retry: Backoff;
  /** The least wait for what may have been delivered. */
  readonly unknownRetryMs: number;
}

export const DEFAULT_OUTBOX_LIMITS: OutboxLimits = {
  giveUpAfterHours: 24,
  onUnknown: "retry",
  maxSending: 5,
  maxUnsent: 1_000,
  maxUnsentBytes: 64 * 1024 * 1024,
  maxRemembered: 10_000,
  // A dropped connection mends in seconds, a grey list in minutes; more than four tries an hour annoy the server.
  retry: { baseMs: 5_000, capMs: 15 * 60_000 },
  // The receiver's own check for duplicates needs a moment, and the first copy may still be in its queue.
  unknownRetryMs: 5 * 60_000,
};

export function policyOf({ giveUpAfterHours, onUnknown, retry, unknownRetryMs }: OutboxLimits): SchedulePolicy {
  return { giveUpAfterMs: giveUpAfterHours * 3_600_000, onUnknown, retry, unknownRetryMs };
}
