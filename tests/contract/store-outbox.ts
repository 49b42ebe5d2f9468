import { expect, it } from "vitest";
import { SENT, content, send } from "../store/records.ts";
import type { WithStore } from "./store-suite.ts";

export function outbox(withStore: WithStore): void {
  it(
    "gives back what was added, in that order",
    withStore(async ({ outbox: box }) => {
      expect(await box.add(send("b"), content("one"))).toBe(true);
      expect(await box.add(send("a", { nextAttemptAt: undefined }), { mail: { text: "two" }, files: [] })).toBe(true);
      const [first, second] = await box.open();
      expect({ ...first, files: first?.files.map((file) => [...file]) }).toEqual({
        ...send("b"),
        mail: { text: "one" },
        files: [[0, 1, 255], []],
      });
      expect(second).toEqual({ ...send("a", { nextAttemptAt: undefined }), mail: { text: "two" }, files: [] });
    }),
  );

  it(
    "takes a key once",
    withStore(async ({ outbox: box }) => {
      expect(await Promise.all([box.add(send("a"), content()), box.add(send("a"), content())])).toEqual([true, false]);
      expect(await box.find("a")).toEqual(send("a"));
      expect(await box.find("b")).toBeUndefined();
      await box.update(send("a", SENT));
      expect(await box.add(send("a"), content())).toBe(false);
    }),
  );

  it(
    "writes down each step, the last one for whoever asks again",
    withStore(async ({ outbox: box }) => {
      await box.add(send("a"), content());
      expect(await box.update(send("a", { state: "sending", attempts: 1 }))).toBe(true);
      expect(await box.open()).toMatchObject([{ state: "sending", attempts: 1 }]);
      expect(await box.update(send("a", SENT))).toBe(true);
      expect(await box.open()).toEqual([]);
      expect(await box.find("a")).toEqual(send("a", SENT));
      expect(await box.update(send("a"))).toBe(false);
      expect(await box.update(send("unknown"))).toBe(false);
    }),
  );

  it(
    "finds a mail by its Message-ID, open or closed, and only this account's",
    withStore(async ({ outbox: box }, store) => {
      await box.add(send("a"), content());
      expect(await box.findMail("<a@bot.example.org>")).toEqual(send("a"));
      await box.update(send("a", SENT));
      expect(await box.findMail("<a@bot.example.org>")).toEqual(send("a", SENT));
      expect(await box.findMail("<b@bot.example.org>")).toBeUndefined();
      expect(await store.account("other").outbox.findMail("<a@bot.example.org>")).toBeUndefined();
      await box.remove("a");
      expect(await box.findMail("<a@bot.example.org>")).toBeUndefined();
    }),
  );

  it(
    "writes down what became later of one that was closed, and leaves an open one alone",
    withStore(async ({ outbox: box }) => {
      const returned = send("a", { ...SENT, state: "failed", details: { why: "returned" } });
      await box.add(send("a"), content());
      expect(await box.amend(returned)).toBe(false);
      await box.update(send("a", SENT));
      expect(await box.amend(returned)).toBe(true);
      expect(await box.find("a")).toEqual(returned);
      expect(await box.amend(send("unknown", SENT))).toBe(false);
    }),
  );

  it(
    "tells what was added since a time, the oldest first, and of too much the newest",
    withStore(async ({ outbox: box }) => {
      for (const [key, enqueuedAt] of [["c", 3_000], ["a", 1_000], ["b", 2_000]] as const)
        await box.add(send(key, { enqueuedAt }), content()); // prettier-ignore
      await box.update(send("c", { ...SENT, enqueuedAt: 3_000 }));
      const keys = async (date: number, limit: number) => (await box.addedSince(date, limit)).map(({ key }) => key);
      expect(await keys(2_000, 10)).toEqual(["b", "c"]);
      expect(await keys(0, 2)).toEqual(["b", "c"]);
      expect(await keys(3_001, 10)).toEqual([]);
    }),
  );

  it(
    "forgets what is removed",
    withStore(async ({ outbox: box }) => {
      await box.add(send("a"), content());
      await box.remove("a");
      await box.remove("never");
      expect(await box.find("a")).toBeUndefined();
      expect(await box.add(send("a"), content("again"))).toBe(true);
      expect(await box.open()).toMatchObject([{ mail: { text: "again" } }]);
      expect(await box.revived()).toEqual([]);
    }),
  );
}
