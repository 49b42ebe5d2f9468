import type { RejectedRecipient } from "../domain/message.ts";
import { type Moment, retryDelayMs, type SchedulePolicy, unknownDelayMs } from "./schedule.ts";

/**
 *     pending -> sending -> sent | failed
 *                  |  ^
 *                  v  | when due
 *               retrying | unknown (once, unless held)
 */
export type ItemState = (typeof ITEM_STATES)[number];

export const ITEM_STATES = ["pending", "sending", "retrying", "sent", "failed", "unknown"] as const;

/** One mail on its way. A value: every step makes the next one, and a store writes each of them down. */
export interface OutboxItem {
  readonly key: string;
  readonly messageId: string;
  readonly state: ItemState;
  readonly attempts: number;
  /** Times on one scale that never jumps. */
  readonly enqueuedAtMs: number;
  /** Undefined: never again by itself. */
  readonly nextAttemptAtMs: number | undefined;
  /** Who has neither got it nor been refused for good. */
  readonly recipients: readonly string[];
  readonly accepted: readonly string[];
  readonly rejected: readonly RejectedRecipient[];
  /** How often nobody could say whether it was delivered. */
  readonly unknowns: number;
  /** How far the last attempt had come: in `envelope` not a byte of the mail itself has been sent. */
  readonly phase: "envelope" | "body";
  readonly error: ItemError | undefined;
  /** Whose conversation it answers; undefined for a mail that nobody asked for. */
  readonly answers?: Conversation | undefined;
}

/** Who is answered, and in which conversation. */
export interface Conversation {
  readonly sender: string;
  readonly thread: string;
}

export interface ItemError {
  readonly code: string;
  readonly message: string;
}

/** How one attempt ended; `scope` and `hold` are about the account, see the gate. */
export type AttemptOutcome =
  | { readonly kind: "sent"; readonly accepted: readonly string[]; readonly rejected: readonly RejectedRecipient[] }
  | {
      readonly kind: "retry" | "failed" | "unknown";
      readonly code: string;
      readonly message: string;
      readonly rejected: readonly RejectedRecipient[];
      readonly retryAfterMs?: number | undefined;
      readonly scope: "mail" | "account";
      readonly hold?: boolean;
    };

export type NotSent = Exclude<AttemptOutcome, { kind: "sent" }>;

export function newItem(
  mail: { messageId: string; envelope: { to: readonly string[] }; answers?: Conversation | undefined },
  key: string,
  nowMs: number,
): OutboxItem {
  return {
    key,
    messageId: mail.messageId,
    state: "pending",
    attempts: 0,
    enqueuedAtMs: nowMs,
    nextAttemptAtMs: nowMs,
    recipients: mail.envelope.to,
    accepted: [],
    rejected: [],
    unknowns: 0,
    phase: "envelope",
    error: undefined,
    ...(mail.answers ? { answers: mail.answers } : {}),
  };
}

/** Before the side effect: whoever finds an item in this state after a crash knows that an attempt was made. */
export function claimed(item: OutboxItem): OutboxItem {
  return { ...item, state: "sending", phase: "envelope", attempts: item.attempts + 1 };
}

/** Before the mail itself is sent: whoever finds this after a crash cannot say whether it was delivered. */
export function inBody(item: OutboxItem): OutboxItem {
  return { ...item, phase: "body" };
}

/** Its maker made a mistake that showed only when it was to be sent. */
export function invalid(item: OutboxItem, { code, message }: ItemError): OutboxItem {
  return failed({ ...item, error: { code, message } });
}

/** A person has taken it out of the outbox. */
export function dropped(item: OutboxItem): OutboxItem {
  return failed({ ...item, error: { code: "DROPPED", message: "The mail was dropped from the outbox by a person." } });
}

/** What one attempt makes of an item (RFC 5321 section 4.2.1: 4yz is "try again", 5yz is "never"). */
export function afterOutcome(
  item: OutboxItem,
  outcome: AttemptOutcome,
  moment: Moment,
  policy: SchedulePolicy,
): OutboxItem {
  if (outcome.kind === "sent") return afterSent(item, outcome, moment, policy);
  const known = withRejections(item, outcome.rejected);
  const next = { ...known, error: { code: outcome.code, message: outcome.message } };
  if (outcome.kind === "failed") return failed(next);
  if (outcome.kind === "unknown") return afterUnknown(next, moment, policy);
  if (next.recipients.length === 0) return failed(next);
  // An account that waits for a person keeps its mail, however long that takes.
  if (!outcome.hold && isOverdue(next, moment.nowMs, policy)) return givenUp(next, policy);
  const delayMs =
    outcome.scope === "account"
      ? 0
      : Math.max(outcome.retryAfterMs ?? 0, retryDelayMs(item.attempts - 1, moment, policy));
  return { ...next, state: "retrying", nextAttemptAtMs: beforeTheEnd(next, moment.nowMs + delayMs, policy) };
}

function isOverdue(item: OutboxItem, nowMs: number, { giveUpAfterMs }: SchedulePolicy): boolean {
  return nowMs - item.enqueuedAtMs >= giveUpAfterMs;
}

function givenUp(item: OutboxItem, { giveUpAfterMs }: SchedulePolicy): OutboxItem {
  const last = item.error ? `; last: ${item.error.code} ${item.error.message}` : "";
  const hours = Math.round((giveUpAfterMs / 3_600_000) * 10) / 10;
  return failed({ ...item, error: { code: "GAVE_UP", message: `Not delivered within ${hours} hours${last}` } });
}

/** Whether it may still be sent. */
export function isOpen({ state, nextAttemptAtMs }: OutboxItem): boolean {
  return state === "pending" || state === "sending" || nextAttemptAtMs !== undefined;
}

function afterSent(
  item: OutboxItem,
  outcome: Extract<AttemptOutcome, { kind: "sent" }>,
  moment: Moment,
  policy: SchedulePolicy,
): OutboxItem {
  const before = item.rejected.filter(({ address }) => !outcome.accepted.includes(address));
  const known = withRejections({ ...item, rejected: before }, outcome.rejected);
  const waiting = outcome.rejected.filter(({ permanent }) => !permanent).map(({ address }) => address);
  const accepted = [...item.accepted, ...outcome.accepted];
  if (waiting.length === 0)
    return { ...known, accepted, state: "sent", recipients: [], nextAttemptAtMs: undefined, error: undefined };
  const delayMs = retryDelayMs(item.attempts - 1, moment, policy);
  const error = { code: "MAIL_DEFERRED", message: outcome.rejected.find(({ permanent }) => !permanent)?.reason ?? "" };
  return { ...known, accepted, state: "retrying", recipients: waiting, nextAttemptAtMs: moment.nowMs + delayMs, error };
}

/** Once more, with the same bytes: a receiver who has it already can tell by its Message-ID. */
function afterUnknown(item: OutboxItem, moment: Moment, policy: SchedulePolicy): OutboxItem {
  const again = policy.onUnknown === "retry" && item.unknowns === 0;
  const nextAttemptAtMs = again ? moment.nowMs + unknownDelayMs(moment, policy) : undefined;
  return { ...item, state: "unknown", unknowns: item.unknowns + 1, nextAttemptAtMs };
}

function failed(item: OutboxItem): OutboxItem {
  const told = new Set(item.rejected.filter(({ permanent }) => permanent).map(({ address }) => address));
  const rest = item.recipients.filter((address) => !told.has(address));
  const reason = item.error?.message ?? "";
  const rejected = [
    ...item.rejected.filter(({ address }) => !rest.includes(address)),
    ...rest.map((address) => ({ address, reason, permanent: true })),
  ];
  // Whoever had got it before keeps it: the mail as a whole was sent then.
  return {
    ...item,
    state: item.accepted.length > 0 ? "sent" : "failed",
    recipients: [],
    rejected,
    nextAttemptAtMs: undefined,
  };
}

/** The newest word about each recipient; whoever was refused for good is not tried again. */
function withRejections(item: OutboxItem, news: readonly RejectedRecipient[]): OutboxItem {
  const addresses = new Set(news.map(({ address }) => address));
  const gone = new Set(news.filter(({ permanent }) => permanent).map(({ address }) => address));
  return {
    ...item,
    rejected: [...item.rejected.filter(({ address }) => !addresses.has(address)), ...news],
    recipients: item.recipients.filter((address) => !gone.has(address)),
  };
}

/** One last attempt at the very end, rather than none after a long wait. */
function beforeTheEnd(item: OutboxItem, atMs: number, { giveUpAfterMs }: SchedulePolicy): number {
  return Math.min(atMs, item.enqueuedAtMs + giveUpAfterMs);
}
