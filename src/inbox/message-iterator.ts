import type { InboundMessage } from "../domain/message.ts";
import type { Delivery } from "./deliver.ts";
import type { Item } from "./item.ts";

export type AckMode = "next" | "manual";

/**
 * One consumer's `for await`. With `ack: "next"`, asking for the next message acks the one before it, unless the
 * consumer has ever acked one by its own word. Leaving the loop gives the message in hand back: JavaScript ends
 * the iteration by `return()` after `break` and after `throw` alike, so both bring it again, with back-off.
 */
export class MessageIterator implements AsyncIterableIterator<InboundMessage> {
  readonly #delivery: Delivery;
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort = () => this.#stop.abort();
  #autoAck: boolean;
  #current: { readonly item: Item; readonly delivery: number } | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(delivery: Delivery, mode: AckMode, signal: AbortSignal | undefined) {
    this.#delivery = delivery;
    this.#autoAck = mode === "next";
    this.#signal = signal;
    if (signal?.aborted) this.#stop.abort();
    else signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Calls made before the one before has been answered are answered in turn. */
  next(): Promise<IteratorResult<InboundMessage, undefined>> {
    const turn = this.#turn.then(async () => await this.#next());
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async return(): Promise<IteratorResult<InboundMessage, undefined>> {
    await this.#giveBack("the consumer left its loop");
    this.#end();
    return { done: true, value: undefined };
  }

  async throw(error?: unknown): Promise<IteratorResult<InboundMessage, undefined>> {
    await this.#giveBack("the consumer failed");
    this.#end();
    throw error;
  }

  async #next(): Promise<IteratorResult<InboundMessage, undefined>> {
    const previous = this.#current;
    this.#current = undefined;
    if (previous && this.#autoAck) this.#delivery.autoAck(previous.item, previous.delivery);
    const item = await this.#delivery.take(this.#stop.signal);
    if (item === undefined) {
      this.#end();
      return { done: true, value: undefined };
    }
    this.#current = { item, delivery: item.deliveries };
    return { done: false, value: this.#delivery.message(item, () => (this.#autoAck = false)) };
  }

  async #giveBack(reason: string): Promise<void> {
    const given = this.#current;
    this.#current = undefined;
    if (given && this.#autoAck && given.item.deliveries === given.delivery)
      await this.#delivery.nack(given.item, { reason });
  }

  #end(): void {
    this.#stop.abort();
    this.#signal?.removeEventListener("abort", this.#onAbort);
  }
}
