import type { OutboxItem } from "./item.ts";
import { longestWaitMs, type Moment, type SchedulePolicy, unknownDelayMs } from "./schedule.ts";

/** A mail that is on its way at every crash may be what crashes the process, and each time it may have been delivered. */
const MAX_ATTEMPTS_WITH_CRASHES = 5;

/** What a restart makes of an item as the process before left it. */
export function recovered(item: OutboxItem, moment: Moment, policy: SchedulePolicy): OutboxItem {
  const known = withinReach(item, moment.nowMs, policy);
  if (item.state !== "sending") return known;
  // Not a byte of the mail had been sent: nobody can have it.
  if (item.phase === "envelope") return { ...known, state: "retrying", nextAttemptAtMs: moment.nowMs };
  const again = policy.onUnknown === "retry" && item.attempts < MAX_ATTEMPTS_WITH_CRASHES;
  return {
    ...known,
    state: "unknown",
    unknowns: item.unknowns + 1,
    nextAttemptAtMs: again ? moment.nowMs + unknownDelayMs(moment, policy) : undefined,
    error: {
      code: "OUTCOME_UNKNOWN",
      message: "The process ended while the mail was being sent. It may have been delivered.",
    },
  };
}

/** A person wants it tried again: whoever has not got it, now, and with as much time as a new mail has. */
export function revived(item: OutboxItem, to: readonly string[], nowMs: number): OutboxItem {
  const recipients = to.filter((address) => !item.accepted.includes(address));
  const anew = { ...item, recipients, rejected: [], unknowns: 0, error: undefined, enqueuedAtMs: nowMs };
  if (recipients.length === 0) return { ...anew, state: "sent", nextAttemptAtMs: undefined };
  return { ...anew, state: item.attempts > 0 ? "retrying" : "pending", nextAttemptAtMs: nowMs };
}

/** A clock that has been set meanwhile neither puts a mail off for days nor makes it younger than it can be. */
function withinReach(item: OutboxItem, nowMs: number, policy: SchedulePolicy): OutboxItem {
  const { enqueuedAtMs, nextAttemptAtMs } = item;
  return {
    ...item,
    enqueuedAtMs: Math.min(enqueuedAtMs, nowMs),
    nextAttemptAtMs:
      nextAttemptAtMs === undefined ? undefined : Math.min(nextAttemptAtMs, nowMs + longestWaitMs(policy)),
  };
}
