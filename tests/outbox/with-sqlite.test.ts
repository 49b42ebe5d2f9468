import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Store } from "../../src/domain/store.ts";
import { createOutbox } from "../../src/outbox/send-loop.ts";
import { silentLogger } from "../../src/runtime/logger.ts";
import { openSqliteStore } from "../../src/store/sqlite-store.ts";
import { openStoreDesk } from "../../src/store/store-desk.ts";
import { ManualClock } from "../fakes/manual-clock.ts";
import { jsonContent } from "./fake-store.ts";
import { type Act, DEFERRED, note, REFUSED, SENT, UNKNOWN } from "./scripted-submit.ts";

async function storePath(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "mailport-outbox-"));
  onTestFinished(async () => await rm(dir, { recursive: true }));
  return join(dir, "store.sqlite");
}

function outboxOver(store: Store, acts: Act[]) {
  const clock = new ManualClock({ startMs: Date.now() });
  const sentTo: (readonly string[])[] = [];
  const outbox = createOutbox({
    submit: async (mail, signal, beforeContent) => {
      sentTo.push(mail.envelope.to);
      await beforeContent();
      const act = acts.shift() ?? SENT(...mail.envelope.to);
      if (act instanceof Error) throw act;
      return await (typeof act === "function" ? act(signal, beforeContent) : act);
    },
    store: store.account("bot").outbox,
    content: jsonContent,
    durable: true,
    clock,
    random: () => 0,
    logger: silentLogger,
    limits: { onUnknown: "hold" },
  });
  return { outbox, clock, sentTo };
}

/** The store has real timers of its own. */
async function until(done: () => boolean): Promise<void> {
  for (let turns = 0; !done(); turns++) {
    if (turns > 500) throw new Error("never came");
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

const withFile = (id: string) => ({ ...note(id), attachments: [{ source: { content: Buffer.from([0, 255, 10]) } }] });

describe("the outbox over a store on disk", () => {
  it("goes on after a restart, with the same mail, and knows its keys", async () => {
    const path = await storePath();
    {
      await using store = await openSqliteStore(path);
      const { outbox } = outboxOver(store, [SENT("ann@ann.example"), DEFERRED]);
      expect(await outbox.enqueue(note("a"), "a")).toMatchObject({ status: "sent" });
      expect(await outbox.enqueue(withFile("b"), "b")).toMatchObject({ status: "queued" });
      await outbox[Symbol.asyncDispose]();
    }
    await using store = await openSqliteStore(path);
    const { outbox, clock, sentTo } = outboxOver(store, []);
    await outbox.start();
    clock.advance(60_000);
    await until(() => outbox.status().sent === 1);
    expect(sentTo).toEqual([["ann@ann.example"]]);
    for (const key of ["a", "b"])
      expect(await outbox.enqueue(note("x"), key)).toMatchObject({
        status: "duplicate",
        messageId: `<${key}@bot.example>`,
        accepted: ["ann@ann.example"],
      });
    await outbox[Symbol.asyncDispose]();
  });

  it.each([
    ["runs", REFUSED],
    ["runs", UNKNOWN],
    ["does not run", REFUSED],
    ["does not run", UNKNOWN],
  ])("sends what a person puts back while the process %s", async (when, outcome) => {
    const path = await storePath();
    const runs = when === "runs";
    const first = await openSqliteStore(path);
    const before = outboxOver(first, [outcome]);
    await before.outbox.enqueue(note("a"), "k");
    if (!runs) {
      await before.outbox[Symbol.asyncDispose]();
      await first[Symbol.asyncDispose]();
    }
    using desk = openStoreDesk(path);
    expect(desk.retryOutbound("<a@bot.example>")).toBe(true);
    await using store = runs ? first : await openSqliteStore(path);
    const { outbox, sentTo } = runs ? before : outboxOver(store, []);
    await outbox.start();
    await outbox.lookForRevived();
    await until(() => outbox.status().sent === 1);
    expect(sentTo.at(-1)).toEqual(["ann@ann.example"]);
    await until(() => desk.outboundOne("<a@bot.example>")?.state === "sent");
    await outbox[Symbol.asyncDispose]();
  });

  it("does not send what a person drops", async () => {
    const path = await storePath();
    await using store = await openSqliteStore(path);
    const { outbox, clock, sentTo } = outboxOver(store, [DEFERRED]);
    await outbox.enqueue(note("a"), "k");
    using desk = openStoreDesk(path);
    expect(desk.dropOutbound("<a@bot.example>")).toBe(true);
    clock.advance(60_000);
    await until(() => outbox.status().retrying + outbox.status().sending === 0);
    expect(sentTo).toHaveLength(1);
    expect(await outbox.enqueue(note("b"), "k")).toMatchObject({ status: "duplicate" });
    await outbox[Symbol.asyncDispose]();
  });
});
