import type { SendReceipt } from "../domain/message.ts";
import type { AccountGate } from "./account-gate.ts";
import { Entry, heldBytes, type OutboxMail } from "./entry.ts";
import { isOpen, type ItemError, type OutboxItem } from "./item.ts";

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

/** All mails that are not yet sent, and what became of the last ones that were. */
export class Ledger<M extends OutboxMail> {
  readonly #limits: LedgerLimits;
  readonly #open = new Map<string, Entry<M>>();
  readonly #closed = new Map<string, SendReceipt>();
  readonly #held = new Set<string>();
  #openBytes = 0;
  #sent = 0;
  #failed = 0;

  constructor(limits: LedgerLimits) {
    this.#limits = limits;
  }

  get open(): readonly Entry<M>[] {
    return [...this.#open.values()];
  }

  get openCount(): number {
    return this.#open.size;
  }

  openOne(key: string): Entry<M> | undefined {
    return this.#open.get(key);
  }

  find(key: string): { first(): Promise<SendReceipt> } | undefined {
    const receipt = this.#closed.get(key);
    return receipt ? { first: () => Promise.resolve(receipt) } : this.#open.get(key);
  }

  /** Why a further mail cannot be taken, or undefined. */
  refusalFor(mail: M): string | undefined {
    const { maxUnsent } = this.#limits;
    if (this.#open.size < maxUnsent) return this.#bytesRefusal(heldBytes(mail), this.#open.size);
    return `The outbox holds ${this.#open.size} unsent mails, ${maxUnsent} are allowed. ${WHAT_TO_DO}`;
  }

  /** `arriving`: its key is taken from now on; `waiting`: it is stored, and may be tried. */
  add(mail: M, item: OutboxItem, standing: "arriving" | "waiting"): Entry<M> {
    const entry = new Entry(mail, item, standing);
    this.#open.set(item.key, entry);
    this.#openBytes += entry.bytes;
    if (standing === "waiting") {
      this.#closed.delete(item.key);
      this.#held.delete(item.key);
    }
    return entry;
  }

  /** The mail as it was stored, which may be larger than what came. Gives why it cannot be taken, or undefined. */
  replace(entry: Entry<M>, mail: M): string | undefined {
    this.#openBytes -= entry.bytes;
    const refusal = this.#bytesRefusal(heldBytes(mail), this.#open.size - 1);
    if (refusal === undefined) entry.mail = mail;
    this.#openBytes += entry.bytes;
    return refusal;
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
    else if (state === "unknown") this.#held.add(key);
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
      unknown: count("unknown") + this.#held.size,
      sent: this.#sent,
      failed: this.#failed,
      oldestUnsent: Number.isFinite(oldestMs) ? new Date(date - (nowMs - oldestMs)).toISOString() : null,
      paused:
        gate.reason && nowMs < gate.closedUntilMs
          ? { ...gate.reason, retryAfterMs: Math.round(gate.closedUntilMs - nowMs) }
          : null,
    };
  }

  #bytesRefusal(bytes: number, others: number): string | undefined {
    const { maxUnsentBytes } = this.#limits;
    if (this.#openBytes + bytes <= maxUnsentBytes || others === 0) return undefined;
    return `The unsent mails of the outbox have ${this.#openBytes} bytes, with this one they would pass ${maxUnsentBytes}. ${WHAT_TO_DO}`;
  }

  #soonest(): Entry<M> | undefined {
    let soonest: Entry<M> | undefined;
    for (const entry of this.#open.values()) {
      if (entry.standing !== "waiting" || !isOpen(entry.item)) continue;
      if (!soonest || (entry.item.nextAttemptAtMs ?? Infinity) < (soonest.item.nextAttemptAtMs ?? Infinity))
        soonest = entry;
    }
    return soonest;
  }
}

const WHAT_TO_DO = "See in the log why they are not sent; this one was not kept.";
