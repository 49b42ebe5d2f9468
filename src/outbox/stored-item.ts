import type { StoredSend } from "../domain/store.ts";
import type { Clock } from "../runtime/clock.ts";
import { dropped, isOpen, ITEM_STATES, type OutboxItem } from "./item.ts";

type Details = Pick<OutboxItem, "recipients" | "accepted" | "rejected" | "unknowns" | "phase" | "error" | "answers">;

/*
 * The border between two clocks: what outlives the process is told in dates, what happens in it in times that never
 * jump. When the date is set, the next write tells the same time in the new one.
 */

export function toStored(item: OutboxItem, clock: Clock): StoredSend {
  const { key, messageId, state, attempts, enqueuedAtMs, nextAttemptAtMs, ...details } = item;
  const offsetMs = clock.now() - clock.monotonic();
  return {
    key,
    messageId,
    state,
    isOpen: isOpen(item),
    attempts,
    enqueuedAt: Math.round(enqueuedAtMs + offsetMs),
    nextAttemptAt: nextAttemptAtMs === undefined ? undefined : Math.round(nextAttemptAtMs + offsetMs),
    details: details satisfies Details,
  };
}

export function fromStored(send: StoredSend, clock: Clock): OutboxItem {
  const { key, messageId, attempts, enqueuedAt, nextAttemptAt } = send;
  const offsetMs = clock.now() - clock.monotonic();
  const state = ITEM_STATES.find((known) => known === send.state);
  const item: OutboxItem = {
    ...(send.details as Details),
    key,
    messageId,
    state: state ?? "retrying",
    attempts,
    enqueuedAtMs: enqueuedAt - offsetMs,
    nextAttemptAtMs: send.isOpen ? (nextAttemptAt ?? enqueuedAt) - offsetMs : undefined,
  };
  // The one state that is not the outbox's own: a person took it out.
  return state === undefined && !send.isOpen ? dropped(item) : item;
}
