import { describe, expect, it } from "vitest";
import { ClosedError } from "../../src/domain/errors.ts";
import type { AccountStore, Store } from "../../src/domain/store.ts";
import { ACCOUNT, content, idOf, mail, send } from "../store/records.ts";
import { copies, flags } from "./store-copies.ts";
import { outbox } from "./store-outbox.ts";
import { threads } from "./store-threads.ts";

export type OpenStore = () => Promise<Store & AsyncDisposable>;

/** What every store keeps, wherever it keeps it. */
export function storeSuite(name: string, openStore: OpenStore): void {
  const withStore = (work: (account: AccountStore, store: Store) => Promise<void>) => async () => {
    await using store = await openStore();
    await work(store.account(ACCOUNT), store);
  };
  describe(`${name}: folders`, () => folders(withStore));
  describe(`${name}: inbox`, () => inbox(withStore));
  describe(`${name}: copies`, () => copies(withStore));
  describe(`${name}: \\Seen`, () => flags(withStore));
  describe(`${name}: outbox`, () => outbox(withStore));
  describe(`${name}: conversations`, () => threads(withStore));
  it(
    `${name}: names the files that mails of any account still need`,
    withStore(async (account, store) => {
      const withFile = (uid: number) => {
        const { place, fingerprint, record } = mail(uid);
        const file = {
          filename: "a.pdf",
          contentType: "application/pdf",
          size: 1,
          sha256: "",
          inline: false,
          section: "2",
        };
        return { place, fingerprint, record: { ...record, attachments: [{ ...file, path: `/files/${uid}` }, file] } };
      };
      for (const uid of [1, 2, 3]) await account.inbox.accept(withFile(uid));
      await store.account("other").inbox.accept(withFile(4));
      await account.inbox.accept(mail(5));
      await account.inbox.retryLater(idOf(2), Date.now() + 1_000, "busy");
      await account.inbox.finish([idOf(3)]);
      expect([...(await store.attachmentPaths())].toSorted()).toEqual(["/files/1", "/files/2", "/files/4"]);
    }),
  );
  it(`${name}: gives each account a secret of its own, and always the same`, async () => {
    await using store = await openStore();
    const secret = await store.account(ACCOUNT).secret();
    expect(secret).toHaveLength(32);
    expect(Buffer.from(await store.account(ACCOUNT).secret())).toEqual(Buffer.from(secret));
    expect(Buffer.from(await store.account("other").secret())).not.toEqual(Buffer.from(secret));
  });
  it(`${name}: refuses every call once it is closed`, async () => {
    const store = await openStore();
    const { folders: folder, inbox: box, outbox: out } = store.account(ACCOUNT);
    const account = store.account(ACCOUNT);
    await store[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
    for (const call of [
      () => folder.progress("INBOX"),
      () => folder.raiseFloor("INBOX", "7", 1),
      () => box.accept(mail(1)),
      () => box.open(),
      () => box.deliver(idOf(1)),
      () => box.finish([idOf(1)]),
      () => box.revived(),
      () => out.add(send("a"), content()),
      () => out.find("a"),
      () => out.findMail("<a@bot.example.org>"),
      () => out.amend(send("a")),
      () => out.addedSince(0, 10),
      () => account.secret(),
    ])
      await expect(call()).rejects.toBeInstanceOf(ClosedError);
  });
}

export type WithStore = (work: (account: AccountStore, store: Store) => Promise<void>) => () => Promise<void>;

const START = { uidValidity: "7", startUid: 20, backlog: [5, 17, 18, 19, 20], notBefore: null };

function folders(withStore: WithStore): void {
  it(
    "knows nothing of a folder that was never looked at",
    withStore(async ({ folders: store }) => {
      expect(await store.progress("INBOX")).toBeUndefined();
    }),
  );

  it(
    "remembers the start",
    withStore(async ({ folders: store }) => {
      await store.start("INBOX", START);
      expect(await store.progress("INBOX")).toEqual({ ...START, floor: 0, known: [] });
      expect(await store.progress("Other")).toBeUndefined();
    }),
  );

  it(
    "raises the floor and never lowers it",
    withStore(async ({ folders: store }) => {
      await store.start("INBOX", { ...START, notBefore: 99 });
      await store.raiseFloor("INBOX", "7", 18);
      await store.raiseFloor("INBOX", "7", 17);
      await store.raiseFloor("INBOX", "another", 30);
      expect(await store.progress("INBOX")).toMatchObject({ floor: 18, notBefore: 99 });
    }),
  );

  it(
    "names the stored mails above the floor, ascending",
    withStore(async ({ folders: store, inbox: box }) => {
      await store.start("INBOX", START);
      for (const uid of [23, 21, 5, 22]) await box.accept(mail(uid));
      await box.accept(mail(24, { like: 21 }));
      await box.accept(mail(30, { folder: "Other" }));
      await box.finish([idOf(22)]);
      await store.raiseFloor("INBOX", "7", 21);
      expect((await store.progress("INBOX"))?.known).toEqual([22, 23, 24]);
    }),
  );

  it(
    "begins anew when the server has numbered anew",
    withStore(async ({ folders: store, inbox: box }) => {
      await store.start("INBOX", START);
      await box.accept(mail(21));
      await store.raiseFloor("INBOX", "7", 21);
      const renumbered = { uidValidity: "8", startUid: 3, backlog: [], notBefore: null };
      await store.start("INBOX", renumbered);
      expect(await store.progress("INBOX")).toEqual({ ...renumbered, floor: 0, known: [] });
      expect(await box.open()).toHaveLength(1);
    }),
  );
}

function inbox(withStore: WithStore): void {
  it(
    "gives back what it accepted, in that order",
    withStore(async ({ inbox: box }) => {
      const mails = [mail(3), mail(1), mail(2)];
      expect(await Promise.all(mails.map((one) => box.accept(one)))).toEqual(mails.map(() => ({ kind: "new" })));
      expect(await box.open()).toEqual(mails.map(({ record }) => ({ record, deliveries: 0, dueAt: undefined })));
    }),
  );

  it(
    "knows a mail it has, in whatever state",
    withStore(async ({ inbox: box }) => {
      await box.accept(mail(1));
      expect(await box.accept(mail(1))).toEqual({ kind: "known" });
      await box.finish([idOf(1)]);
      expect(await box.accept(mail(1))).toEqual({ kind: "known" });
    }),
  );

  it(
    "counts deliveries of a mail in hand, which a restart finds again",
    withStore(async ({ inbox: box }) => {
      await box.accept(mail(1));
      expect(await box.deliver(idOf(1))).toBe(1);
      expect(await box.deliver(idOf(1))).toBe(2);
      expect(await box.open()).toMatchObject([{ deliveries: 2, dueAt: undefined }]);
      expect(await box.deliver(idOf(2))).toBeUndefined();
    }),
  );

  it(
    "keeps when a mail comes again",
    withStore(async ({ inbox: box }) => {
      await box.accept(mail(1));
      await box.deliver(idOf(1));
      await box.retryLater(idOf(1), 5_000, "no answer");
      expect(await box.open()).toMatchObject([{ deliveries: 1, dueAt: 5_000 }]);
      expect(await box.deliver(idOf(1))).toBe(2);
    }),
  );

  it(
    "no longer opens what is given up, until it is finished after all",
    withStore(async ({ inbox: box }) => {
      await box.accept(mail(1));
      await box.giveUp(idOf(1), "too often");
      await box.retryLater(idOf(1), 5_000, "late");
      expect(await box.open()).toEqual([]);
      expect(await box.deliver(idOf(1))).toBeUndefined();
      expect(await box.unflagged("INBOX", "7")).toEqual([]);
      expect(await box.finish([idOf(1)])).toEqual([mail(1).place]);
    }),
  );

  it(
    "no longer opens what is finished",
    withStore(async ({ inbox: box }) => {
      for (const uid of [1, 2, 3]) await box.accept(mail(uid));
      expect(await box.finish([idOf(3), idOf(1), idOf(99)])).toEqual([mail(3).place, mail(1).place]);
      expect((await box.open()).map(({ record }) => record.id)).toEqual([idOf(2)]);
      expect(await box.deliver(idOf(1))).toBeUndefined();
      await box.giveUp(idOf(1), "late");
      expect(await box.unflagged("INBOX", "7")).toEqual([1, 3]);
    }),
  );

  it(
    "keeps accounts apart",
    withStore(async ({ inbox: box }, store) => {
      await box.accept(mail(1));
      const other = store.account("other");
      expect(await other.inbox.open()).toEqual([]);
      expect(await other.inbox.deliver(idOf(1))).toBeUndefined();
      expect(await store.account(ACCOUNT).inbox.open()).toHaveLength(1);
      expect(await box.revived()).toEqual([]);
    }),
  );
}
