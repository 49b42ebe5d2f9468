import { describe, expect, it } from "vitest";
import type { OutboxStore } from "../../src/domain/store.ts";
import type { OutboxMail } from "../../src/outbox/entry.ts";
import type { AttemptOutcome } from "../../src/outbox/item.ts";
import { createOutbox } from "../../src/outbox/send-loop.ts";
import { silentLogger } from "../../src/runtime/logger.ts";
import { ManualClock } from "../fakes/manual-clock.ts";
import { FakeStore, jsonContent } from "./fake-store.ts";
import { DEFERRED, HOUR_MS, note, SENT, UNKNOWN } from "./scripted-submit.ts";

const KEYS = ["a", "b", "c"];

/** A process that ends for good at its n-th step: whatever it waits for then never comes. */
class Mortal {
  readonly #diesAt: number;
  steps = 0;

  constructor(diesAt: number) {
    this.#diesAt = diesAt;
  }

  get alive(): boolean {
    return this.steps < this.#diesAt;
  }

  async step(): Promise<void> {
    if (this.alive) this.steps++;
    if (!this.alive) await new Promise<never>(() => {});
  }
}

/** May die before each call and after it. */
function mortalStore(store: FakeStore, life: Mortal): OutboxStore {
  const around = async <T>(call: () => Promise<T>): Promise<T> => {
    await life.step();
    const result = await call();
    await life.step();
    return result;
  };
  return {
    find: (key) => around(() => store.find(key)),
    add: (send, content) => around(() => store.add(send, content)),
    update: (send) => around(() => store.update(send)),
    findMail: (id) => around(() => store.findMail(id)),
    amend: (send) => around(() => store.amend(send)),
    addedSince: (date) => around(() => store.addedSince(date)),
    remove: (key) => around(() => store.remove(key)),
    open: () => around(() => store.open()),
    revived: () => around(() => store.revived()),
  };
}

interface World {
  readonly store: FakeStore;
  readonly delivered: OutboxMail[];
  readonly random: () => number;
  lives: number;
}

/** One process: the bot answers every mail, with a new Message-ID each time; the server has its moods. */
async function live(world: World, diesAt: number): Promise<number> {
  const life = new Mortal(diesAt);
  const clock = new ManualClock();
  const generation = ++world.lives;
  const submit = async (
    mail: OutboxMail,
    _: AbortSignal,
    beforeContent: () => Promise<void>,
  ): Promise<AttemptOutcome> => {
    await life.step();
    if (world.random() < 0.2) return DEFERRED;
    await beforeContent();
    await life.step();
    if (world.random() < 0.1) return UNKNOWN;
    world.delivered.push(mail);
    await life.step();
    if (world.random() < 0.1) return UNKNOWN;
    return SENT(...mail.envelope.to);
  };
  const store = mortalStore(world.store, life);
  const parts = { clock, random: world.random, logger: silentLogger };
  const outbox = createOutbox({ submit, store, content: jsonContent, durable: true, ...parts });
  void outbox.start();
  for (const key of KEYS) void outbox.enqueue({ ...note(`${key}${generation}`), text: key }, key);
  await clock.run(26 * HOUR_MS);
  return life.steps;
}

function seeded(seed: number): () => number {
  let state = seed + 1;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

describe("a process that ends at any step, and the next one at any other", () => {
  it("loses no mail, sends no second one for a key, and repeats only what may not have been delivered", async () => {
    let doubled = 0;
    for (let round = 0; round < 300; round++) {
      const random = seeded(round * 7_919);
      const world: World = { store: new FakeStore(), delivered: [], random, lives: 0 };
      await live(world, 1 + (round % 60));
      await live(world, 1 + Math.floor(random() * 60));
      await live(world, Infinity);
      for (const key of KEYS) {
        const copies = world.delivered.filter(({ text }) => text === key);
        const ids = new Set(copies.map(({ messageId }) => messageId));
        const row = world.store.row(key);
        const held = row?.state === "unknown";
        const unknowns = Number(row?.details["unknowns"]);
        const about = { round, key, ids: ids.size, open: row?.isOpen, enough: copies.length >= 1 || held };
        expect(about).toEqual({ round, key, ids: copies.length === 0 ? 0 : 1, open: false, enough: true });
        // Each copy but the last one was one of which nobody knew.
        expect({ round, key, copies: copies.length }).toSatisfy(() => copies.length - 1 <= unknowns);
        if (copies.length > 1) doubled++;
      }
    }
    // The crashes do strike where it hurts.
    expect(doubled).toBeGreaterThan(10);
  });
});
