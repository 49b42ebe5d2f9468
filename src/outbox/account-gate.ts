import type { AttemptOutcome, ItemError } from "./item.ts";
import { holdDelayMs, type Moment, retryDelayMs, type SchedulePolicy } from "./schedule.ts";

/** Whether mail of this account may be tried now. A server that throttles must not be asked once for every mail. */
export interface AccountGate {
  /** Failures of the account in a row; above 0 one mail at a time finds out whether it works again. */
  readonly failures: number;
  readonly closedUntilMs: number;
  /** Only a person, or a new token, mends this: no mail is given up meanwhile. */
  readonly hold: boolean;
  readonly reason: ItemError | undefined;
}

export const OPEN_GATE: AccountGate = { failures: 0, closedUntilMs: -Infinity, hold: false, reason: undefined };

export function gateAfter(
  gate: AccountGate,
  outcome: AttemptOutcome,
  moment: Moment,
  policy: SchedulePolicy,
): AccountGate {
  if (outcome.kind === "sent" || outcome.scope === "mail") return OPEN_GATE;
  const hold = outcome.hold === true;
  // Mails that were on their way at the same moment tell the same failure, not a further one.
  if (moment.nowMs < gate.closedUntilMs && (gate.hold || !hold)) return gate;
  const failures = hold === gate.hold ? gate.failures : 0;
  const delayMs = Math.max(
    outcome.retryAfterMs ?? 0,
    hold ? holdDelayMs(failures, moment) : retryDelayMs(failures, moment, policy),
  );
  return {
    failures: failures + 1,
    closedUntilMs: moment.nowMs + delayMs,
    hold,
    reason: { code: outcome.code, message: outcome.message },
  };
}

/** A person asks: one mail finds out now whether the account works again. */
export function askAgain(gate: AccountGate): AccountGate {
  return { ...gate, closedUntilMs: -Infinity };
}

/** How many mails may be on their way at once. */
export function gateWidth({ failures, closedUntilMs }: AccountGate, nowMs: number, maxSending: number): number {
  if (nowMs < closedUntilMs) return 0;
  return failures > 0 ? 1 : maxSending;
}
