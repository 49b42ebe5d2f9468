import type { InboundMessage, NackOptions, OutboundMessage, SendReceipt } from "../domain/message.ts";
import { type Backoff, backoffMs } from "../runtime/backoff.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Logger } from "../runtime/logger.ts";
import { Bell } from "../runtime/signals.ts";
import { Lanes } from "./lanes.ts";

/** A message before it can be acked: everything that is known of the mail itself. */
export type MessageFacts = Omit<InboundMessage, "ack" | "nack" | "reply" | "deliveries">;

export interface DeliveryOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly limits: DeliveryLimits;
  /** Rung when mail may come again. */
  readonly roomBell: Bell;
  readonly reply: (
    message: InboundMessage,
    markdown: string,
    options?: Partial<OutboundMessage>,
  ) => Promise<SendReceipt>;
  /** The mail is dealt with; resolves when the server knows, or soon will. Never rejects. */
  readonly onAck: (facts: MessageFacts, when: "now" | "soon") => Promise<void>;
  /** A message begins a delivery: the first, or one more. */
  readonly onDeliver: (facts: MessageFacts) => void;
}

export interface DeliveryLimits {
  /** Messages and characters that wait or are in hand at once; above, nothing more is fetched. */
  readonly openMessages: number;
  readonly openChars: number;
  readonly retrying: number;
  readonly maxDeliveries: number;
  readonly retry: Backoff;
}

export const DEFAULT_DELIVERY_LIMITS: DeliveryLimits = {
  openMessages: 500,
  openChars: 8 << 20,
  retrying: 1_000,
  maxDeliveries: 5,
  retry: { baseMs: 1_000, capMs: 5 * 60_000 },
};

export type ItemState = "waiting" | "in hand" | "retrying" | "done" | "dead";

export interface Item {
  readonly facts: MessageFacts;
  readonly lane: string;
  readonly sequence: number;
  state: ItemState;
  deliveries: number;
  /** Settled by asking for the next message, not by the consumer's own word. */
  autoAcked: boolean;
}

/** Accepted messages on their way to the bot, and what the bot says of each. */
export class Delivery {
  readonly counts = { received: 0, acked: 0, nacked: 0, inHand: 0, retrying: 0, dead: 0 };
  readonly #options: DeliveryOptions;
  readonly #lanes = new Lanes<Item>();
  readonly #news = new Bell();
  readonly #closed = new AbortController();
  #sequence = 0;
  #openChars = 0;
  #wanted = false;
  #failure: { readonly error: unknown } | undefined;

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  get waiting(): number {
    return this.#lanes.size;
  }

  room(): number {
    const { openMessages, openChars, retrying } = this.#options.limits;
    if (this.#closed.signal.aborted) return 0;
    const free = openMessages - this.waiting - this.counts.inHand;
    const room = this.#openChars >= openChars || this.counts.retrying >= retrying ? 0 : Math.max(0, free);
    this.#wanted ||= room === 0;
    return room;
  }

  offer(facts: MessageFacts): void {
    this.#openChars += facts.fullText.length;
    this.counts.received++;
    this.#lanes.add({
      facts,
      lane: facts.session.id,
      sequence: this.#sequence++,
      state: "waiting",
      deliveries: 0,
      autoAcked: false,
    });
    this.#news.ring();
  }

  /** The next message, or undefined at the abort or the end; rejects when the channel has failed. */
  async take(signal: AbortSignal): Promise<Item | undefined> {
    for (;;) {
      if (signal.aborted) return undefined;
      if (this.#failure) throw this.#failure.error;
      if (this.#closed.signal.aborted) return undefined;
      const item = this.#lanes.take();
      if (item?.state === "waiting") return this.#handOut(item);
      if (item) {
        // Acked by its former holder while it waited to come again.
        this.#lanes.release(item.lane);
        continue;
      }
      await this.#news.wait(signal);
    }
  }

  /** The message as the bot sees it in this delivery. `onSettled` hears that the consumer settles for itself. */
  message(item: Item, onSettled: () => void): InboundMessage {
    const message: InboundMessage = {
      ...item.facts,
      deliveries: item.deliveries,
      ack: async () => (onSettled(), await this.ack(item)),
      nack: async (options) => (onSettled(), this.nack(item, options)),
      reply: async (markdown, options) => await this.#options.reply(message, markdown, options),
    };
    return message;
  }

  async ack(item: Item): Promise<void> {
    await this.#settle(item, "now");
  }

  /** Does not wait for the server: the consumer asked for the next message, not for a receipt. */
  autoAck(item: Item): void {
    if (item.state !== "in hand") return;
    item.autoAcked = true;
    void this.#settle(item, "soon");
  }

  nack(item: Item, { retryAfterMs, reason = "nack" }: NackOptions = {}): void {
    const takenBack = item.state === "done" && item.autoAcked;
    if (item.state !== "in hand" && !takenBack) return;
    const { limits, random, logger } = this.#options;
    this.counts.nacked++;
    if (item.deliveries >= limits.maxDeliveries) {
      this.#leave(item, "dead");
      this.counts.dead++;
      logger.log("error", "message given up: the bot failed too often", {
        id: item.facts.id,
        deliveries: item.deliveries,
        reason,
      });
      return;
    }
    const delayMs = Math.max(0, retryAfterMs ?? backoffMs(item.deliveries - 1, random, limits.retry));
    logger.log("warn", "message comes again", { id: item.facts.id, deliveries: item.deliveries, delayMs, reason });
    if (takenBack) {
      item.autoAcked = false;
      this.#openChars += item.facts.fullText.length;
      this.counts.acked--;
    } else this.counts.inHand--;
    this.counts.retrying++;
    item.state = "retrying";
    void this.#retryLater(item, delayMs, takenBack);
  }

  end(): void {
    this.#closed.abort();
    this.#news.ring();
  }

  fail(error: unknown): void {
    this.#failure ??= { error };
    this.end();
  }

  async #settle(item: Item, when: "now" | "soon"): Promise<void> {
    if (item.state === "done") return;
    this.#leave(item, "done");
    this.counts.acked++;
    await this.#options.onAck(item.facts, when);
  }

  #handOut(item: Item): Item {
    item.state = "in hand";
    item.deliveries++;
    this.counts.inHand++;
    this.#options.onDeliver(item.facts);
    return item;
  }

  async #retryLater(item: Item, delayMs: number, needsLane: boolean): Promise<void> {
    await this.#options.clock.sleep(delayMs, this.#closed.signal);
    if (item.state !== "retrying" || this.#closed.signal.aborted) return;
    this.counts.retrying--;
    item.state = "waiting";
    // After an auto-ack its lane was released; else it has held the lane all the time, and stays ahead in it.
    if (needsLane) this.#lanes.add(item);
    else this.#lanes.putBack(item);
    this.#news.ring();
  }

  #leave(item: Item, state: "done" | "dead"): void {
    if (item.state === "in hand") this.counts.inHand--;
    if (item.state === "retrying") this.counts.retrying--;
    const heldLane = item.state === "in hand" || item.state === "retrying";
    item.state = state;
    this.#openChars -= item.facts.fullText.length;
    if (heldLane) this.#lanes.release(item.lane);
    this.#news.ring();
    if (this.#wanted && this.waiting + this.counts.inHand <= this.#options.limits.openMessages / 2) {
      this.#wanted = false;
      this.#options.roomBell.ring();
    }
  }
}
