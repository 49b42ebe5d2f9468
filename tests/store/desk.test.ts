import { describe, expect, it } from "vitest";
import type { AccountStore, StoreDesk } from "../../src/domain/store.ts";
import { openSqliteStore } from "../../src/store/sqlite-store.ts";
import { openStoreDesk } from "../../src/store/store-desk.ts";
import { ManualClock } from "../fakes/manual-clock.ts";
import { ACCOUNT, SENT, content, idOf, mail, send, temporaryStore } from "./records.ts";

/** A desk beside the gateway that works with the store. */
function withDesk(work: (account: AccountStore, desk: StoreDesk, clock: ManualClock) => Promise<void>) {
  return async () => {
    using place = temporaryStore();
    const clock = new ManualClock();
    await using store = await openSqliteStore(place.path, { clock });
    using desk = openStoreDesk(place.path, { clock });
    await work(store.account(ACCOUNT), desk, clock);
  };
}

const HELD = { state: "unknown", isOpen: false, attempts: 2, nextAttemptAt: undefined } as const;
const addressOf = (key: string) => send(key).messageId;

describe("the desk, inbound", () => {
  it(
    "lists the newest first, by state and account",
    withDesk(async ({ inbox }, desk) => {
      for (const uid of [1, 2, 3]) await inbox.accept(mail(uid));
      await inbox.retryLater(idOf(2), 5_000, "no answer");
      expect(desk.inbound({ limit: 2 }).map(({ id }) => id)).toEqual([idOf(3), idOf(2)]);
      expect(desk.inbound({ account: "other", limit: 9 })).toEqual([]);
      expect(desk.inbound({ state: "retrying", account: ACCOUNT, limit: 9 })).toEqual([
        {
          id: idOf(2),
          account: ACCOUNT,
          state: "retrying",
          messageId: "<2@example.org>",
          senderId: "ann@example.org",
          subject: "Question",
          receivedAt: "2026-01-05T09:00:00.000Z",
          deliveries: 0,
          dueAt: "1970-01-01T00:00:05.000Z",
          reason: "no answer",
        },
      ]);
      expect(desk.inboundOne(idOf(2))?.record).toEqual(mail(2).record);
      expect(desk.inboundOne(idOf(9))).toBeUndefined();
    }),
  );

  it(
    "puts back what was given up, with all its deliveries before it",
    withDesk(async ({ inbox }, desk) => {
      await inbox.accept(mail(1));
      expect(await inbox.revived()).toEqual([]);
      await inbox.deliver(idOf(1));
      expect(desk.retryInbound(idOf(1))).toBe(false);
      await inbox.giveUp(idOf(1), "too often");
      expect(desk.retryInbound(idOf(1))).toBe(true);
      expect(await inbox.revived()).toEqual([{ record: mail(1).record, deliveries: 0, dueAt: undefined }]);
      expect(await inbox.revived()).toEqual([]);
      expect(await inbox.deliver(idOf(1))).toBe(1);
    }),
  );

  it(
    "hurries what comes again later",
    withDesk(async ({ inbox }, desk) => {
      await inbox.accept(mail(1));
      await inbox.deliver(idOf(1));
      await inbox.retryLater(idOf(1), 5_000, "no answer");
      expect(desk.retryInbound(idOf(1))).toBe(true);
      expect(await inbox.revived()).toMatchObject([{ deliveries: 1, dueAt: undefined }]);
    }),
  );

  it(
    "does not deliver twice what was delivered before anybody asked",
    withDesk(async ({ inbox }, desk) => {
      await inbox.accept(mail(1));
      await inbox.retryLater(idOf(1), 5_000, "no answer");
      desk.retryInbound(idOf(1));
      await inbox.deliver(idOf(1));
      expect(await inbox.revived()).toEqual([]);
    }),
  );

  it(
    "gives a restart what was put back once",
    withDesk(async ({ inbox }, desk) => {
      await inbox.accept(mail(1));
      await inbox.giveUp(idOf(1), "too often");
      desk.retryInbound(idOf(1));
      expect(await inbox.open()).toHaveLength(1);
      expect(await inbox.revived()).toEqual([]);
    }),
  );

  it(
    "drops what nobody has in hand, and its copies with it",
    withDesk(async ({ inbox }, desk) => {
      for (const uid of [1, 2, 3, 4]) await inbox.accept(mail(uid));
      await inbox.accept(mail(9, { like: 1 }));
      await inbox.deliver(idOf(2));
      await inbox.retryLater(idOf(3), 5_000, "no answer");
      await inbox.giveUp(idOf(4), "too often");
      const dropped = [1, 2, 3, 4, 9].map((uid) => desk.dropInbound(idOf(uid)));
      expect(dropped).toEqual([true, false, true, true, false]);
      expect(await inbox.deliver(idOf(1))).toBeUndefined();
      expect(await inbox.unflagged("INBOX", "7")).toEqual([1, 3, 4, 9]);
      expect(await inbox.accept(mail(10, { like: 1 }))).toEqual({ kind: "copy", settled: true });
    }),
  );

  it(
    "takes a drop back, even after \\Seen is set",
    withDesk(async ({ inbox }, desk) => {
      await inbox.accept(mail(1));
      desk.dropInbound(idOf(1));
      await inbox.flagged("INBOX", "7", [1]);
      expect(desk.retryInbound(idOf(1))).toBe(true);
      expect(await inbox.open()).toHaveLength(1);
      expect(await inbox.unflagged("INBOX", "7")).toEqual([]);
      expect(await inbox.finish([idOf(1)])).toEqual([mail(1).place]);
      expect(desk.retryInbound(idOf(1))).toBe(false);
      expect(desk.dropInbound(idOf(1))).toBe(false);
    }),
  );
});

describe("the desk, outbound", () => {
  it(
    "lists and shows",
    withDesk(async ({ outbox }, desk) => {
      await outbox.add(send("a"), content("Hello"));
      await outbox.add(send("b"), content());
      await outbox.update(send("b", SENT));
      expect(desk.outbound({ limit: 9 }).map(({ key }) => key)).toEqual(["b", "a"]);
      expect(desk.outbound({ state: "pending", limit: 9 })).toHaveLength(1);
      expect(desk.outboundOne(addressOf("a"))).toEqual({
        key: "a",
        messageId: addressOf("a"),
        account: ACCOUNT,
        state: "pending",
        attempts: 0,
        enqueuedAt: "1970-01-01T00:00:01.000Z",
        nextAttemptAt: "1970-01-01T00:00:02.000Z",
        details: send("a").details,
        mail: { text: "Hello" },
      });
      expect(desk.outboundOne("<none>")).toBeUndefined();
    }),
  );

  it(
    "sends again what waits for a person",
    withDesk(async ({ outbox }, desk, clock) => {
      await outbox.add(send("a"), content("Hello"));
      expect(desk.retryOutbound(addressOf("a"))).toBe(false);
      await outbox.update(send("a", HELD));
      expect(await outbox.open()).toEqual([]);
      expect(desk.retryOutbound(addressOf("a"))).toBe(true);
      const again = { key: "a", state: "retrying", isOpen: true, nextAttemptAt: clock.now(), mail: { text: "Hello" } };
      expect(await outbox.revived()).toMatchObject([again]);
      expect(await outbox.revived()).toEqual([]);
      expect(await outbox.update(send("a", SENT))).toBe(true);
      expect(desk.retryOutbound(addressOf("a"))).toBe(false);
    }),
  );

  it(
    "does not send again what went on its way before anybody asked",
    withDesk(async ({ outbox }, desk) => {
      await outbox.add(send("a", { state: "retrying" }), content());
      desk.retryOutbound(addressOf("a"));
      await outbox.update(send("a", { state: "sending" }));
      expect(await outbox.revived()).toEqual([]);
    }),
  );

  it(
    "drops what is not on its way, and nothing more is done with it",
    withDesk(async ({ outbox }, desk) => {
      for (const key of ["waits", "goes", "held", "sent"]) await outbox.add(send(key), content());
      await outbox.update(send("goes", { state: "sending" }));
      await outbox.update(send("held", HELD));
      await outbox.update(send("sent", SENT));
      const dropped = ["waits", "goes", "held", "sent", "none"].map((key) => desk.dropOutbound(addressOf(key)));
      expect(dropped).toEqual([true, false, true, false, false]);
      expect(await outbox.update(send("waits", { state: "sending" }))).toBe(false);
      expect(await outbox.find("waits")).toMatchObject({ state: "dropped", isOpen: false });
      expect(await outbox.open()).toMatchObject([{ key: "goes" }]);
    }),
  );
});
