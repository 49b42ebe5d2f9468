import { ClosedError, InvalidMessageError } from "../domain/errors.ts";
import type { SendReceipt } from "../domain/message.ts";
import { within } from "../runtime/clock.ts";
import { type AccountGate, askAgain, gateAfter, gateWidth, OPEN_GATE } from "./account-gate.ts";
import { Alarm } from "./alarm.ts";
import { arrive } from "./arrive.ts";
import { attempt } from "./attempt.ts";
import type { Entry, OutboxMail } from "./entry.ts";
import { afterOutcome, claimed, dropped, invalid, isOpen, newItem, type OutboxItem } from "./item.ts";
import { Journal } from "./journal.ts";
import { Ledger, type OutboxStatus } from "./ledger.ts";
import { DEFAULT_OUTBOX_LIMITS, type OutboxLimits, policyOf } from "./limits.ts";
import type { Outbox, OutboxOptions } from "./outbox.ts";
import { keptReceipt, receiptOf, unsentReceipt } from "./receipt.ts";
import { reportAttempt, reportDropped, reportUnsent } from "./report.ts";
import type { Moment, SchedulePolicy } from "./schedule.ts";
import { takeUpOpen, takeUpRevived, type TakeUpParts } from "./take-up.ts";

export type { OutboxLimits } from "./limits.ts";
export type { Outbox, OutboxOptions } from "./outbox.ts";

/** Attempts end within moments of being told to; this is for one that does not. */
const GOODBYE_MS = 5_000;

/** Every step is in the store before the next is taken, so that whoever starts after a crash knows what to do. */
export function createOutbox<M extends OutboxMail>(options: OutboxOptions<M>): Outbox<M> {
  return new StoredOutbox(options);
}

class StoredOutbox<M extends OutboxMail> implements Outbox<M> {
  readonly #options: OutboxOptions<M>;
  readonly #limits: OutboxLimits;
  readonly #policy: SchedulePolicy;
  readonly #ledger: Ledger<M>;
  readonly #journal: Journal<M>;
  readonly #alarm: Alarm;
  readonly #arrivals = new Set<Promise<unknown>>();
  readonly #attempts = new Set<Promise<void>>();
  readonly #drains = new Set<AbortController>();
  readonly #stopping = new AbortController();
  #starting: Promise<void> | undefined;
  #gate: AccountGate = OPEN_GATE;

  constructor(options: OutboxOptions<M>) {
    this.#options = options;
    this.#limits = { ...DEFAULT_OUTBOX_LIMITS, ...options.limits };
    this.#policy = policyOf(this.#limits);
    this.#ledger = new Ledger(this.#limits);
    this.#journal = new Journal({ ...options, policy: this.#policy });
    this.#alarm = new Alarm(options.clock, () => this.#pump());
  }

  async start(): Promise<void> {
    this.#starting ??= takeUpOpen(this.#takeUpParts()).then(
      () => this.#pump(),
      (error: unknown) => {
        this.#starting = undefined;
        throw error;
      },
    );
    await this.#starting;
  }

  async enqueue(mail: M, key: string, admit: () => SendReceipt | undefined = () => undefined): Promise<SendReceipt> {
    if (this.#stopping.signal.aborted) throw new ClosedError("The outbox is closed.");
    const arriving = this.#arrive(mail, key, admit).finally(() => {
      this.#arrivals.delete(arriving);
      this.#pump();
    });
    this.#arrivals.add(arriving);
    const { entry, isNew } = await arriving;
    const receipt = await entry.first();
    return isNew || receipt.status === "suppressed" ? receipt : { ...receipt, status: "duplicate" };
  }

  async has(key: string): Promise<boolean> {
    await this.start();
    return this.#ledger.find(key) !== undefined || (await this.#journal.find(key)) !== undefined;
  }

  async lookForRevived(): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    await this.start();
    if ((await takeUpRevived(this.#takeUpParts())) === 0) return;
    this.#gate = askAgain(this.#gate);
    this.#pump();
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
    this.#alarm.set(undefined);
    for (const waiting of this.#drains) waiting.abort();
    const { clock, logger, durable } = this.#options;
    await within(clock, GOODBYE_MS, Promise.allSettled([this.#starting, ...this.#arrivals, ...this.#attempts]));
    await within(clock, GOODBYE_MS, this.#journal.close());
    reportUnsent(logger, this.#ledger.openCount, { durable });
    // Of one that is still arriving nobody can say that it is kept.
    for (const entry of this.#ledger.open) if (entry.standing !== "arriving") entry.resolve(this.#unsent(entry.item));
  }

  async #arrive(
    mail: M,
    key: string,
    admit: () => SendReceipt | undefined,
  ): Promise<{ entry: Pick<Entry<M>, "first">; isNew: boolean }> {
    await this.start();
    if (this.#stopping.signal.aborted) throw new ClosedError("The outbox is closed.");
    const known = this.#ledger.find(key);
    if (known) return { entry: known, isNew: false };
    const refusal = this.#ledger.refusalFor(mail);
    const entry = this.#ledger.add(mail, newItem(mail, key, this.#nowMs()), "arriving");
    const isNew = await arrive(entry, {
      ledger: this.#ledger,
      journal: this.#journal,
      content: this.#options.content,
      receiptOf: (item) => receiptOf(item, this.#gate, this.#nowMs()),
      admit,
      refusal,
    });
    if (isNew && this.#stopping.signal.aborted) entry.resolve(this.#unsent(entry.item));
    return { entry, isNew };
  }

  /** Starts whatever is due and may be sent, then sleeps until the next may be. */
  #pump(): void {
    if (this.#stopping.signal.aborted) return;
    const nowMs = this.#nowMs();
    while (this.#attempts.size < gateWidth(this.#gate, nowMs, this.#limits.maxSending)) {
      const entry = this.#ledger.nextDue(nowMs);
      if (!entry) break;
      this.#try(entry);
    }
    if (nowMs < this.#gate.closedUntilMs) this.#tellWaiting(nowMs);
    if (!this.#isBusy()) for (const waiting of this.#drains) waiting.abort();
    this.#setAlarm(nowMs);
  }

  #try(entry: Entry<M>): void {
    entry.standing = "in hand";
    entry.item = claimed(entry.item);
    const trying = this.#attempt(entry).finally(() => {
      entry.standing = "waiting";
      this.#attempts.delete(trying);
      this.#pump();
    });
    this.#attempts.add(trying);
  }

  async #attempt(entry: Entry<M>): Promise<void> {
    const { submit, logger } = this.#options;
    const outcome = await attempt(entry, { submit, journal: this.#journal, signal: this.#stopping.signal });
    if (outcome instanceof InvalidMessageError) return await this.#refuse(entry, outcome);
    if (outcome === "dropped") return this.#drop(entry);
    const moment = this.#moment();
    entry.item = afterOutcome(entry.item, outcome, moment, this.#policy);
    this.#gate = gateAfter(this.#gate, outcome, moment, this.#policy);
    reportAttempt(logger, entry.item, outcome);
    const isKept = await this.#journal.settle(entry.item);
    if (isKept || !isOpen(entry.item)) this.#settle(entry);
    else this.#drop(entry);
  }

  /** Nothing was sent, so the key is free for the mended mail. */
  async #refuse(entry: Entry<M>, error: InvalidMessageError): Promise<void> {
    const { logger } = this.#options;
    logger.log("error", "mail refused before sending", { code: error.code, messageId: entry.item.messageId });
    await this.#journal.discard(invalid(entry.item, error));
    this.#ledger.forget(entry);
    entry.reject(error);
  }

  #drop(entry: Entry<M>): void {
    reportDropped(this.#options.logger, entry.item);
    entry.item = dropped(entry.item);
    this.#settle(entry);
  }

  #settle(entry: Entry<M>): void {
    const { item } = entry;
    const isUnsent = isOpen(item) && this.#stopping.signal.aborted;
    entry.resolve(isUnsent ? this.#unsent(item) : receiptOf(item, this.#gate, this.#nowMs()));
    if (!isOpen(item)) this.#ledger.close(entry);
  }

  #unsent(item: OutboxItem): SendReceipt {
    return this.#options.durable ? keptReceipt(item) : unsentReceipt(item);
  }

  /** While the account is paused nobody waits for a first attempt: the mail is safe, and that is what they are told. */
  #tellWaiting(nowMs: number): void {
    for (const entry of this.#ledger.open) {
      if (entry.standing !== "waiting" || entry.item.state !== "pending") continue;
      entry.resolve(receiptOf(entry.item, this.#gate, nowMs));
    }
  }

  #isBusy(): boolean {
    if (this.#attempts.size + this.#arrivals.size > 0) return true;
    return this.#nowMs() >= this.#gate.closedUntilMs && this.#ledger.hasPending();
  }

  #setAlarm(nowMs: number): void {
    const dueMs = this.#ledger.nextDueMs();
    const atMs = dueMs === undefined ? undefined : Math.max(dueMs, this.#gate.closedUntilMs);
    // What is due already waits for an attempt to end, and that looks again by itself.
    this.#alarm.set(atMs === undefined || atMs > nowMs ? atMs : undefined);
  }

  #takeUpParts(): TakeUpParts<M> {
    const { logger } = this.#options;
    const moment = () => this.#moment();
    return { ledger: this.#ledger, journal: this.#journal, policy: this.#policy, moment, logger };
  }

  #moment(): Moment {
    return { nowMs: this.#nowMs(), random: this.#options.random };
  }

  #nowMs(): number {
    return this.#options.clock.monotonic();
  }
}
