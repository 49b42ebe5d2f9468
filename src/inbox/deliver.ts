import { errorText } from "../domain/errors.ts";
import type { InboundMessage, NackOptions } from "../domain/message.ts";
import { backoffMs } from "../runtime/backoff.ts";
import { Bell } from "../runtime/signals.ts";
import type { DeliveryOptions, MessageFacts } from "./delivery-options.ts";
import { handedMessage } from "./handed-message.ts";
import type { Item } from "./item.ts";
import { Lanes } from "./lanes.ts";

/** A full disk is not emptied in a second. */
const JOURNAL_RETRY_MS = 30_000;

/** Accepted messages on their way to the bot, and what the bot says of each. */
export class Delivery {
  readonly counts = { received: 0, acked: 0, nacked: 0, inHand: 0, retrying: 0, dead: 0 };
  readonly #options: DeliveryOptions;
  readonly #lanes = new Lanes<Item>();
  /** Waiting, in hand or retrying, by id. */
  readonly #open = new Map<string, Item>();
  readonly #news = new Bell();
  readonly #closed = new AbortController();
  #onHandsEmpty: (() => void)[] = [];
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

  /** `dueAt`, in milliseconds since the epoch, is of a message that an earlier process was asked to bring again. */
  offer(facts: MessageFacts, { dueAt }: { dueAt?: number | undefined } = {}): void {
    const open = this.#open.get(facts.id);
    // It is here already: a person wants it now.
    if (open) return open.hurry?.abort();
    this.#openChars += facts.fullText.length;
    this.counts.received++;
    const item: Item = {
      facts,
      lane: facts.session.id,
      sequence: this.#sequence++,
      state: "waiting",
      deliveries: 0,
      hurry: undefined,
      autoAcked: false,
    };
    this.#open.set(facts.id, item);
    const { clock, limits } = this.#options;
    // Never longer than the longest back-off, whatever has become of the clock meanwhile.
    const delayMs = Math.min(dueAt === undefined ? 0 : dueAt - clock.now(), limits.retry.capMs);
    if (delayMs <= 0) {
      this.#lanes.add(item);
      return this.#news.ring();
    }
    this.counts.retrying++;
    item.state = "retrying";
    void this.#retryLater(item, delayMs, !this.#lanes.hold(item.lane));
  }

  /** The next message, or undefined at the abort or the end; rejects when the channel has failed. */
  async take(signal: AbortSignal): Promise<Item | undefined> {
    for (;;) {
      if (signal.aborted) return undefined;
      if (this.#failure) throw this.#failure.error;
      if (this.#closed.signal.aborted) return undefined;
      const item = this.#lanes.take();
      if (item === undefined) await this.#news.wait(signal);
      // Acked by its former holder while it waited to come again.
      else if (item.state !== "waiting") this.#lanes.release(item.lane);
      else if (await this.#begin(item)) return item;
    }
  }

  message(item: Item, onAcked: () => void): InboundMessage {
    const { reply, logger } = this.#options;
    const ack = async () => await this.ack(item);
    return handedMessage(item, { reply, logger, ack, nack: async (how) => await this.nack(item, how), onAcked });
  }

  /** Resolves when no message is in hand. */
  async handsEmpty(): Promise<void> {
    while (this.counts.inHand > 0) await new Promise<void>((resolve) => this.#onHandsEmpty.push(resolve));
  }

  async ack(item: Item): Promise<void> {
    await this.#settle(item, "now");
  }

  /** Of this delivery only: by now somebody else may have the next one. Does not wait: the consumer asked for the next message, not for a receipt. */
  autoAck(item: Item, delivery: number): void {
    if (item.state !== "in hand" || item.deliveries !== delivery) return;
    item.autoAcked = true;
    void this.#settle(item, "soon");
  }

  /** Resolves when it is written down. A journal that fails is only told of: after a crash the mail comes again anyway. */
  async nack(item: Item, { retryAfterMs, reason = "nack" }: NackOptions = {}): Promise<void> {
    const takenBack = item.state === "done" && item.autoAcked;
    if (item.state !== "in hand" && !takenBack) return;
    const { limits, random, logger, clock, journal, onTakeBack } = this.#options;
    const { id } = item.facts;
    this.counts.nacked++;
    if (takenBack) onTakeBack(item.facts);
    if (item.deliveries >= limits.maxDeliveries) return await this.#giveUp(item, reason);
    const delayMs = Math.max(0, retryAfterMs ?? backoffMs(item.deliveries - 1, random, limits.retry));
    logger.log("warn", "message comes again", { id, deliveries: item.deliveries, delayMs, reason });
    if (takenBack) {
      item.autoAcked = false;
      this.#openChars += item.facts.fullText.length;
      this.counts.acked--;
      this.#open.set(id, item);
    } else this.counts.inHand--;
    this.counts.retrying++;
    item.state = "retrying";
    this.#tellHandsEmpty();
    void this.#retryLater(item, delayMs, takenBack);
    await this.#write(journal.retryLater(id, clock.now() + delayMs, reason));
  }

  end(): void {
    this.#closed.abort();
    for (const { hurry } of this.#open.values()) hurry?.abort();
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

  /** False when it is not to be delivered, or cannot be now: nothing is given out that has not been written down. */
  async #begin(item: Item): Promise<boolean> {
    const { journal, clock, logger, limits, onDeliver } = this.#options;
    item.state = "in hand";
    this.counts.inHand++;
    try {
      const deliveries = await journal.deliver(item.facts.id);
      if (deliveries === undefined) {
        logger.log("info", "message dropped by a person", { id: item.facts.id });
        this.#leave(item, "done");
        return false;
      }
      item.deliveries = deliveries;
      if (deliveries > limits.maxDeliveries) {
        await this.#interrupted(item);
        return false;
      }
    } catch (error) {
      logger.log("error", "message not delivered now", { id: item.facts.id, error: errorText(error) });
      this.counts.inHand--;
      item.state = "waiting";
      this.#lanes.putBack(item);
      await clock.sleep(JOURNAL_RETRY_MS, this.#closed.signal);
      return false;
    }
    onDeliver(item.facts);
    return true;
  }

  /** The process ended each time while the bot had it: perhaps by no fault of either, and when all was said already. */
  async #interrupted(item: Item): Promise<void> {
    if (!(await this.#options.isAnswered(item.facts.id)))
      return await this.#giveUp(item, "the process ended each time while the bot had it");
    this.#options.logger.log("warn", "message was answered before the process ended: done", { id: item.facts.id });
    void this.#settle(item, "soon");
  }

  async #giveUp(item: Item, reason: string): Promise<void> {
    const { logger, journal } = this.#options;
    const { id } = item.facts;
    this.#leave(item, "dead");
    this.counts.dead++;
    logger.log("error", "message given up: the bot failed too often", { id, deliveries: item.deliveries, reason });
    await this.#write(journal.giveUp(id, reason));
  }

  async #write(step: Promise<void>): Promise<void> {
    await step.catch((error: unknown) =>
      this.#options.logger.log("error", "could not be written down; after a restart the mail comes again", {
        error: errorText(error),
      }),
    );
  }

  async #retryLater(item: Item, delayMs: number, needsLane: boolean): Promise<void> {
    item.hurry = new AbortController();
    await this.#options.clock.sleep(delayMs, item.hurry.signal);
    item.hurry = undefined;
    if (item.state !== "retrying" || this.#closed.signal.aborted) return;
    this.counts.retrying--;
    item.state = "waiting";
    // After an auto-ack its lane was released; else it has held the lane all the time, and stays ahead in it.
    if (needsLane) this.#lanes.add(item);
    else this.#lanes.putBack(item);
    this.#news.ring();
  }

  #tellHandsEmpty(): void {
    if (this.counts.inHand === 0) for (const resolve of this.#onHandsEmpty.splice(0)) resolve();
  }

  #leave(item: Item, state: "done" | "dead"): void {
    if (item.state === "in hand") this.counts.inHand--;
    if (item.state === "retrying") this.counts.retrying--;
    const heldLane = item.state === "in hand" || item.state === "retrying";
    item.state = state;
    this.#open.delete(item.facts.id);
    this.#openChars -= item.facts.fullText.length;
    if (heldLane) this.#lanes.release(item.lane);
    this.#tellHandsEmpty();
    this.#news.ring();
    if (this.#wanted && this.waiting + this.counts.inHand <= this.#options.limits.openMessages / 2) {
      this.#wanted = false;
      this.#options.roomBell.ring();
    }
  }
}
