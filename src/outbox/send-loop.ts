import { ClosedError, errorText, InvalidMessageError, StorageError } from "../domain/errors.ts";
import type { SendReceipt } from "../domain/message.ts";
import { type Clock, within } from "../runtime/clock.ts";
import type { Logger } from "../runtime/logger.ts";
import { type AccountGate, gateAfter, gateWidth, OPEN_GATE } from "./account-gate.ts";
import { afterOutcome, type AttemptOutcome, claimed, isOpen, newItem } from "./item.ts";
import { type Entry, Ledger, type OutboxMail, type OutboxStatus } from "./ledger.ts";
import { receiptOf, unsentReceipt } from "./receipt.ts";
import { reportAttempt, reportUnsent } from "./report.ts";
import type { SchedulePolicy } from "./schedule.ts";

export interface OutboxOptions<M extends OutboxMail> {
  /** One attempt. Rejects only with InvalidMessageError, and only before anything was sent. */
  readonly submit: (mail: M, signal: AbortSignal) => Promise<AttemptOutcome>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly limits?: Partial<OutboxLimits>;
}

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
}

export const DEFAULT_OUTBOX_LIMITS: OutboxLimits = {
  giveUpAfterHours: 24,
  onUnknown: "retry",
  maxSending: 5,
  maxUnsent: 1_000,
  maxUnsentBytes: 64 * 1024 * 1024,
  maxRemembered: 10_000,
};

export interface Outbox<M extends OutboxMail> extends AsyncDisposable {
  /**
   * Resolves when the first attempt has ended, or at once while the account is paused. The same key again gives the first
   * receipt as `duplicate`. @throws InvalidMessageError, StorageError (full), ClosedError
   */
  enqueue(mail: M, key: string): Promise<SendReceipt>;
  /** Whether this key would be a duplicate. */
  has(key: string): boolean;
  /** Waits until nothing is on its way, `ms` at most. Retries that are due later are not waited for. */
  drain(ms: number): Promise<{ unsent: number }>;
  status(): OutboxStatus;
}

/** Attempts end within moments of being told to; this is for one that does not. */
const GOODBYE_MS = 5_000;

export function createOutbox<M extends OutboxMail>(options: OutboxOptions<M>): Outbox<M> {
  return new MemoryOutbox(options);
}

class MemoryOutbox<M extends OutboxMail> implements Outbox<M> {
  readonly #options: OutboxOptions<M>;
  readonly #limits: OutboxLimits;
  readonly #policy: SchedulePolicy;
  readonly #ledger: Ledger<M>;
  readonly #attempts = new Set<Promise<void>>();
  readonly #drains = new Set<AbortController>();
  readonly #stopping = new AbortController();
  #gate: AccountGate = OPEN_GATE;
  #timer: { readonly atMs: number; readonly stop: AbortController } | undefined;

  constructor(options: OutboxOptions<M>) {
    this.#options = options;
    this.#limits = { ...DEFAULT_OUTBOX_LIMITS, ...options.limits };
    this.#policy = { giveUpAfterMs: this.#limits.giveUpAfterHours * 3_600_000, onUnknown: this.#limits.onUnknown };
    this.#ledger = new Ledger(this.#limits);
  }

  async enqueue(mail: M, key: string): Promise<SendReceipt> {
    if (this.#stopping.signal.aborted) throw new ClosedError("The outbox is closed.");
    const known = this.#ledger.find(key);
    if (known) return { ...(await known.first()), status: "duplicate" };
    const refusal = this.#ledger.refusalFor(mail);
    if (refusal !== undefined) throw new StorageError(refusal);
    const entry = this.#ledger.add(mail, newItem(mail, key, this.#nowMs()));
    this.#pump();
    return await entry.first();
  }

  has(key: string): boolean {
    return this.#ledger.find(key) !== undefined;
  }

  async drain(ms: number): Promise<{ unsent: number }> {
    if (this.#isBusy()) {
      const waiting = new AbortController();
      this.#drains.add(waiting);
      await this.#options.clock.sleep(ms, waiting.signal);
      this.#drains.delete(waiting);
    }
    return { unsent: this.#ledger.openCount };
  }

  status(): OutboxStatus {
    return this.#ledger.status(this.#gate, { nowMs: this.#nowMs(), date: this.#options.clock.now() });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    this.#stopping.abort();
    this.#timer?.stop.abort();
    for (const waiting of this.#drains) waiting.abort();
    await within(this.#options.clock, GOODBYE_MS, Promise.all(this.#attempts));
    reportUnsent(this.#options.logger, this.#ledger.openCount);
    for (const entry of this.#ledger.open) entry.resolve(unsentReceipt(entry.item));
  }

  /** Starts whatever is due and may be sent, then sleeps until the next may be. */
  #pump(): void {
    if (this.#stopping.signal.aborted) return;
    const nowMs = this.#nowMs();
    while (this.#attempts.size < gateWidth(this.#gate, nowMs, this.#limits.maxSending)) {
      const entry = this.#ledger.nextDue(nowMs);
      if (!entry) break;
      this.#start(entry);
    }
    if (nowMs < this.#gate.closedUntilMs) this.#tellWaiting(nowMs);
    if (!this.#isBusy()) for (const waiting of this.#drains) waiting.abort();
    this.#setTimer(nowMs);
  }

  #start(entry: Entry<M>): void {
    entry.item = claimed(entry.item);
    const attempt = this.#attempt(entry).finally(() => {
      this.#attempts.delete(attempt);
      this.#pump();
    });
    this.#attempts.add(attempt);
  }

  async #attempt(entry: Entry<M>): Promise<void> {
    const outcome = await this.#submit(entry);
    if (outcome instanceof InvalidMessageError) {
      // Nothing was sent, so the key is free for the mended mail.
      this.#options.logger.log("error", "mail refused before sending", {
        code: outcome.code,
        messageId: entry.item.messageId,
      });
      this.#ledger.forget(entry);
      entry.reject(outcome);
      return;
    }
    const moment = { nowMs: this.#nowMs(), random: this.#options.random };
    entry.item = afterOutcome(entry.item, outcome, moment, this.#policy);
    this.#gate = gateAfter(this.#gate, outcome, moment);
    reportAttempt(this.#options.logger, entry.item, outcome);
    this.#settle(entry, moment.nowMs);
  }

  async #submit(entry: Entry<M>): Promise<AttemptOutcome | InvalidMessageError> {
    const { item, mail } = entry;
    try {
      return await this.#options.submit(
        { ...mail, envelope: { ...mail.envelope, to: item.recipients } },
        this.#stopping.signal,
      );
    } catch (error) {
      if (error instanceof InvalidMessageError && item.attempts === 1) return error;
      const kind = error instanceof InvalidMessageError ? "failed" : "retry";
      const code = error instanceof InvalidMessageError ? error.code : "UNEXPECTED";
      return { kind, code, message: errorText(error), rejected: [], scope: "mail" };
    }
  }

  #settle(entry: Entry<M>, nowMs: number): void {
    const unsent = isOpen(entry.item) && this.#stopping.signal.aborted;
    entry.resolve(unsent ? unsentReceipt(entry.item) : receiptOf(entry.item, this.#gate, nowMs));
    if (!isOpen(entry.item)) this.#ledger.close(entry);
  }

  /** While the account is paused nobody waits for a first attempt: the mail is safe, and that is what they are told. */
  #tellWaiting(nowMs: number): void {
    for (const entry of this.#ledger.open) {
      if (entry.item.state === "pending") entry.resolve(receiptOf(entry.item, this.#gate, nowMs));
    }
  }

  #isBusy(): boolean {
    return this.#attempts.size > 0 || (this.#nowMs() >= this.#gate.closedUntilMs && this.#ledger.hasPending());
  }

  #setTimer(nowMs: number): void {
    const dueMs = this.#ledger.nextDueMs();
    const atMs = dueMs === undefined ? undefined : Math.max(dueMs, this.#gate.closedUntilMs);
    if (atMs === this.#timer?.atMs && !this.#timer?.stop.signal.aborted) return;
    this.#timer?.stop.abort();
    this.#timer = undefined;
    // What is due already waits for an attempt to end, and that looks again by itself.
    if (atMs === undefined || atMs <= nowMs) return;
    const timer = { atMs, stop: new AbortController() };
    this.#timer = timer;
    void this.#options.clock.sleep(atMs - nowMs, timer.stop.signal).then(() => {
      if (timer.stop.signal.aborted) return;
      this.#timer = undefined;
      this.#pump();
    });
  }

  #nowMs(): number {
    return this.#options.clock.monotonic();
  }
}
