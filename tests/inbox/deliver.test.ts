import { describe, expect, it } from "vitest";
import { LoginRefusedError } from "../../src/domain/errors.ts";
import { DEFAULT_DELIVERY_LIMITS, Delivery, type DeliveryLimits } from "../../src/inbox/deliver.ts";
import { type AckMode, MessageIterator } from "../../src/inbox/message-iterator.ts";
import { silentLogger } from "../../src/runtime/logger.ts";
import { Bell } from "../../src/runtime/signals.ts";
import { ManualClock } from "../fakes/manual-clock.ts";
import { facts } from "../fakes/messages.ts";

describe("handing messages to a plain for await", () => {
  it("gives them in the order of arrival, across conversations", async () => {
    const { delivery, iterator } = setup();
    for (const [id, lane] of [["1", "a"], ["2", "a"], ["3", "b"], ["4", "a"]] as const) delivery.offer(facts(id, lane)); // prettier-ignore
    expect(await ids(iterator(), 4)).toEqual(["1", "2", "3", "4"]);
  });

  it("acks a message when the next one is asked for", async () => {
    const { delivery, iterator, acked } = setup();
    delivery.offer(facts("1"));
    delivery.offer(facts("2"));
    const messages = iterator();
    await messages.next();
    expect(acked).toEqual([]);
    await messages.next();
    expect(acked).toEqual(["1"]);
  });

  it("does not ack the message in hand when the loop is left, and brings it again", async () => {
    const { delivery, iterator, acked, clock } = setup();
    delivery.offer(facts("1"));
    for await (const message of iterator()) {
      expect(message.deliveries).toBe(1);
      break;
    }
    expect(acked).toEqual([]);
    const again = iterator().next();
    clock.advance(DEFAULT_DELIVERY_LIMITS.retry.capMs);
    expect((await again).value).toMatchObject({ id: "1", deliveries: 2 });
  });

  it("nacks when the loop body throws", async () => {
    const { delivery, iterator, acked } = setup();
    delivery.offer(facts("1"));
    const loop = async () => {
      for await (const message of iterator()) throw new Error(`cannot read ${message.id}`);
    };
    await expect(loop()).rejects.toThrow("cannot read 1");
    expect(acked).toEqual([]);
    expect(delivery.counts).toMatchObject({ nacked: 1, retrying: 1, inHand: 0 });
  });

  it("ends at the abort, even while it waits", async () => {
    const { iterator } = setup();
    const stop = new AbortController();
    const waiting = iterator("next", stop.signal).next();
    stop.abort();
    expect(await waiting).toEqual({ done: true, value: undefined });
  });

  it("ends when the channel closes, and fails with the channel", async () => {
    const closing = setup();
    const waiting = closing.iterator().next();
    closing.delivery.end();
    expect(await waiting).toEqual({ done: true, value: undefined });

    const failing = setup();
    const other = failing.iterator().next();
    failing.delivery.fail(new LoginRefusedError("NO"));
    await expect(other).rejects.toThrow(LoginRefusedError);
    await expect(failing.iterator().next()).rejects.toThrow(LoginRefusedError);
  });

  it("answers next() calls in turn when several are made at once", async () => {
    const { delivery, iterator } = setup();
    const messages = iterator("manual");
    const calls = [messages.next(), messages.next()];
    delivery.offer(facts("1", "a"));
    delivery.offer(facts("2", "b"));
    expect((await Promise.all(calls)).map(({ value }) => value?.id)).toEqual(["1", "2"]);
  });

  it("gives each message to one of several iterators", async () => {
    const { delivery, iterator } = setup();
    const [one, two] = [iterator("manual").next(), iterator("manual").next()];
    delivery.offer(facts("1", "a"));
    delivery.offer(facts("2", "b"));
    expect(new Set([(await one).value?.id, (await two).value?.id])).toEqual(new Set(["1", "2"]));
  });
});

describe("messages that the consumer settles itself", () => {
  it("keeps many in hand, one of each conversation", async () => {
    const { delivery, iterator } = setup();
    for (const [id, lane] of [["1", "a"], ["2", "a"], ["3", "b"]] as const) delivery.offer(facts(id, lane)); // prettier-ignore
    const messages = iterator("manual");
    const [first, second] = [await take(messages), await take(messages)];
    expect([first.id, second.id]).toEqual(["1", "3"]);
    const third = messages.next();
    await first.ack();
    expect((await third).value?.id).toBe("2");
  });

  it("is never second-guessed once it has settled one", async () => {
    const { delivery, iterator, acked } = setup();
    for (const id of ["1", "2", "3"]) delivery.offer(facts(id, id));
    const messages = iterator("next");
    await (await take(messages)).ack();
    await messages.next();
    await messages.next();
    expect(acked).toEqual(["1"]);
  });

  it("takes back an ack that asking for the next message implied", async () => {
    const { delivery, iterator, clock } = setup();
    delivery.offer(facts("1", "a"));
    delivery.offer(facts("2", "b"));
    const messages = iterator("next");
    const first = await take(messages);
    await messages.next();
    await first.nack({ retryAfterMs: 0 });
    clock.advance(0);
    expect(await take(messages)).toMatchObject({ id: "1", deliveries: 2 });
  });

  it("brings a nacked message again after back-off, before the rest of its conversation", async () => {
    const { delivery, iterator, clock } = setup();
    delivery.offer(facts("1"));
    delivery.offer(facts("2"));
    const messages = iterator("manual");
    await (await take(messages)).nack({ reason: "no model" });
    const again = messages.next();
    expect(clock.slept).toEqual([1_000]);
    clock.advance(1_000);
    expect((await again).value).toMatchObject({ id: "1", deliveries: 2 });
  });

  it("gives up after five deliveries, and goes on with the next", async () => {
    const { delivery, iterator, acked } = setup({}, new ManualClock({ auto: true }));
    delivery.offer(facts("1"));
    delivery.offer(facts("2"));
    const messages = iterator("manual");
    for (let n = 1; n <= 5; n++) await (await take(messages)).nack();
    expect((await take(messages)).id).toBe("2");
    expect(delivery.counts).toMatchObject({ dead: 1, nacked: 5, retrying: 0 });
    expect(acked).toEqual([]);
  });

  it("does not bring again what was acked while it waited to come again", async () => {
    const { delivery, iterator, clock } = setup();
    delivery.offer(facts("1"));
    delivery.offer(facts("2"));
    const messages = iterator("manual");
    const first = await take(messages);
    await first.nack({ retryAfterMs: 10 });
    clock.advance(10);
    await first.ack();
    expect((await take(messages)).id).toBe("2");
  });
});

describe("back-pressure", () => {
  it("has no room while enough is open, and rings when half of it is gone", async () => {
    const { delivery, iterator, roomBell } = setup({ openMessages: 4 });
    for (const id of ["1", "2", "3", "4"]) delivery.offer(facts(id, id));
    expect(delivery.room()).toBe(0);
    let rings = 0;
    using _ = roomBell.listen(() => rings++);
    const messages = iterator("manual");
    await (await take(messages)).ack();
    expect(rings).toBe(0);
    await (await take(messages)).ack();
    expect(rings).toBe(1);
    expect(delivery.room()).toBe(2);
  });

  it("counts what messages weigh, not only how many they are", () => {
    const { delivery } = setup({ openChars: 10 });
    delivery.offer({ ...facts("1"), fullText: "x".repeat(11) });
    expect(delivery.room()).toBe(0);
  });
});

function setup(limits: Partial<DeliveryLimits> = {}, clock = new ManualClock()) {
  const acked: string[] = [];
  const roomBell = new Bell();
  const delivery = new Delivery({
    clock,
    random: () => 1,
    logger: silentLogger,
    limits: { ...DEFAULT_DELIVERY_LIMITS, ...limits },
    roomBell,
    reply: async () => ({ messageId: "<r@x>", status: "sent", accepted: [], rejected: [] }),
    onAck: async ({ id }) => void acked.push(id),
    onDeliver: () => {},
  });
  const iterator = (mode: AckMode = "next", signal?: AbortSignal) => new MessageIterator(delivery, mode, signal);
  return { delivery, iterator, acked, clock, roomBell };
}

async function take(messages: MessageIterator) {
  const { value } = await messages.next();
  if (value === undefined) throw new Error("the iteration has ended");
  return value;
}

async function ids(messages: MessageIterator, count: number) {
  const found: string[] = [];
  for (let n = 0; n < count; n++) found.push((await take(messages)).id);
  return found;
}
