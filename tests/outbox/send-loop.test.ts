import { describe, expect, it } from "vitest";
import { ClosedError, InvalidMessageError, StorageError } from "../../src/domain/errors.ts";
import { FakeStore } from "./fake-store.ts";
import { BUSY, DEFERRED, HELD, HOUR_MS, MINUTE_MS, note, REFUSED, SENT, scripted, UNKNOWN } from "./scripted-submit.ts";

const large = (id: string) => ({ ...note(id), attachments: [{ source: { content: Buffer.alloc(2_000) } }] });
const untilAborted = (signal: AbortSignal) =>
  new Promise<typeof UNKNOWN>((resolve) => signal.addEventListener("abort", () => resolve(UNKNOWN)));
const minutes = (attempts: readonly { atMs: number }[]) => attempts.map(({ atMs }) => atMs / MINUTE_MS);

describe("sending", () => {
  it("tells how the first attempt ended", async () => {
    const { outbox } = scripted([SENT("ann@ann.example")]);
    expect(await outbox.enqueue(note("a"), "k")).toEqual({
      messageId: "<a@bot.example>",
      status: "sent",
      accepted: ["ann@ann.example"],
      rejected: [],
    });
  });

  it("fails for good at once, for each recipient, and says so in the log without saying to whom or what", async () => {
    const { outbox, logged, attempts, clock } = scripted([
      { ...REFUSED, message: "550 5.1.1 <ann@ann.example> no such user" },
    ]);
    expect(await outbox.enqueue(note("a"), "k")).toEqual({
      messageId: "<a@bot.example>",
      status: "failed",
      accepted: [],
      rejected: [{ address: "ann@ann.example", reason: "550 5.1.1 <ann@ann.example> no such user", permanent: true }],
      retryable: false,
      error: { code: "MAIL_REFUSED", message: "550 5.1.1 <ann@ann.example> no such user" },
    });
    await clock.run(48 * HOUR_MS);
    expect(attempts).toHaveLength(1);
    expect(logged).toMatchObject([
      {
        level: "error",
        message: "mail not sent",
        fields: { code: "MAIL_REFUSED", to: "ann.example", willRetry: false },
      },
    ]);
    expect(JSON.stringify(logged)).not.toMatch(/ann@|secret text/);
  });

  it("goes on sending to others when one fails", async () => {
    const { outbox } = scripted([REFUSED, SENT("ann@ann.example")]);
    const [first, second] = await Promise.all([outbox.enqueue(note("a"), "k1"), outbox.enqueue(note("b"), "k2")]);
    expect([first.status, second.status]).toEqual(["failed", "sent"]);
  });

  it("survives a transport that breaks its promise", async () => {
    const { outbox, clock, attempts } = scripted([new TypeError("a bug"), SENT("ann@ann.example")]);
    expect(await outbox.enqueue(note("a"), "k")).toMatchObject({
      status: "queued",
      error: { code: "UNEXPECTED", message: "a bug" },
    });
    await clock.run(MINUTE_MS);
    expect(attempts).toHaveLength(2);
  });

  it("has few mails on their way at once", async () => {
    let busy = 0;
    let most = 0;
    const slow = async () => {
      most = Math.max(most, ++busy);
      await new Promise((resolve) => setImmediate(resolve));
      busy--;
      return SENT();
    };
    const { outbox } = scripted(
      Array.from({ length: 30 }, () => slow),
      { limits: { maxSending: 4 } },
    );
    await Promise.all(Array.from({ length: 30 }, (_, index) => outbox.enqueue(note(`${index}`), `${index}`)));
    expect(most).toBe(4);
  });
});

describe("a transient failure", () => {
  it("is queued with the time of the next attempt, and retried with the same mail", async () => {
    const { outbox, clock, attempts } = scripted([DEFERRED, SENT("ann@ann.example")]);
    expect(await outbox.enqueue(note("a"), "k")).toMatchObject({
      status: "queued",
      retryable: true,
      retryAfterMs: 5_000,
      error: { code: "MAIL_DEFERRED" },
    });
    await clock.run(4_999);
    expect(attempts).toHaveLength(1);
    await clock.run(1);
    expect(attempts).toHaveLength(2);
    expect(attempts[1]?.mail).toEqual(attempts[0]?.mail);
    expect(outbox.status()).toMatchObject({ sent: 1, retrying: 0, oldestUnsent: null });
  });

  it("waits twice as long after each failure, a quarter of an hour at most", async () => {
    const { outbox, clock } = scripted(Array.from({ length: 12 }, () => DEFERRED));
    await outbox.enqueue(note("a"), "k");
    await clock.run(2 * HOUR_MS);
    expect(clock.slept.slice(0, 10).map((ms) => ms / 1_000)).toEqual([5, 10, 20, 40, 80, 160, 320, 640, 900, 900]);
  });

  it("spreads by chance, never below a second", async () => {
    const { outbox, clock } = scripted([DEFERRED, DEFERRED], { random: () => 0 });
    await outbox.enqueue(note("a"), "k");
    await clock.run(10_000);
    expect(clock.slept).toEqual([1_000, 1_000]);
  });

  it("waits as long as the server wishes", async () => {
    const { outbox, clock } = scripted([{ ...DEFERRED, retryAfterMs: 600_000 }]);
    expect(await outbox.enqueue(note("a"), "k")).toMatchObject({ retryAfterMs: 600_000 });
    expect(clock.slept).toEqual([600_000]);
  });

  it("is given up after a day, with a last attempt at its end", async () => {
    const { outbox, clock, attempts, logged } = scripted(Array.from({ length: 500 }, () => DEFERRED));
    await outbox.enqueue(note("a"), "k");
    await clock.run(30 * HOUR_MS);
    expect(attempts.at(-1)?.atMs).toBe(24 * HOUR_MS);
    expect(attempts.length).toBeGreaterThan(95);
    expect(logged.at(-1)).toMatchObject({ level: "error", fields: { code: "GAVE_UP", willRetry: false } });
    expect(outbox.status()).toMatchObject({ failed: 1, retrying: 0 });
    expect(clock.sleeping).toBe(0);
  });

  it("of some recipients retries those only", async () => {
    const to = ["ann@a.example", "gone@b.example", "grey@c.example"];
    const partly = {
      kind: "sent" as const,
      accepted: ["ann@a.example"],
      rejected: [
        { address: "gone@b.example", reason: "550 no", permanent: true },
        { address: "grey@c.example", reason: "450 later", permanent: false },
      ],
    };
    const store = new FakeStore();
    const { outbox, clock, attempts } = scripted([partly, SENT("grey@c.example")], { store });
    expect(await outbox.enqueue(note("a", to), "k")).toMatchObject({
      status: "sent",
      accepted: ["ann@a.example"],
      rejected: partly.rejected,
      retryable: true,
      retryAfterMs: 5_000,
    });
    await clock.run(MINUTE_MS);
    expect(attempts.map((attempt) => attempt.to)).toEqual([to, ["grey@c.example"]]);
    expect(outbox.status()).toMatchObject({ sent: 1, retrying: 0 });
    // Whoever was put off and has it now is no longer among the rejected.
    expect(store.row("k")).toMatchObject({
      details: { accepted: ["ann@a.example", "grey@c.example"], rejected: [{ address: "gone@b.example" }] },
    });
  });
});

describe("nobody knows whether it was delivered", () => {
  it.each([
    ["retry", DEFERRED, { baseMs: 10, capMs: 100 }, 10],
    ["unknownRetryMs", UNKNOWN, 50, 60],
  ])("and any other wait can be made shorter: %s", async (limit, outcome, value, waitsMs) => {
    const { outbox, clock, attempts } = scripted([outcome], { limits: { [limit]: value } });
    await outbox.enqueue(note("a"), "k");
    await clock.run(waitsMs - 1);
    expect(attempts).toHaveLength(1);
    await clock.run(1);
    expect(attempts).toHaveLength(2);
  });

  it("is tried once more, no sooner than five minutes later, with the same mail", async () => {
    const { outbox, clock, attempts, logged } = scripted([UNKNOWN, UNKNOWN], { random: () => 0 });
    expect(await outbox.enqueue(note("a"), "k")).toMatchObject({
      status: "queued",
      retryable: true,
      retryAfterMs: 5 * MINUTE_MS,
      error: { code: "OUTCOME_UNKNOWN" },
    });
    await clock.run(24 * HOUR_MS);
    expect(minutes(attempts)).toEqual([0, 5]);
    expect(attempts[1]?.mail).toEqual(attempts[0]?.mail);
    expect(outbox.status()).toMatchObject({ unknown: 1, sent: 0, failed: 0 });
    expect(logged.map(({ fields }) => [fields["state"], fields["willRetry"]])).toEqual([
      ["unknown", true],
      ["unknown", false],
    ]);
  });

  it("is not tried again when told to hold", async () => {
    const { outbox, clock, attempts } = scripted([UNKNOWN], { limits: { onUnknown: "hold" } });
    expect(await outbox.enqueue(note("a"), "k")).toMatchObject({
      status: "queued",
      retryable: false,
      error: { code: "OUTCOME_UNKNOWN" },
    });
    await clock.run(24 * HOUR_MS);
    expect(attempts).toHaveLength(1);
  });
});

describe("the same key", () => {
  it("gives the first receipt as a duplicate and sends nothing", async () => {
    const { outbox, attempts } = scripted([SENT("ann@ann.example")]);
    const first = await outbox.enqueue(note("a"), "k");
    expect([await outbox.has("k"), await outbox.has("other")]).toEqual([true, false]);
    expect(await outbox.enqueue(note("b"), "k")).toEqual({ ...first, status: "duplicate" });
    expect(attempts).toHaveLength(1);
  });

  it("waits for the first when that is still on its way", async () => {
    const { outbox, attempts } = scripted([
      new Promise((resolve) => setTimeout(() => resolve(SENT("ann@ann.example")), 20)),
    ]);
    const [first, second] = await Promise.all([outbox.enqueue(note("a"), "k"), outbox.enqueue(note("a"), "k")]);
    expect([first.status, second.status]).toEqual(["sent", "duplicate"]);
    expect(second.messageId).toBe(first.messageId);
    expect(attempts).toHaveLength(1);
  });

  it("is known while the mail is retrying and after it was given up", async () => {
    const { outbox, clock, attempts } = scripted(Array.from({ length: 200 }, () => DEFERRED));
    await outbox.enqueue(note("a"), "k");
    expect(await outbox.enqueue(note("a"), "k")).toMatchObject({ status: "duplicate", retryable: true });
    await clock.run(25 * HOUR_MS);
    const tried = attempts.length;
    expect(await outbox.enqueue(note("a"), "k")).toMatchObject({ status: "duplicate" });
    expect(attempts).toHaveLength(tried);
  });

  it("is free again when the mail was refused before anything was sent", async () => {
    const { outbox } = scripted([new InvalidMessageError("no such file")]);
    await expect(outbox.enqueue(note("a"), "k")).rejects.toThrow("no such file");
    expect(await outbox.enqueue(note("a"), "k")).toMatchObject({ status: "sent" });
  });

  it("is known to the store when the outbox itself has forgotten it", async () => {
    const { outbox, attempts } = scripted([], { limits: { maxRemembered: 2 } });
    for (const key of ["a", "b", "c"]) await outbox.enqueue(note(key), key);
    for (const key of ["c", "a"])
      expect(await outbox.enqueue(note(`${key}2`), key)).toMatchObject({
        status: "duplicate",
        messageId: `<${key}@bot.example>`,
        accepted: ["ann@ann.example"],
      });
    expect(attempts).toHaveLength(3);
  });

  it("is not asked to be admitted twice, and one that is not admitted is not taken", async () => {
    const { outbox, attempts } = scripted([]);
    const refusal = { messageId: "", status: "suppressed" as const, accepted: [], rejected: [] };
    const asked: string[] = [];
    const enqueue = (id: string, answer: typeof refusal | undefined) =>
      outbox.enqueue(note(id), "k", () => (asked.push(id), answer));
    expect(await Promise.all([enqueue("a", refusal), enqueue("b", refusal)])).toEqual([refusal, refusal]);
    expect(await enqueue("c", undefined)).toMatchObject({ status: "sent" });
    expect(await enqueue("d", refusal)).toMatchObject({ status: "duplicate", messageId: "<c@bot.example>" });
    expect(asked).toEqual(["a", "c"]);
    expect(attempts).toHaveLength(1);
  });
});

describe("trouble with the account", () => {
  it("pauses every mail of it, not only the one that met it", async () => {
    const { outbox, clock, attempts } = scripted([BUSY], { limits: { maxSending: 1 } });
    const receipts = await Promise.all(["a", "b", "c"].map((id) => outbox.enqueue(note(id), id)));
    expect(receipts.map(({ status, error, retryAfterMs }) => [status, error?.code, retryAfterMs])).toEqual(
      Array.from({ length: 3 }, () => ["queued", "SERVER_BUSY", 5_000]),
    );
    expect(attempts).toHaveLength(1);
    expect(outbox.status()).toMatchObject({ paused: { code: "SERVER_BUSY", retryAfterMs: 5_000 } });
    await clock.run(5_000);
    expect(attempts).toHaveLength(4);
    expect(outbox.status()).toMatchObject({ sent: 3, paused: null });
  });

  it("lets one mail find out whether it is over, and waits longer while it is not", async () => {
    const { outbox, clock, attempts } = scripted(Array.from({ length: 6 }, () => BUSY));
    await Promise.all(Array.from({ length: 5 }, (_, index) => outbox.enqueue(note(`${index}`), `${index}`)));
    // Five were on their way when it began; that is one failure of the account, not five.
    await clock.run(5_000);
    expect(attempts).toHaveLength(6);
    expect(outbox.status()).toMatchObject({ paused: { retryAfterMs: 10_000 } });
    await clock.run(10_000);
    expect(outbox.status()).toMatchObject({ sent: 5, paused: null });
  });

  it("of the kind that only a person mends keeps the mail and asks rarely", async () => {
    const { outbox, clock, attempts } = scripted(
      Array.from({ length: 40 }, () => HELD),
      { random: () => 0 },
    );
    await outbox.enqueue(note("a"), "k");
    await clock.run(72 * HOUR_MS);
    const waits = attempts.slice(1).map(({ atMs }, index) => (atMs - (attempts[index]?.atMs ?? 0)) / MINUTE_MS);
    expect(waits.slice(0, 7)).toEqual([15, 30, 60, 120, 240, 360, 360]);
    expect(outbox.status()).toMatchObject({ retrying: 1, failed: 0 });
  });

  it("is over with the first mail that gets through", async () => {
    const { outbox, clock, script } = scripted([HELD]);
    await outbox.enqueue(note("a"), "a");
    script(SENT("ann@ann.example"));
    await clock.run(20 * MINUTE_MS);
    expect(await outbox.enqueue(note("b"), "b")).toMatchObject({ status: "sent" });
    expect(outbox.status()).toMatchObject({ sent: 2, paused: null });
  });
});

describe("bounds", () => {
  it("refuse what cannot be kept, and say why", async () => {
    const { outbox } = scripted([DEFERRED, DEFERRED, DEFERRED], { limits: { maxUnsent: 2 } });
    await outbox.enqueue(note("a"), "a");
    await outbox.enqueue(note("b"), "b");
    await expect(outbox.enqueue(note("c"), "c")).rejects.toThrow(StorageError);
    await expect(outbox.enqueue(note("c"), "c")).rejects.toThrow("The outbox holds 2 unsent mails, 2 are allowed.");
    expect(await outbox.enqueue(note("a"), "a")).toMatchObject({ status: "duplicate" });
  });

  it("count bytes too, but always take one", async () => {
    const { outbox, clock } = scripted([DEFERRED], { limits: { maxUnsentBytes: 1_000 } });
    expect(await outbox.enqueue(large("a"), "a")).toMatchObject({ status: "queued" });
    await expect(outbox.enqueue(large("b"), "b")).rejects.toThrow("would pass 1000");
    await clock.run(MINUTE_MS);
    expect(await outbox.enqueue(large("b"), "b")).toMatchObject({ status: "sent" });
  });
});

describe("the clock on the wall", () => {
  it.each([48, -48])(
    "may jump by %i hours: nothing is sent sooner or later, and nothing is given up for it",
    async (hours) => {
      const { outbox, clock, attempts } = scripted([DEFERRED, DEFERRED]);
      await outbox.enqueue(note("a"), "k");
      clock.jump(hours * HOUR_MS);
      await clock.run(4_999);
      expect(attempts).toHaveLength(1);
      await clock.run(1);
      expect(attempts).toHaveLength(2);
      expect(outbox.status()).toMatchObject({ retrying: 1, failed: 0 });
      await clock.run(10_000);
      expect(outbox.status()).toMatchObject({ sent: 1 });
    },
  );
});

describe("the end", () => {
  it("drains what is on its way and does not wait for what is due later", async () => {
    const { outbox } = scripted([DEFERRED, new Promise((resolve) => setTimeout(() => resolve(SENT()), 30))]);
    await outbox.enqueue(note("a"), "a");
    const slow = outbox.enqueue(note("b"), "b");
    expect(await outbox.drain(10_000)).toEqual({ unsent: 1 });
    expect((await slow).status).toBe("sent");
  });

  it("does not wait longer than it was told", async () => {
    const { outbox, clock } = scripted([new Promise(() => {})]);
    const stuck = outbox.enqueue(note("a"), "a");
    const drained = outbox.drain(3_000);
    await clock.run(3_000);
    expect(await drained).toEqual({ unsent: 1 });
    const closed = outbox[Symbol.asyncDispose]();
    await clock.run(5_000);
    await closed;
    expect(await stuck).toMatchObject({ status: "failed", error: { code: "CLOSED" }, retryable: true });
  });

  it("does not wait for a retry that is due later", async () => {
    const { outbox, clock } = scripted([DEFERRED]);
    await outbox.enqueue(note("a"), "a");
    expect(clock.sleeping).toBe(1);
    await outbox[Symbol.asyncDispose]();
    expect(clock.sleeping).toBe(0);
  });

  it("stops attempts, tells everybody who waits, and leaves no timer", async () => {
    const { outbox, clock, logged } = scripted([DEFERRED, untilAborted], { limits: { maxSending: 1 } });
    await outbox.enqueue(note("a"), "a");
    const sending = outbox.enqueue(note("b"), "b");
    const waiting = outbox.enqueue(note("c"), "c");
    await clock.run(0);
    await outbox[Symbol.asyncDispose]();
    expect(await sending).toMatchObject({
      status: "failed",
      error: { code: "OUTCOME_UNKNOWN", message: expect.stringContaining("may have been delivered") },
    });
    expect(await waiting).toMatchObject({ status: "failed", error: { code: "CLOSED" } });
    expect(clock.sleeping).toBe(0);
    expect(logged.at(-1)).toMatchObject({ level: "error", message: "closed with unsent mail", fields: { mails: 3 } });
    await expect(outbox.enqueue(note("d"), "d")).rejects.toThrow(ClosedError);
    await outbox[Symbol.asyncDispose]();
  });
});
