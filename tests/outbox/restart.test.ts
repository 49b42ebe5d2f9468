import { describe, expect, it } from "vitest";
import { StorageError } from "../../src/domain/errors.ts";
import { ManualClock } from "../fakes/manual-clock.ts";
import { FakeStore } from "./fake-store.ts";
import {
  type Act,
  DEFERRED,
  HELD,
  HOUR_MS,
  MINUTE_MS,
  note,
  REFUSED,
  type Scripted,
  type ScriptedOptions,
  SENT,
  scripted,
  UNKNOWN,
} from "./scripted-submit.ts";

const never = () => new Promise<never>(() => {});
const crashInEnvelope: Act = never;
const crashInBody: Act = async (_, beforeContent) => (await beforeContent(), await never());

interface Process extends Scripted {
  readonly store: FakeStore;
}

/** A process with an outbox over this store; what the one before still has in hand never ends. */
async function start(store: FakeStore, acts: Act[], options: ScriptedOptions = {}): Promise<Process> {
  const process = scripted(acts, { store, ...options });
  await process.outbox.start();
  return { store, ...process };
}

/** The next process, `afterMs` later by the clock on the wall. */
async function restart({ store, clock }: Process, acts: Act[], options: ScriptedOptions & { afterMs?: number } = {}) {
  const { afterMs = 0, ...rest } = options;
  return await start(store, acts, { clock: new ManualClock({ startMs: clock.now() + afterMs }), ...rest });
}

/** A process that had this mail, and ended as the acts say. */
async function left(acts: Act[], options: ScriptedOptions = {}): Promise<Process> {
  const process = await start(new FakeStore(), acts, options);
  void process.outbox.enqueue(note("a"), "k");
  await process.clock.run(0);
  return process;
}

describe("a restart", () => {
  it("sends what was stored and never tried", async () => {
    const first = await left([], { limits: { maxSending: 0 } });
    expect(first.store.journal).toEqual(["add k pending"]);
    const { attempts, outbox, clock } = await restart(first, []);
    await clock.run(0);
    expect(attempts).toMatchObject([{ mail: note("a") }]);
    expect(outbox.status()).toMatchObject({ sent: 1, pending: 0, oldestUnsent: null });
  });

  it("goes on retrying where it stood, the same mail, by the clock on the wall", async () => {
    const first = await left([DEFERRED, DEFERRED, DEFERRED]);
    await first.clock.run(15_000);
    expect(first.attempts).toHaveLength(3);
    // 20 seconds were to be waited, 12 have gone by.
    const { attempts, clock } = await restart(first, [DEFERRED], { afterMs: 12_000 });
    await clock.run(7_999);
    expect(attempts).toHaveLength(0);
    await clock.run(1);
    expect(attempts).toMatchObject([{ mail: note("a") }]);
    expect(first.store.row("k")).toMatchObject({ attempts: 4, nextAttemptAt: clock.now() + 40_000 });
  });

  it("retries those recipients only who have not got it", async () => {
    const partly = {
      kind: "sent" as const,
      accepted: ["ann@a.example"],
      rejected: [{ address: "grey@c.example", reason: "450 later", permanent: false }],
    };
    const first = await start(new FakeStore(), [partly]);
    await first.outbox.enqueue(note("a", ["ann@a.example", "grey@c.example"]), "k");
    const { attempts, clock } = await restart(first, []);
    await clock.run(MINUTE_MS);
    expect(attempts).toMatchObject([{ to: ["grey@c.example"] }]);
    expect(first.store.row("k")).toMatchObject({
      state: "sent",
      details: { accepted: ["ann@a.example", "grey@c.example"], rejected: [] },
    });
  });

  it("gives up a day after the mail came, however often the process was restarted, with a last attempt", async () => {
    let process = await left([DEFERRED]);
    for (let hours = 0; hours < 24; hours++) process = await restart(process, [DEFERRED], { afterMs: HOUR_MS });
    await process.clock.run(0);
    expect(process.attempts).toHaveLength(1);
    expect(process.store.row("k")).toMatchObject({
      state: "failed",
      isOpen: false,
      attempts: 25,
      details: { error: { code: "GAVE_UP" } },
    });
  });

  it("is asked for once, however many ask", async () => {
    const first = await left([], { limits: { maxSending: 0 } });
    let opened = 0;
    const open = first.store.open.bind(first.store);
    first.store.open = async () => (opened++, await open());
    const { outbox } = scripted([], { store: first.store });
    await Promise.all([outbox.start(), outbox.has("k"), outbox.enqueue(note("b"), "other"), outbox.start()]);
    expect(opened).toBe(1);
  });

  it("that finds the store broken is tried again by the next who asks", async () => {
    const first = await left([], { limits: { maxSending: 0 } });
    first.store.fail("open", { times: 2 });
    const { outbox, clock, attempts } = scripted([], { store: first.store });
    await expect(outbox.start()).rejects.toThrow(StorageError);
    await expect(outbox.has("k")).rejects.toThrow(StorageError);
    await outbox.start();
    await clock.run(0);
    expect(attempts).toHaveLength(1);
  });

  it("leaves a mail that cannot be read to a person, and sends the others", async () => {
    const first = await left([], { limits: { maxSending: 0 } });
    const row = first.store.row("k");
    if (row) await first.store.add({ ...row, key: "broken" }, { mail: null, files: [] });
    const { clock, attempts, logged } = await restart(first, []);
    await clock.run(0);
    expect(attempts).toHaveLength(1);
    expect(first.store.row("broken")).toMatchObject({ isOpen: true });
    expect(logged).toMatchObject([{ level: "error", fields: { code: "STORAGE" } }, { level: "info" }]);
  });
});

describe("a mail that was on its way when the process ended", () => {
  it("is sent at once where none of it had been sent", async () => {
    const first = await left([crashInEnvelope]);
    expect(first.store.row("k")).toMatchObject({ state: "sending", attempts: 1, details: { phase: "envelope" } });
    const { attempts, clock, store } = await restart(first, []);
    await clock.run(0);
    expect(attempts).toMatchObject([{ atMs: 0, mail: note("a") }]);
    expect(store.row("k")).toMatchObject({ state: "sent", attempts: 2 });
  });

  it("is sent once more after five minutes, the same mail, where it may have been delivered", async () => {
    const first = await left([crashInBody]);
    expect(first.store.row("k")).toMatchObject({ state: "sending", details: { phase: "body" } });
    const { attempts, clock, store, logged, outbox } = await restart(first, [], { random: () => 0.5 });
    expect(store.row("k")).toMatchObject({ state: "unknown", isOpen: true, attempts: 1 });
    expect(logged).toMatchObject([{ level: "warn", fields: { phase: "body", willRetry: true } }]);
    await clock.run(5.5 * MINUTE_MS - 1);
    expect(attempts).toHaveLength(0);
    expect(outbox.status()).toMatchObject({ unknown: 1 });
    await clock.run(1);
    expect(attempts).toMatchObject([{ mail: note("a") }]);
    expect(store.row("k")).toMatchObject({ state: "sent", attempts: 2 });
  });

  it("waits as short as it is told to", async () => {
    const first = await left([crashInBody]);
    const { attempts, clock } = await restart(first, [], { limits: { unknownRetryMs: 100 } });
    await clock.run(120);
    expect(attempts).toHaveLength(1);
  });

  it("is held where it may have been delivered and the account says so", async () => {
    const first = await left([crashInBody]);
    const limits = { onUnknown: "hold" as const };
    const { attempts, clock, store, outbox } = await restart(first, [], { limits });
    await clock.run(48 * HOUR_MS);
    expect(attempts).toHaveLength(0);
    expect(store.row("k")).toMatchObject({ state: "unknown", isOpen: false });
    expect(outbox.status()).toMatchObject({ unknown: 1 });
    expect(await outbox.enqueue(note("b"), "k")).toMatchObject({
      status: "duplicate",
      messageId: "<a@bot.example>",
      retryable: false,
      error: { code: "OUTCOME_UNKNOWN" },
    });
  });

  it("waits no longer when the process ends again while it waits", async () => {
    let process = await restart(await left([crashInBody]), []);
    await process.clock.run(4 * MINUTE_MS);
    process = await restart(process, [], { afterMs: MINUTE_MS });
    await process.clock.run(MINUTE_MS);
    expect(process.attempts).toHaveLength(1);
  });

  it("and each time the process ended with it is tried five times altogether, then held", async () => {
    let process = await left([crashInBody]);
    for (let crashes = 1; crashes < 5; crashes++) {
      process = await restart(process, [crashInBody]);
      await process.clock.run(6 * MINUTE_MS);
      expect(process.attempts).toHaveLength(1);
    }
    process = await restart(process, []);
    await process.clock.run(48 * HOUR_MS);
    expect(process.attempts).toHaveLength(0);
    expect(process.store.row("k")).toMatchObject({ state: "unknown", isOpen: false, attempts: 5 });
  });

  it("is held after a second answer that never came", async () => {
    const process = await restart(await left([crashInBody]), [UNKNOWN]);
    await process.clock.run(48 * HOUR_MS);
    expect(process.attempts).toHaveLength(1);
    expect(process.store.row("k")).toMatchObject({ state: "unknown", isOpen: false });
  });

  it("whose outcome could not be written down is treated as one whose outcome nobody knows", async () => {
    const first = await start(new FakeStore(), []);
    first.store.fail("update", { matching: " sent" });
    await first.outbox.enqueue(note("a"), "k");
    first.store.heal();
    const { attempts, clock } = await restart(first, []);
    await clock.run(5 * MINUTE_MS - 1);
    expect(attempts).toHaveLength(0);
    await clock.run(2 * MINUTE_MS);
    expect(attempts).toHaveLength(1);
  });

  it("and that a person dropped meanwhile is left alone", async () => {
    const first = await left([crashInBody]);
    const open = first.store.open.bind(first.store);
    first.store.open = async () => {
      const rows = await open();
      first.store.drop("k");
      return rows;
    };
    const { attempts, clock, outbox } = await restart(first, []);
    await clock.run(48 * HOUR_MS);
    expect(attempts).toHaveLength(0);
    expect(outbox.status()).toMatchObject({ unknown: 0, oldestUnsent: null });
  });
});

describe("a key, after a restart", () => {
  it("of a mail that was sent gives its receipt as a duplicate", async () => {
    const first = await start(new FakeStore(), [SENT("ann@ann.example")]);
    await first.outbox.enqueue(note("a"), "k");
    const { outbox, attempts } = await restart(first, []);
    expect([await outbox.has("k"), await outbox.has("other")]).toEqual([true, false]);
    expect(await outbox.enqueue(note("b"), "k")).toEqual({
      messageId: "<a@bot.example>",
      status: "duplicate",
      accepted: ["ann@ann.example"],
      rejected: [],
    });
    expect(attempts).toHaveLength(0);
  });

  it.each([
    ["refused", REFUSED, "MAIL_REFUSED"],
    ["dropped", DEFERRED, "DROPPED"],
  ])("of a mail that was %s says so", async (what, outcome, code) => {
    const first = await left([outcome]);
    if (what === "dropped") first.store.drop("k");
    const { outbox, attempts, clock } = await restart(first, []);
    expect(await outbox.enqueue(note("b"), "k")).toMatchObject({
      status: "duplicate",
      messageId: "<a@bot.example>",
      retryable: false,
      rejected: [{ address: "ann@ann.example", permanent: true }],
      error: { code },
    });
    await clock.run(48 * HOUR_MS);
    expect(attempts).toHaveLength(0);
  });

  it("of a mail that is still to be sent waits for it", async () => {
    const { outbox, attempts } = await restart(await left([], { limits: { maxSending: 0 } }), []);
    expect(await outbox.enqueue(note("b"), "k")).toMatchObject({ status: "duplicate", messageId: "<a@bot.example>" });
    expect(attempts).toHaveLength(1);
  });

  it("of a mail that was taken by another while we looked is that mail's", async () => {
    const first = await start(new FakeStore(), []);
    await first.outbox.enqueue(note("a"), "k");
    const { outbox, store } = await restart(first, []);
    const find = store.find.bind(store);
    let finds = 0;
    store.find = async (key) => (finds++ === 0 ? undefined : await find(key));
    expect(await outbox.enqueue(note("b"), "k")).toMatchObject({ status: "duplicate", messageId: "<a@bot.example>" });
  });
});

describe("the clock on the wall, set while the process was down", () => {
  it("back by days: no mail waits longer than its longest back-off, nor lives longer than a day from now", async () => {
    const first = await left([DEFERRED]);
    const { attempts, clock, store } = await restart(
      first,
      Array.from({ length: 500 }, () => DEFERRED),
      { afterMs: -72 * HOUR_MS },
    );
    await clock.run(15 * MINUTE_MS);
    expect(attempts).toHaveLength(1);
    await clock.run(24 * HOUR_MS);
    expect(store.row("k")).toMatchObject({ state: "failed" });
  });

  it("forward by minutes: what is due is sent", async () => {
    const { attempts, clock } = await restart(await left([DEFERRED]), [], { afterMs: 10 * MINUTE_MS });
    await clock.run(0);
    expect(attempts).toHaveLength(1);
  });

  it("while it ran: what is written down from then on is told by the new time", async () => {
    const first = await left([DEFERRED, DEFERRED]);
    first.clock.jump(48 * HOUR_MS);
    await first.clock.run(5_000);
    expect(first.store.row("k")).toMatchObject({
      enqueuedAt: first.clock.now() - 5_000,
      nextAttemptAt: first.clock.now() + 10_000,
    });
    const { attempts, clock, store } = await restart(first, [DEFERRED]);
    await clock.run(10_000);
    expect(attempts).toHaveLength(1);
    expect(store.row("k")).toMatchObject({ state: "retrying" });
  });
});

describe("a mail that a person puts back", () => {
  it("after it failed is sent now, to everybody who has not got it, and has a day again", async () => {
    const partly = {
      kind: "sent" as const,
      accepted: ["ann@a.example"],
      rejected: [{ address: "gone@b.example", reason: "550 no", permanent: true }],
    };
    const first = await start(new FakeStore(), [partly]);
    await first.outbox.enqueue(note("a", ["ann@a.example", "gone@b.example"]), "k");
    const process = await restart(
      first,
      Array.from({ length: 500 }, () => DEFERRED),
      { afterMs: 240 * HOUR_MS },
    );
    process.store.revive("k");
    await process.outbox.lookForRevived();
    await process.clock.run(0);
    expect(process.attempts).toMatchObject([{ to: ["gone@b.example"] }]);
    expect(process.store.row("k")).toMatchObject({ state: "retrying", attempts: 2 });
    expect(await process.outbox.enqueue(note("b"), "k")).toMatchObject({ status: "duplicate", retryable: true });
    await process.clock.run(30 * HOUR_MS);
    expect(process.attempts.at(-1)?.atMs).toBe(24 * HOUR_MS);
  });

  it.each([REFUSED, UNKNOWN])(
    "while no process ran is sent by the next start, and has a day again",
    async (outcome) => {
      const first = await start(new FakeStore(), [outcome], { limits: { onUnknown: "hold" } });
      await first.outbox.enqueue(note("a"), "k");
      first.store.revive("k");
      const { attempts, clock, store } = await restart(first, [DEFERRED], { afterMs: 240 * HOUR_MS });
      await clock.run(0);
      expect(attempts).toMatchObject([{ to: ["ann@ann.example"] }]);
      expect(store.row("k")).toMatchObject({ state: "retrying", details: { unknowns: 0 } });
    },
  );

  it("goes to its recipients even when the store does not tell that it was put back", async () => {
    const first = await left([REFUSED]);
    first.store.revive("k");
    await first.store.revived();
    const { attempts, clock } = await restart(first, []);
    await clock.run(0);
    expect(attempts).toMatchObject([{ to: ["ann@ann.example"] }]);
  });

  it("is only looked at once", async () => {
    const process = await left([REFUSED, REFUSED]);
    process.store.revive("k");
    for (let times = 0; times < 3; times++) await process.outbox.lookForRevived();
    await process.clock.run(48 * HOUR_MS);
    expect(process.attempts).toHaveLength(2);
  });

  it("after it was held is sent, and its outcome may be unknown once again", async () => {
    const process = await left([UNKNOWN, UNKNOWN, UNKNOWN]);
    await process.clock.run(HOUR_MS);
    expect(process.outbox.status()).toMatchObject({ unknown: 1 });
    process.store.revive("k");
    await process.outbox.lookForRevived();
    await process.clock.run(0);
    expect(process.attempts).toHaveLength(3);
    expect(process.store.row("k")).toMatchObject({ state: "unknown", isOpen: true });
    await process.clock.run(HOUR_MS);
    expect(process.attempts).toHaveLength(4);
    expect(process.outbox.status()).toMatchObject({ unknown: 0, sent: 1 });
  });

  it("while it waits is due now", async () => {
    const process = await left([{ ...DEFERRED, retryAfterMs: 10 * HOUR_MS }]);
    process.store.revive("k");
    await process.outbox.lookForRevived();
    await process.clock.run(0);
    expect(process.attempts).toHaveLength(2);
  });

  it("while the account waits for a person asks the server once more", async () => {
    const process = await left([HELD, HELD]);
    process.store.revive("k");
    await process.outbox.lookForRevived();
    await process.clock.run(0);
    expect(process.attempts).toHaveLength(2);
    expect(process.outbox.status()).toMatchObject({ paused: { code: "LOGIN_REFUSED" } });
  });

  it("while it is on its way is not sent twice", async () => {
    const process = await left([crashInEnvelope]);
    process.store.revive("k");
    await process.outbox.lookForRevived();
    await process.clock.run(HOUR_MS);
    expect(process.attempts).toHaveLength(1);
  });

  it("survives a crash before it is tried, with its new day", async () => {
    const first = await left([UNKNOWN], { limits: { onUnknown: "hold" } });
    const idle = await restart(first, [], { limits: { maxSending: 0 }, afterMs: 100 * HOUR_MS });
    idle.store.revive("k");
    await idle.outbox.lookForRevived();
    expect(idle.store.row("k")).toMatchObject({ enqueuedAt: idle.clock.now(), state: "retrying" });
    const { attempts, clock, store } = await restart(idle, [DEFERRED]);
    await clock.run(0);
    expect(attempts).toHaveLength(1);
    expect(store.row("k")).toMatchObject({ state: "retrying" });
  });

  it("can be looked for again when the store could not be read", async () => {
    const process = await left([REFUSED]);
    process.store.revive("k");
    process.store.fail("revived", { times: 1 });
    await expect(process.outbox.lookForRevived()).rejects.toThrow(StorageError);
    await process.outbox.lookForRevived();
    await process.clock.run(0);
    expect(process.attempts).toHaveLength(2);
  });

  it("is left in the store by an outbox that is closed", async () => {
    const process = await left([REFUSED]);
    await process.outbox[Symbol.asyncDispose]();
    process.store.revive("k");
    await process.outbox.lookForRevived();
    expect(process.store.row("k")).toMatchObject({ isOpen: true, enqueuedAt: process.clock.now() });
    expect(process.attempts).toHaveLength(1);
  });
});
