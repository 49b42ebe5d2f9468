import type { LogFields, Logger } from "../../src/runtime/logger.ts";
import type { Submit } from "../../src/outbox/attempt.ts";
import type { AttemptOutcome } from "../../src/outbox/item.ts";
import type { OutboxStore } from "../../src/domain/store.ts";
import type { OutboxMail } from "../../src/outbox/entry.ts";
import type { OutboxLimits } from "../../src/outbox/limits.ts";
import type { Outbox } from "../../src/outbox/outbox.ts";
import { createOutbox } from "../../src/outbox/send-loop.ts";
import { createMemoryStore } from "../../src/store/memory-store.ts";
import { ManualClock } from "../fakes/manual-clock.ts";
import { asItIs, FakeStore, jsonContent } from "./fake-store.ts";

export const HOUR_MS = 3_600_000;
export const MINUTE_MS = 60_000;

/** An answer, an error to reject with, or a promise of either for an attempt that takes its time. */
export type Act =
  | AttemptOutcome
  | Error
  | Promise<AttemptOutcome>
  | ((signal: AbortSignal, beforeContent: () => Promise<void>) => Promise<AttemptOutcome>);

type NotSent = Exclude<AttemptOutcome, { kind: "sent" }>;

export const SENT = (...accepted: string[]): AttemptOutcome => ({ kind: "sent", accepted, rejected: [] });
export const DEFERRED: NotSent = {
  kind: "retry",
  code: "MAIL_DEFERRED",
  message: "450 4.2.1 <ann@ann.example> greylisted",
  rejected: [],
  scope: "mail",
};
export const REFUSED: NotSent = {
  kind: "failed",
  code: "MAIL_REFUSED",
  message: "550 5.1.1 no such user",
  rejected: [],
  scope: "mail",
};
export const UNKNOWN: NotSent = {
  kind: "unknown",
  code: "OUTCOME_UNKNOWN",
  message: "closed",
  rejected: [],
  scope: "mail",
};
export const BUSY: NotSent = {
  kind: "retry",
  code: "SERVER_BUSY",
  message: "421 4.7.0 slow down",
  rejected: [],
  scope: "account",
};
export const HELD: NotSent = {
  kind: "retry",
  code: "LOGIN_REFUSED",
  message: "535 5.7.8 no",
  rejected: [],
  scope: "account",
  hold: true,
  retryAfterMs: 15 * MINUTE_MS,
};

export interface Attempt {
  readonly atMs: number;
  readonly messageId: string;
  readonly to: readonly string[];
  readonly mail: OutboxMail;
}

export interface Scripted {
  readonly outbox: Outbox<OutboxMail>;
  readonly clock: ManualClock;
  readonly attempts: Attempt[];
  readonly logged: { level: string; message: string; fields: LogFields }[];
  /** Answers from now on. */
  readonly script: (...acts: Act[]) => void;
}

export interface ScriptedOptions {
  readonly limits?: Partial<OutboxLimits>;
  readonly random?: () => number;
  /** Default: a memory store. With a FakeStore the outbox is durable, and attempts stand in the store's journal. */
  readonly store?: OutboxStore;
  readonly clock?: ManualClock;
}

/**
 * An outbox whose server does as it is told, one act per attempt; after the last it takes everything. It is ready for the
 * mail itself where the act is an outcome of the body, and for a function where that says so.
 */
export function scripted(
  acts: Act[],
  { limits = {}, random = () => 1, store, clock = new ManualClock() }: ScriptedOptions = {},
): Scripted {
  const attempts: Attempt[] = [];
  const logged: Scripted["logged"] = [];
  const logger: Logger = { log: (level, message, fields = {}) => void logged.push({ level, message, fields }) };
  let rest = [...acts];
  const durable = store instanceof FakeStore;
  const journal = durable ? store.journal : [];
  const submit: Submit<OutboxMail> = async (mail, signal, beforeContent) => {
    journal.push(`try ${mail.messageId}`);
    attempts.push({ atMs: clock.monotonic(), messageId: mail.messageId, to: mail.envelope.to, mail });
    const act = rest.shift() ?? SENT(...mail.envelope.to);
    if (act instanceof Error) throw act;
    if (typeof act === "function") return await act(signal, beforeContent);
    const outcome = await act;
    if (outcome.kind === "retry" || outcome.kind === "failed") return outcome;
    return await beforeContent().then(
      () => (journal.push(`body ${mail.messageId}`), outcome),
      () => DEFERRED,
    );
  };
  const outbox = createOutbox({
    submit,
    store: store ?? createMemoryStore().account("bot").outbox,
    content: durable ? jsonContent : asItIs<OutboxMail>(),
    durable,
    clock,
    random,
    logger,
    limits,
  });
  return { outbox, clock, attempts, logged, script: (...next) => (rest = next) };
}

export function note(id: string, to: readonly string[] = ["ann@ann.example"]): OutboxMail {
  return {
    messageId: `<${id}@bot.example>`,
    envelope: { from: "bot@bot.example", to },
    text: `secret text of ${id}`,
    html: "",
    attachments: [],
  };
}
