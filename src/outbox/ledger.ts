import type { SendReceipt } from "../domain/message.ts";
import type { AccountGate } from "./account-gate.ts";
import { isOpen, type ItemError, type OutboxItem } from "./item.ts";

/** What the outbox must know of a mail; the rest is the transport's. */
export interface OutboxMail {
  /** Fixed before the first attempt. */
  readonly messageId: string;
  readonly envelope: { readonly from: string; readonly to: readonly string[] };
  readonly text: string;
  readonly html: string;
  readonly attachments: readonly { readonly source: { readonly path: string } | { readonly content: Uint8Array } }[];
}

export interface OutboxStatus {
  /** Waiting for their first attempt. */
  pending: number;
  sending: number;
  retrying: number;
  /** May have been delivered; being retried, or held for a person. */
  unknown: number;
  /** Since the start. */
  sent: number;
  failed: number;
  /** ISO 8601. */
  oldestUnsent: string | null;
  /** Why no mail of the account is tried now. */
  paused: (ItemError & { retryAfterMs: number }) | null;
}

export interface LedgerLimits {
  readonly maxUnsent: number;
  readonly maxUnsentBytes: number;
  readonly maxRemembered: number;
}

/** A mail on its way, and whoever waits for its first receipt. */
export class Entry<M> {
  readonly mail: M;
  readonly bytes: number;
  item: OutboxItem;
  #waiting: { resolve: (receipt: SendReceipt) => void; reject: (error: Error) => void }[] = [];
  #receipt: SendReceipt | undefined;

  constructor(mail: M, bytes: number, item: OutboxItem) {
    this.mail = mail;
    this.bytes = bytes;
    this.item = item;
  }

  get receipt(): SendReceipt | undefined {
    return this.#receipt;
  }

  async first(): Promise<SendReceipt> {
    return this.#receipt ?? (await new Promise((resolve, reject) => this.#waiting.push({ resolve, reject })));
  }

  /** Only the first one counts: later attempts are the outbox's own business. */
  resolve(receipt: SendReceipt): void {
    this.#receipt ??= receipt;
    for (const { resolve } of this.#waiting.splice(0)) resolve(this.#receipt);
  }

  reject(error: Error): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}

/** All mails that are not yet sent, and what became of the last ones that were. */
export class Ledger<M extends OutboxMail> {
  readonly #limits: LedgerLimits;
  readonly #open = new Map<string, Entry<M>>();
  readonly #closed = new Map<string, SendReceipt>();
  #openBytes = 0;
  #sent = 0;
  #failed = 0;
  #held = 0;

  constructor(limits: LedgerLimits) {
    this.#limits = limits;
  }

  get open(): readonly Entry<M>[] {
    return [...this.#open.values()];
  }

  get openCount(): number {
    return this.#open.size;
  }

  find(key: string): { first(): Promise<SendReceipt> } | undefined {
    const receipt = this.#closed.get(key);
    return receipt ? { first: () => Promise.resolve(receipt) } : this.#open.get(key);
  }

  /** Why a further mail cannot be taken, or undefined. */
  refusalFor(mail: M): string | undefined {
    const { maxUnsent, maxUnsentBytes } = this.#limits;
    if (this.#open.size >= maxUnsent)
      return `The outbox holds ${this.#open.size} unsent mails, ${maxUnsent} are allowed. ${WHAT_TO_DO}`;
    const bytes = heldBytes(mail);
    if (this.#openBytes + bytes <= maxUnsentBytes || this.#open.size === 0) return undefined;
    return `The unsent mails of the outbox have ${this.#openBytes} bytes, with this one they would pass ${maxUnsentBytes}. ${WHAT_TO_DO}`;
  }

  add(mail: M, item: OutboxItem): Entry<M> {
    const entry = new Entry(mail, heldBytes(mail), item);
    this.#open.set(item.key, entry);
    this.#openBytes += entry.bytes;
    return entry;
  }

  /** As if it had never been. */
  forget(entry: Entry<M>): void {
    this.#open.delete(entry.item.key);
    this.#openBytes -= entry.bytes;
  }

  /** It is decided; only its first receipt is kept. */
  close(entry: Entry<M>): void {
    this.forget(entry);
    const { key, state } = entry.item;
    if (state === "sent") this.#sent++;
    else if (state === "unknown") this.#held++;
    else this.#failed++;
    if (entry.receipt) this.#closed.set(key, entry.receipt);
    for (const oldest of this.#closed.keys()) {
      if (this.#closed.size <= this.#limits.maxRemembered) break;
      this.#closed.delete(oldest);
    }
  }

  /** The one that has waited longest for its turn. */
  nextDue(nowMs: number): Entry<M> | undefined {
    const next = this.#soonest();
    return next && (next.item.nextAttemptAtMs ?? Infinity) <= nowMs ? next : undefined;
  }

  nextDueMs(): number | undefined {
    return this.#soonest()?.item.nextAttemptAtMs;
  }

  hasPending(): boolean {
    for (const { item } of this.#open.values()) if (item.state === "pending") return true;
    return false;
  }

  status(gate: AccountGate, { nowMs, date }: { nowMs: number; date: number }): OutboxStatus {
    const states = this.open.map(({ item }) => item.state);
    const count = (state: OutboxItem["state"]) => states.filter((other) => other === state).length;
    const oldestMs = Math.min(...this.open.map(({ item }) => item.enqueuedAtMs));
    return {
      pending: count("pending"),
      sending: count("sending"),
      retrying: count("retrying"),
      unknown: count("unknown") + this.#held,
      sent: this.#sent,
      failed: this.#failed,
      oldestUnsent: Number.isFinite(oldestMs) ? new Date(date - (nowMs - oldestMs)).toISOString() : null,
      paused:
        gate.reason && nowMs < gate.closedUntilMs
          ? { ...gate.reason, retryAfterMs: Math.round(gate.closedUntilMs - nowMs) }
          : null,
    };
  }

  #soonest(): Entry<M> | undefined {
    let soonest: Entry<M> | undefined;
    for (const entry of this.#open.values()) {
      if (entry.item.state === "sending" || !isOpen(entry.item)) continue;
      if (!soonest || (entry.item.nextAttemptAtMs ?? Infinity) < (soonest.item.nextAttemptAtMs ?? Infinity))
        soonest = entry;
    }
    return soonest;
  }
}

const WHAT_TO_DO = "See in the log why they are not sent; this one was not kept.";

/** Files are read anew for each attempt, so only what is in memory counts. */
function heldBytes({ text, html, attachments }: OutboxMail): number {
  const contents = attachments.map(({ source }) => ("content" in source ? source.content.length : 0));
  return contents.reduce((sum, bytes) => sum + bytes, 2 * (text.length + html.length));
}
