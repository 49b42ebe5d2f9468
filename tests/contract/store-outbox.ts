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
