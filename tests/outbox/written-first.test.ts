import { EventEmitter, once } from "node:events";
import { describe, expect, it } from "vitest";
import { InvalidMessageError, StorageError } from "../../src/domain/errors.ts";
import { FakeStore } from "./fake-store.ts";
import {
  type Act,
  DEFERRED,
  HELD,
  note,
  REFUSED,
  SENT,
  scripted,
  type ScriptedOptions,
  UNKNOWN,
} from "./scripted-submit.ts";

function durable(acts: Act[], options: ScriptedOptions = {}) {
  const store = new FakeStore();
  return { store, ...scripted(acts, { store, ...options }) };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));
const untilAborted = (signal: AbortSignal) =>
  new Promise<typeof DEFERRED>((resolve) => signal.addEventListener("abort", () => resolve(DEFERRED)));

describe("each step is written down before it is taken", () => {
  it("when all goes well", async () => {
    const { outbox, store } = durable([]);
    expect(await outbox.enqueue(note("a"), "k")).toMatchObject({ status: "sent" });
    expect(store.journal).toEqual([
      "add k pending",
      "update k sending envelope",
      "try <a@bot.example>",
      "update k sending body",
      "body <a@bot.example>",
      "update k sent",
    ]);
  });

  it("when it is refused before the mail itself, and tried again", async () => {
    const { outbox, store, clock } = durable([DEFERRED, REFUSED]);
    await outbox.enqueue(note("a"), "k");
    await clock.run(60_000);
    expect(store.journal).toEqual([
      "add k pending",
      "update k sending envelope",
      "try <a@bot.example>",
      "update k retrying",
      "update k sending envelope",
      "try <a@bot.example>",
      "update k failed",
    ]);
  });

  it("with all that a restart and a person need to know", async () => {
    const { outbox, store, clock } = durable([DEFERRED]);
    await outbox.enqueue({ ...note("a"), attachments: [{ source: { content: Buffer.from("hi") } }] }, "k");
    expect(store.row("k")).toEqual({
      key: "k",
      messageId: "<a@bot.example>",
      state: "retrying",
      isOpen: true,
      attempts: 1,
      enqueuedAt: clock.now(),
      nextAttemptAt: clock.now() + 5_000,
      details: {
        recipients: ["ann@ann.example"],
        accepted: [],
        rejected: [],
        unknowns: 0,
        phase: "envelope",
        error: { code: "MAIL_DEFERRED", message: DEFERRED.message },
      },
      mail: { ...note("a"), attachments: undefined },
      files: [Buffer.from("hi")],
    });
  });

  it("and what is sent is what was stored", async () => {
    const { outbox, attempts } = durable([]);
    await outbox.enqueue({ ...note("a"), attachments: [{ source: { path: "/tmp/x" } }] }, "k");
    expect(attempts[0]?.mail.attachments).toEqual([{ source: { content: Buffer.from("/tmp/x") } }]);
  });
});

describe("two of one key at the same moment", () => {
  it("are one mail", async () => {
    const { outbox, store, attempts } = durable([]);
    const receipts = await Promise.all(["a", "b", "c"].map((id) => outbox.enqueue(note(id), "k")));
    expect(receipts.map(({ status, messageId }) => [status, messageId])).toEqual([
      ["sent", "<a@bot.example>"],
      ["duplicate", "<a@bot.example>"],
      ["duplicate", "<a@bot.example>"],
    ]);
    expect(attempts).toHaveLength(1);
    expect(store.journal.filter((line) => line.startsWith("add"))).toHaveLength(1);
  });

  it("share the failure, and leave the key free", async () => {
    const { outbox, store } = durable([]);
    store.fail("add", { times: 1 });
    const both = await Promise.allSettled(["a", "b"].map((id) => outbox.enqueue(note(id), "k")));
    expect(both).toMatchObject([{ reason: expect.any(StorageError) }, { reason: expect.any(StorageError) }]);
    expect(await outbox.enqueue(note("c"), "k")).toMatchObject({ status: "sent", messageId: "<c@bot.example>" });
  });
});

describe("a store that fails", () => {
  it.each(["open", "find", "add"] as const)(
    "at %s: nothing is sent, the caller hears it, the key is free",
    async (call) => {
      const { outbox, store, attempts } = durable([]);
      store.fail(call, { times: 1 });
      await expect(outbox.enqueue(note("a"), "k")).rejects.toThrow(StorageError);
      expect(attempts).toHaveLength(0);
      expect(outbox.status()).toMatchObject({ pending: 0, oldestUnsent: null });
      expect(await outbox.enqueue(note("a"), "k")).toMatchObject({ status: "sent" });
    },
  );

  it("before the claim: nothing goes to the server until it works again", async () => {
    const { outbox, store, clock, attempts } = durable([]);
    store.fail("update");
    expect(await outbox.enqueue(note("a"), "k")).toMatchObject({
      status: "queued",
      retryable: true,
      error: { code: "STORAGE" },
    });
    await clock.run(60_000);
    expect(attempts).toHaveLength(0);
    store.heal();
    await clock.run(15 * 60_000);
    expect(store.journal.slice(-5)).toEqual([
      "update k sending envelope",
      "try <a@bot.example>",
      "update k sending body",
      "body <a@bot.example>",
      "update k sent",
    ]);
  });

  it("before the mail itself: none of it is sent in that attempt", async () => {
    const { outbox, store, clock } = durable([]);
    store.fail("update", { matching: "body", times: 1 });
    expect(await outbox.enqueue(note("a"), "k")).toMatchObject({ status: "queued", retryable: true });
    expect(store.journal).not.toContain("body <a@bot.example>");
    await clock.run(60_000);
    expect(store.journal.slice(-2)).toEqual(["body <a@bot.example>", "update k sent"]);
  });

  it("after the mail was sent: it is never sent again, and written down when that works", async () => {
    const { outbox, store, clock, attempts, logged } = durable([]);
    store.fail("update", { matching: " sent" });
    expect(await outbox.enqueue(note("a"), "k")).toMatchObject({ status: "sent" });
    expect(store.row("k")).toMatchObject({ state: "sending", details: { phase: "body" } });
    await clock.run(3_600_000);
    expect(await outbox.enqueue(note("b"), "k")).toMatchObject({ status: "duplicate" });
    expect(logged.filter(({ level }) => level === "error")).toMatchObject([{ fields: { code: "STORAGE" } }]);
    store.heal();
    await clock.run(15 * 60_000);
    expect(store.row("k")).toMatchObject({ state: "sent", isOpen: false });
    expect(attempts).toHaveLength(1);
    expect(clock.sleeping).toBe(0);
  });

  it("after the mail was put off: the next attempt is made and written down all the same", async () => {
    const { outbox, store, clock, attempts } = durable([DEFERRED]);
    store.fail("update", { matching: "retrying", times: 1 });
    await outbox.enqueue(note("a"), "k");
    await clock.run(60_000);
    expect(attempts).toHaveLength(2);
    expect(store.journal.at(-1)).toBe("update k sent");
    await clock.run(3_600_000);
    expect(store.journal.at(-1)).toBe("update k sent");
  });

  it("and then is slow: the steps of a mail are written in their order all the same", async () => {
    const { outbox, store, clock } = durable([DEFERRED]);
    store.fail("update", { matching: "retrying", times: 1 });
    await outbox.enqueue(note("a"), "k");
    const update = store.update.bind(store);
    store.update = async (send) => {
      for (let turns = 0; send.state === "retrying" && turns < 5; turns++) await turn();
      return await update(send);
    };
    await clock.run(60_000);
    expect(store.journal.slice(-6)).toEqual([
      "update k retrying",
      "update k sending envelope",
      "try <a@bot.example>",
      "update k sending body",
      "body <a@bot.example>",
      "update k sent",
    ]);
  });

  it("until the end: the last try is at the goodbye", async () => {
    const { outbox, store } = durable([]);
    store.fail("update", { matching: " sent" });
    await outbox.enqueue(note("a"), "k");
    store.heal();
    await outbox[Symbol.asyncDispose]();
    expect(store.row("k")).toMatchObject({ state: "sent" });
  });

  it("beyond the end is told", async () => {
    const { outbox, store, logged, clock } = durable([]);
    store.fail("update", { matching: " sent" });
    await outbox.enqueue(note("a"), "k");
    await outbox[Symbol.asyncDispose]();
    expect(logged.at(-1)).toMatchObject({ level: "error", fields: { code: "STORAGE", mails: 1 } });
    expect(clock.sleeping).toBe(0);
  });
});

describe("a mail that a person drops", () => {
  it("while it waits for its turn is not sent, and whoever waits hears so", async () => {
    const turns = new EventEmitter();
    const slow = async () => (await once(turns, "go"), SENT());
    const { outbox, store, attempts, clock } = durable([slow], { limits: { maxSending: 1 } });
    const first = outbox.enqueue(note("a"), "a");
    const second = outbox.enqueue(note("b"), "b");
    await clock.run(0);
    store.drop("b");
    turns.emit("go");
    expect([await first, await second]).toMatchObject([
      { status: "sent" },
      { status: "failed", error: { code: "DROPPED" } },
    ]);
    expect(attempts).toHaveLength(1);
  });

  it("while it waits for its next attempt is not sent again", async () => {
    const { outbox, store, clock, attempts, logged } = durable([DEFERRED]);
    await outbox.enqueue(note("a"), "k");
    store.drop("k");
    await clock.run(3_600_000);
    expect(attempts).toHaveLength(1);
    expect(outbox.status()).toMatchObject({ retrying: 0, oldestUnsent: null });
    expect(store.row("k")).toMatchObject({ state: "dropped" });
    expect(logged.at(-1)).toMatchObject({ level: "info", fields: { code: "DROPPED" } });
    expect(clock.sleeping).toBe(0);
  });

  it.each(["claim", "body"])("is stopped at its next step, the %s, and its caller hears so", async (step) => {
    const { outbox, store } = durable([
      async (_, beforeContent) => {
        store.drop("k");
        return await beforeContent().then(
          () => SENT(),
          () => DEFERRED,
        );
      },
    ]);
    if (step === "claim") {
      const add = store.add.bind(store);
      store.add = async (send, content) => {
        const added = await add(send, content);
        store.drop("k");
        return added;
      };
    }
    expect(await outbox.enqueue(note("a"), "k")).toEqual({
      messageId: "<a@bot.example>",
      status: "failed",
      accepted: [],
      rejected: [{ address: "ann@ann.example", reason: expect.stringContaining("dropped"), permanent: true }],
      retryable: false,
      error: { code: "DROPPED", message: expect.stringContaining("by a person") },
    });
    expect(store.journal.some((line) => line.startsWith("try"))).toBe(step === "body");
    expect(store.journal).not.toContain("update k sending body");
    expect(await outbox.enqueue(note("a"), "k")).toMatchObject({ status: "duplicate", error: { code: "DROPPED" } });
  });

  it("while it was being sent was sent; one that was put off is not tried again", async () => {
    const { outbox, store, clock, attempts } = durable([
      async (_, beforeContent) => (await beforeContent(), store.drop("a"), SENT("ann@ann.example")),
      () => (store.drop("b"), Promise.resolve(DEFERRED)),
    ]);
    expect(await outbox.enqueue(note("a"), "a")).toMatchObject({ status: "sent" });
    expect(await outbox.enqueue(note("b"), "b")).toMatchObject({ status: "failed", error: { code: "DROPPED" } });
    await clock.run(3_600_000);
    expect(attempts).toHaveLength(2);
  });
});

describe("a mail whose maker made a mistake", () => {
  it("that shows when it is stored is not stored", async () => {
    const { outbox, store } = durable([]);
    const broken = { ...note("a"), attachments: [{ source: new Proxy({ path: "" }, { get: () => raise() }) }] };
    await expect(outbox.enqueue(broken, "k")).rejects.toThrow(InvalidMessageError);
    expect(store.rows).toEqual([]);
    expect(await outbox.enqueue(note("a"), "k")).toMatchObject({ status: "sent" });
  });

  it("that shows when it is sent is taken out again, and its key is free", async () => {
    const { outbox, store } = durable([new InvalidMessageError("too large")]);
    await expect(outbox.enqueue(note("a"), "k")).rejects.toThrow("too large");
    expect(store.rows).toEqual([]);
    expect(await outbox.enqueue(note("a"), "k")).toMatchObject({ status: "sent" });
  });

  it("is at least never tried again when it cannot be taken out", async () => {
    const { outbox, store } = durable([new InvalidMessageError("too large")]);
    store.fail("remove");
    await expect(outbox.enqueue(note("a"), "k")).rejects.toThrow("too large");
    expect(store.row("k")).toMatchObject({ state: "failed", isOpen: false });
  });
});

describe("the end of a durable outbox", () => {
  it("leaves what is unsent to the next start, and says so to whoever waits", async () => {
    const { outbox, store, clock, logged } = durable([untilAborted], { limits: { maxSending: 1 } });
    const sending = outbox.enqueue(note("a"), "a");
    const waiting = outbox.enqueue(note("b"), "b");
    await clock.run(0);
    await outbox[Symbol.asyncDispose]();
    expect([await sending, await waiting]).toMatchObject([
      { status: "queued", retryable: true, error: { code: "MAIL_DEFERRED" } },
      { status: "queued", retryable: true, error: { code: "CLOSED" } },
    ]);
    expect(store.rows.map(({ key, state, isOpen }) => [key, state, isOpen])).toEqual([
      ["a", "retrying", true],
      ["b", "pending", true],
    ]);
    expect(logged.at(-1)).toMatchObject({ level: "info", fields: { mails: 2 } });
    expect(clock.sleeping).toBe(0);
  });

  it("waits for a mail that is just being stored, and does not send it", async () => {
    const { outbox, store, attempts, clock } = durable([]);
    const add = store.add.bind(store);
    store.add = async (send, content) => (await turn(), await turn(), await add(send, content));
    await outbox.start();
    const arriving = outbox.enqueue(note("a"), "k");
    await turn();
    await outbox[Symbol.asyncDispose]();
    expect(store.row("k")).toMatchObject({ state: "pending" });
    expect(await arriving).toMatchObject({ status: "queued", error: { code: "CLOSED" } });
    expect(attempts).toHaveLength(0);
    expect(clock.sleeping).toBe(0);
  });

  it("is waited for by a drain that comes while a mail is still being stored", async () => {
    const { outbox } = durable([]);
    const arriving = outbox.enqueue(note("a"), "k");
    expect(await outbox.drain(10_000)).toEqual({ unsent: 0 });
    expect(await arriving).toMatchObject({ status: "sent" });
  });

  it("keeps the outcome of an attempt that was cut off, in doubt as it is", async () => {
    const { outbox, store, clock } = durable([
      async (signal, beforeContent) => (await beforeContent(), await untilAborted(signal), UNKNOWN),
    ]);
    const sending = outbox.enqueue(note("a"), "a");
    await clock.run(0);
    await outbox[Symbol.asyncDispose]();
    expect(await sending).toMatchObject({ status: "queued", error: { code: "OUTCOME_UNKNOWN" } });
    expect(store.row("a")).toMatchObject({ state: "unknown", isOpen: true });
  });
});

describe("an account that is paused", () => {
  it("says queued only of a mail that is stored", async () => {
    const { outbox, store } = durable([HELD]);
    await outbox.enqueue(note("a"), "a");
    const told = outbox.enqueue(note("b"), "b").then(({ status }) => void store.journal.push(`told ${status}`));
    await told;
    expect(store.journal.slice(-2)).toEqual(["add b pending", "told queued"]);
    store.fail("add");
    await expect(outbox.enqueue(note("c"), "c")).rejects.toThrow(StorageError);
  });
});

function raise(): never {
  throw new InvalidMessageError("no such file");
}
