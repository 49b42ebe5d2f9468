import { describe, expect, it } from "vitest";
import { LoginRefusedError, StorageError } from "../../src/domain/errors.ts";
import { Delivery } from "../../src/inbox/deliver.ts";
import { DEFAULT_DELIVERY_LIMITS, type DeliveryLimits } from "../../src/inbox/delivery-options.ts";
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

describe("what is written down", () => {
  it("is the delivery, before the bot sees the message; what cannot be written is not delivered", async () => {
    const { delivery, iterator, journal, clock } = setup();
    journal.failing = true;
    delivery.offer(facts("1"));
    let given = 0;
    const waiting = take(iterator()).then((message) => (given++, message));
    await clock.run(29_000);
    expect(given).toBe(0);
    journal.failing = false;
    await clock.run(2_000);
    expect((await waiting).deliveries).toBe(1);
  });

  it("is the retry with its time and reason, and in the end the death", async () => {
    const { delivery, iterator, journal, clock } = setup({ maxDeliveries: 2 });
    const now = clock.now();
    delivery.offer(facts("1"));
    const messages = iterator();
    await (await take(messages)).nack({ retryAfterMs: 5_000, reason: "model down" });
    expect(journal.told).toEqual([["retry", "1", now + 5_000, "model down"]]);
    clock.advance(5_000);
    await (await take(messages)).nack({ reason: "still down" });
    expect(journal.told[1]).toEqual(["dead", "1", "still down"]);
    expect(delivery.counts).toMatchObject({ dead: 1, retrying: 0, inHand: 0 });
  });

  it("does not keep a nack from counting when it cannot be written", async () => {
    const { delivery, iterator, journal, clock } = setup();
    delivery.offer(facts("1"));
    const messages = iterator();
    const first = await take(messages);
    journal.failing = true;
    await first.nack({ retryAfterMs: 1_000 });
    journal.failing = false;
    clock.advance(1_000);
    expect((await take(messages)).deliveries).toBe(2);
  });

  it("leaves out what a person has dropped meanwhile, and goes on with the conversation", async () => {
    const { delivery, iterator, journal } = setup();
    delivery.offer(facts("1", "a"));
    delivery.offer(facts("2", "a"));
    journal.dropped.add("1");
    expect((await take(iterator())).id).toBe("2");
    expect(delivery.counts).toMatchObject({ inHand: 1, acked: 0 });
  });
});

describe("what an earlier process left", () => {
  it("is given up when each process before ended over it", async () => {
    const { delivery, iterator, journal } = setup({ maxDeliveries: 3 });
    journal.counts.set("1", 3);
    delivery.offer(facts("1"));
    delivery.offer(facts("2"));
    expect((await take(iterator())).id).toBe("2");
    expect(journal.told).toEqual([["dead", "1", "the process ended each time while the bot had it"]]);
    expect(delivery.counts.dead).toBe(1);
  });

  it("is done when it has been answered, however often the process ended after that", async () => {
    const { delivery, iterator, journal, answered, acked } = setup({ maxDeliveries: 3 });
    journal.counts.set("1", 3);
    answered.add("1");
    delivery.offer(facts("1", "a"));
    delivery.offer(facts("2", "a"));
    expect((await take(iterator())).id).toBe("2");
    expect([acked, journal.told]).toEqual([["1"], []]);
    expect(delivery.counts).toMatchObject({ dead: 0, acked: 1, inHand: 1 });
  });

  it("is done with all the same while the store cannot take that, and counted once", async () => {
    const { delivery, iterator, journal, answered, acks } = setup({ maxDeliveries: 3 });
    journal.counts.set("1", 3);
    answered.add("1");
    acks.failing = true;
    delivery.offer(facts("1", "a"));
    delivery.offer(facts("2", "a"));
    expect((await take(iterator())).id).toBe("2");
    expect(delivery.counts).toMatchObject({ dead: 0, acked: 1, inHand: 1 });
  });

  it("waits for its time, and the conversation behind it", async () => {
    const { delivery, iterator, clock } = setup();
    delivery.offer(facts("1", "a"), { dueAt: clock.now() + 60_000 });
    delivery.offer(facts("2", "a"));
    delivery.offer(facts("3", "b"));
    const messages = iterator("manual");
    expect((await take(messages)).id).toBe("3");
    clock.advance(60_000);
    expect((await take(messages)).id).toBe("1");
  });

  it("comes at once when a person puts it back", async () => {
    const { delivery, iterator, clock } = setup();
    delivery.offer(facts("1"), { dueAt: clock.now() + 600_000 });
    delivery.offer(facts("1"));
    expect((await take(iterator())).id).toBe("1");
    expect(delivery.waiting).toBe(0);
  });

  it("never waits longer than the longest back-off, whatever the clock says (P5)", async () => {
    const { delivery, iterator, clock } = setup();
    delivery.offer(facts("1"), { dueAt: clock.now() + 48 * 3_600_000 });
    clock.advance(DEFAULT_DELIVERY_LIMITS.retry.capMs);
    expect((await take(iterator())).id).toBe("1");
  });
});

describe("a loop that nacks in its catch", () => {
  it("goes on acking the others by asking for the next", async () => {
    const { delivery, iterator, acked } = setup();
    for (const id of ["1", "2", "3"]) delivery.offer(facts(id, id));
    const messages = iterator();
    await (await take(messages)).nack();
    await take(messages);
    await take(messages);
    expect(acked).toEqual(["2"]);
  });

  it("does not ack a later delivery, which somebody else may have", async () => {
    const { delivery, iterator, acked, clock } = setup();
    delivery.offer(facts("1"));
    const [one, other] = [iterator(), iterator("manual")];
    await (await take(one)).nack({ retryAfterMs: 0 });
    clock.advance(0);
    expect((await take(other)).deliveries).toBe(2);
    delivery.offer(facts("2", "b"));
    await take(one);
    expect(acked).toEqual([]);
  });
});

describe("a message that has been delivered again since", () => {
  it("has no say over the new delivery, and its replies are counted apart", async () => {
    const { delivery, iterator, clock, replies } = setup();
    delivery.offer(facts("1"));
    const messages = iterator("manual");
    const first = await take(messages);
    await first.nack({ retryAfterMs: 0 });
    clock.advance(0);
    const second = await take(messages);
    await first.nack();
    expect(delivery.counts).toMatchObject({ nacked: 1, inHand: 1 });
    await first.reply("late");
    await second.reply("in time");
    expect(replies).toEqual([
      ["late", 1],
      ["in time", undefined],
    ]);
  });
});

describe("empty hands", () => {
  it("are waited for until the last message is settled, one way or the other", async () => {
    const { delivery, iterator, clock } = setup();
    for (const id of ["1", "2"]) delivery.offer(facts(id, id));
    const messages = iterator("manual");
    const [one, two] = [await take(messages), await take(messages)];
    let empty = false;
    const waiting = delivery.handsEmpty().then(() => (empty = true));
    await one.ack();
    await clock.run(0);
    expect(empty).toBe(false);
    await two.nack();
    await waiting;
    await delivery.handsEmpty();
  });
});

/** Counts deliveries, and remembers what it was told. */
class Journal {
  readonly told: unknown[] = [];
  readonly dropped = new Set<string>();
  readonly counts = new Map<string, number>();
  failing = false;

  async deliver(id: string): Promise<number | undefined> {
    if (this.failing) throw new StorageError("disk full");
    if (this.dropped.has(id)) return undefined;
    const count = (this.counts.get(id) ?? 0) + 1;
    this.counts.set(id, count);
    return count;
  }

  async retryLater(id: string, dueAt: number, reason: string): Promise<void> {
    this.told.push(["retry", id, dueAt, reason]);
    if (this.failing) throw new StorageError("disk full");
  }

  async giveUp(id: string, reason: string): Promise<void> {
    this.told.push(["dead", id, reason]);
  }
}

function setup(limits: Partial<DeliveryLimits> = {}, clock = new ManualClock()) {
  const acked: string[] = [];
  const takenBack: string[] = [];
  const replies: [string, number | undefined][] = [];
  const answered = new Set<string>();
  const acks = { failing: false };
  const journal = new Journal();
  const roomBell = new Bell();
  const delivery = new Delivery({
    clock,
    random: () => 1,
    logger: silentLogger,
    limits: { ...DEFAULT_DELIVERY_LIMITS, ...limits },
    roomBell,
    reply: async (_, markdown, __, number) => {
      replies.push([markdown, number]);
      return { messageId: "<r@x>", status: "sent", accepted: [], rejected: [] };
    },
    journal,
    onAck: async ({ id }, when) => {
      if (when === "now" && acks.failing) throw new StorageError("disk full");
      acked.push(id);
    },
    onTakeBack: ({ id }) => void takenBack.push(id),
    isAnswered: async (id) => answered.has(id),
    onDeliver: () => {},
  });
  const iterator = (mode: AckMode = "next", signal?: AbortSignal) => new MessageIterator(delivery, mode, signal);
  return { delivery, iterator, acked, takenBack, replies, answered, acks, journal, clock, roomBell };
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
