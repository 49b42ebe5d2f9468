import { chmodSync, chownSync, mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { describe, expect, it } from "vitest";
import { StorageError } from "../../src/domain/errors.ts";
import { openSqliteStore } from "../../src/store/sqlite-store.ts";
import { ACCOUNT, SENT, content, idOf, mail, send, temporaryStore } from "./records.ts";
import { startChild } from "./running-child.ts";

/** No user of its own on any system. */
const NOBODY = 65_534;

describe("a store on disk", () => {
  it("is there when it is opened again", async () => {
    using place = temporaryStore();
    {
      await using store = await openSqliteStore(place.path);
      const { folders, inbox, outbox } = store.account(ACCOUNT);
      await folders.start("INBOX", { uidValidity: "7", startUid: 20, backlog: [5, 17, 18], notBefore: 4 });
      await folders.raiseFloor("INBOX", "7", 17);
      for (const uid of [21, 22, 23]) await inbox.accept(mail(uid));
      await inbox.deliver(idOf(21));
      await inbox.retryLater(idOf(22), 5_000, "later");
      await inbox.finish([idOf(23)]);
      await outbox.add(send("a"), content());
      await outbox.add(send("b"), content());
      await outbox.update(send("b", SENT));
    }
    await using store = await openSqliteStore(place.path);
    const { folders, inbox, outbox } = store.account(ACCOUNT);
    expect(await folders.progress("INBOX")).toMatchObject({ backlog: [5, 17, 18], notBefore: 4, floor: 17 });
    expect(await inbox.open()).toEqual([
      { record: mail(21).record, deliveries: 1, dueAt: undefined },
      { record: mail(22).record, deliveries: 0, dueAt: 5_000 },
    ]);
    expect(await inbox.unflagged("INBOX", "7")).toEqual([23]);
    expect(await outbox.open()).toMatchObject([{ key: "a" }]);
    expect(await outbox.find("b")).toEqual(send("b", SENT));
  });

  it("finds a mail again whose ack was taken back", async () => {
    using place = temporaryStore();
    await using store = await openSqliteStore(place.path);
    const { inbox } = store.account(ACCOUNT);
    await inbox.accept(mail(1));
    await inbox.accept(mail(2, { like: 1 }));
    await inbox.finish([idOf(1)]);
    await inbox.flagged("INBOX", "7", [1, 2]);
    await inbox.retryLater(idOf(1), 5_000, "nack after ack");
    expect(await inbox.open()).toEqual([{ record: mail(1).record, deliveries: 0, dueAt: 5_000 }]);
    expect(await inbox.accept(mail(3, { like: 1 }))).toEqual({ kind: "copy", settled: false });
  });

  it("can be read by nobody else", async () => {
    using place = temporaryStore();
    await using store = await openSqliteStore(place.path);
    await store.account(ACCOUNT).inbox.accept(mail(1));
    const modes = ["", "-wal", "-shm", ".lock"].map((end) => statSync(place.path + end).mode & 0o777);
    expect(modes).toEqual([0o600, 0o600, 0o600, 0o600]);
    expect(statSync(dirname(place.path)).mode & 0o777).toBe(0o700);
  });

  it("holds what it has promised after kill -9, and lets the next one in (P1)", async () => {
    using place = temporaryStore();
    await using child = startChild(place.path, "fill");
    await child.line("stored 150");
    await child.kill();
    await using store = await openSqliteStore(place.path);
    const ids = (await store.account(ACCOUNT).inbox.open()).map(({ record }) => record.id);
    expect(ids.slice(0, 150)).toEqual(Array.from({ length: 150 }, (_, index) => idOf(index + 1)));
  });

  it("is for one process at a time (M6)", async () => {
    using place = temporaryStore();
    await using child = startChild(place.path, "hold");
    await child.line("open");
    await expect(openSqliteStore(place.path)).rejects.toThrow(
      `The store ${place.path} is in use: another gateway works with it`,
    );
    await child.kill();
    await using store = await openSqliteStore(place.path);
    await expect(openSqliteStore(place.path)).rejects.toBeInstanceOf(StorageError);
    expect(await store.account(ACCOUNT).inbox.open()).toEqual([]);
  });

  it("says when the disk is full, and goes on when there is room (P3)", async () => {
    using place = temporaryStore();
    await using child = startChild(place.path, "fill");
    await child.line("stored");
    child.limitFiles(1 << 20);
    const refusal = await child.line("refused");
    expect(refusal).toContain(`refused STORAGE The store ${place.path} could not be read or written`);
    expect(refusal).toContain("Look whether the disk is full");
    child.limitFiles(undefined);
    const stored = Number((await child.line("stored")).split(" ")[1]);
    await child.line(`stored ${stored + 30}`);
    await child.kill();
    await using store = await openSqliteStore(place.path);
    expect((await store.account(ACCOUNT).inbox.open()).length).toBeGreaterThanOrEqual(stored + 30);
  });

  it("says when it may not write", async () => {
    using place = temporaryStore();
    const { path } = place;
    await (await openSqliteStore(path))[Symbol.asyncDispose]();
    const folder = dirname(path);
    const isRoot = process.getuid?.() === 0;
    chmodSync(dirname(folder), 0o755);
    chmodSync(folder, 0o555);
    await using child = startChild(path, "hold", isRoot ? NOBODY : undefined);
    const failure = await child.line("failed");
    chmodSync(folder, 0o755);
    expect(failure).toContain(`failed STORAGE`);
    expect(failure).toContain(path);
    expect(failure).toContain("Give this user the right to write to the file and its folder.");
  });

  it("can be used by a user who owns it alone", async () => {
    if (process.getuid?.() !== 0) return;
    using place = temporaryStore();
    mkdirSync(dirname(place.path));
    chmodSync(dirname(dirname(place.path)), 0o755);
    chownSync(dirname(place.path), NOBODY, NOBODY);
    await using child = startChild(place.path, "hold", NOBODY);
    await child.line("open");
  });
});
