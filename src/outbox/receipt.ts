import type { SendReceipt } from "../domain/message.ts";
import type { AccountGate } from "./account-gate.ts";
import { isOpen, type OutboxItem } from "./item.ts";

/** What the caller is told about an item as it stands. */
export function receiptOf(item: OutboxItem, gate: AccountGate, nowMs: number): SendReceipt {
  const { messageId, state } = item;
  const about = { messageId, accepted: [...item.accepted], rejected: item.rejected.map((one) => ({ ...one })) };
  const known = item.error ?? (state === "pending" ? gate.reason : undefined);
  const error = known ? { error: { ...known } } : {};
  if (state === "sent") return { ...about, status: "sent" };
  if (state === "failed") return { ...about, status: "failed", retryable: false, ...error };
  // Nobody knows, and nobody tries again: it stays in the outbox until a person decides.
  if (!isOpen(item)) return { ...about, status: "queued", retryable: false, ...error };
  const dueMs = Math.max(item.nextAttemptAtMs ?? nowMs, gate.closedUntilMs);
  const retry = { retryable: true, retryAfterMs: Math.max(0, Math.round(dueMs - nowMs)), ...error };
  return { ...about, status: item.accepted.length > 0 ? "sent" : "queued", ...retry };
}

/** For a mail that is not yet sent when the outbox ends, and that the next start will send. */
export function keptReceipt(item: OutboxItem): SendReceipt {
  const { messageId, accepted } = item;
  return {
    messageId,
    status: accepted.length > 0 ? "sent" : "queued",
    accepted: [...accepted],
    rejected: item.rejected.map((one) => ({ ...one })),
    retryable: true,
    error: item.error
      ? { ...item.error }
      : { code: "CLOSED", message: "The channel was closed before the mail was sent; the next start sends it." },
  };
}

/** For a mail that nothing will try again, because the outbox ends before it was sent. */
export function unsentReceipt(item: OutboxItem): SendReceipt {
  const maybe = item.unknowns > 0 ? " It may have been delivered." : "";
  return {
    messageId: item.messageId,
    status: "failed",
    accepted: [...item.accepted],
    rejected: item.rejected.map((one) => ({ ...one })),
    retryable: true,
    error: {
      code: item.unknowns > 0 ? "OUTCOME_UNKNOWN" : "CLOSED",
      message: `The channel was closed before the mail was sent.${maybe}`,
    },
  };
}
