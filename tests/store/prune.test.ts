import { describe, expect, it, vi } from "vitest";
import { openSqliteStore } from "../../src/store/sqlite-store.ts";
import { openStoreDesk } from "../../src/store/store-desk.ts";
import { ManualClock } from "../fakes/manual-clock.ts";
import { ACCOUNT, SENT, content, idOf, mail, send, temporaryStore } from "./records.ts";

const DAY_MS = 86_400_000;
/** More than one slice of work. */
const MANY = 450;

describe("what is dealt with", () => {
  it("keeps its text for so many days, and is recognised for ever", async () => {
    using place = temporaryStore();
    const clock = new ManualClock();
    const open = async () => await openSqliteStore(place.path, { clock, keepDays: 10 });
    {
      await using store = await open();
      const { inbox, outbox } = store.account(ACCOUNT);
      const uids = Array.from({ length: MANY }, (_, index) => index + 1);
      await Promise.all(uids.map((uid) => inbox.accept(mail(uid))));
      await inbox.finish(uids.slice(0, -2).map((uid) => idOf(uid)));
      for (const key of ["sent", "waits"]) await outbox.add(send(key), content());
      await outbox.update(send("sent", SENT));
      clock.jump(9 * DAY_MS);
      await inbox.finish([idOf(MANY - 1)]);
    }
    {
      await using store = await open();
      using desk = openStoreDesk(place.path);
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(desk.inboundOne(idOf(1))?.record).toBeDefined();
      expect(store).toBeDefined();
    }
    clock.jump(1.5 * DAY_MS);
    await using store = await open();
    using desk = openStoreDesk(place.path);
    await vi.waitFor(() => expect(desk.outboundOne(send("sent").messageId)?.mail).toBeUndefined());
    const kept = desk.inbound({ limit: 1_000 }).filter(({ subject }) => subject !== "");
    expect(kept.map(({ id }) => id)).toEqual([idOf(MANY), idOf(MANY - 1)]);
    expect(desk.inboundOne(idOf(1))).toMatchObject({ state: "done", messageId: "<1@example.org>", record: undefined });
    expect(desk.retryOutbound(send("sent").messageId)).toBe(false);
    const { inbox, outbox } = store.account(ACCOUNT);
    expect(await inbox.accept(mail(1))).toEqual({ kind: "known" });
    expect(await inbox.accept(mail(999, { like: 1 }))).toEqual({ kind: "copy", settled: true });
    expect(await outbox.find("sent")).toEqual(send("sent", SENT));
    expect(await outbox.open()).toMatchObject([{ key: "waits", mail: { text: "Hello" } }]);
  });

  it("keeps a conversation for two years of rest", async () => {
    using place = temporaryStore();
    const clock = new ManualClock();
    const inThread = (uid: number, known: string[]) => {
      const one = mail(uid);
      const moved = (root: string) => ({ ...one.record, text: root });
      return { ...one, thread: { known, names: [...known, `<${uid}@example.org>`], moved } };
    };
    const joins = async (uid: number, known: string) => {
      await using store = await openSqliteStore(place.path, { clock });
      // What is too old is deleted in moments.
      await new Promise((resolve) => setTimeout(resolve, 50));
      const accepted = await store.account(ACCOUNT).inbox.accept(inThread(uid, [known]));
      return accepted.kind === "new" && accepted.record?.text;
    };
    await joins(1, "<root@example.org>");
    clock.jump(729 * DAY_MS);
    expect(await joins(2, "<root@example.org>")).toBe("<1@example.org>");
    clock.jump(2 * DAY_MS);
    expect(await joins(3, "<root@example.org>")).toBeUndefined();
    expect(await joins(4, "<2@example.org>")).toBe("<1@example.org>");
  });
});
