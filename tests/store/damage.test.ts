import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { describe, expect, it } from "vitest";
import { StorageError } from "../../src/domain/errors.ts";
import { openDatabase } from "../../src/store/sqlite-driver.ts";
import { openSqliteStore } from "../../src/store/sqlite-store.ts";
import { openStoreDesk } from "../../src/store/store-desk.ts";
import { ACCOUNT, mail, temporaryStore } from "./records.ts";

/** A closed store with enough in it to be damaged somewhere in the middle. */
async function filled(path: string): Promise<void> {
  await using store = await openSqliteStore(path);
  const { inbox } = store.account(ACCOUNT);
  await Promise.all(Array.from({ length: 200 }, (_, index) => inbox.accept(mail(index + 1))));
}

const damages: readonly (readonly [string, string, (path: string) => void])[] = [
  ["a file that is no database", "is not a mailport store", (path) => writeFileSync(path, "Dear diary,\n".repeat(500))],
  ["an empty file", "its file is empty", (path) => writeFileSync(path, "")],
  [
    "an empty file with changes beside it",
    "its file is empty, although changes to it lie in",
    (path) => (writeFileSync(path, ""), writeFileSync(`${path}-wal`, "something")),
  ],
  [
    "changes to a file that is missing",
    "its file is missing, although changes to it lie in",
    (path) => (rmSync(path), writeFileSync(`${path}-wal`, "something")),
  ],
  ["a truncated file", "is damaged", (path) => cut(path, statSync(path).size - 5 * 4096)],
  ["a file cut within its first page", "is damaged", (path) => cut(path, 50)],
  ["pages overwritten", "is damaged", overwriteTheMiddle],
  ["a newer version's store", "was written by a newer mailport", (path) => change(path, "PRAGMA user_version = 999")],
  [
    "another program's database",
    "is a SQLite database of another program",
    (path) => (rmSync(path), change(path, "CREATE TABLE songs (title TEXT)")),
  ],
  ["a folder", "is a folder", (path) => (rmSync(path), mkdirSync(path))],
];

describe("a store that cannot be trusted", () => {
  it.each(damages)("is refused, not begun anew: %s (P4)", async (_, sentence, damage) => {
    using place = temporaryStore();
    await filled(place.path);
    damage(place.path);
    const before = contents(place.path);
    const failure: unknown = await openSqliteStore(place.path).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(StorageError);
    expect((failure as Error).message).toContain(place.path);
    expect((failure as Error).message).toContain(sentence);
    expect(contents(place.path)).toEqual(before);
    // And the refusal leaves the lock free.
    await expect(openSqliteStore(place.path)).rejects.toThrow(sentence);
  });

  it("may be moved away, to begin anew", async () => {
    using place = temporaryStore();
    await filled(place.path);
    writeFileSync(place.path, "");
    await expect(openSqliteStore(place.path)).rejects.toThrow("move it away");
    rmSync(place.path);
    await using store = await openSqliteStore(place.path);
    expect(await store.account(ACCOUNT).inbox.open()).toEqual([]);
  });

  it("is made anew when its making was cut short", async () => {
    using place = temporaryStore();
    mkdirSync(dirname(place.path));
    writeFileSync(`${place.path}.new`, "half of one");
    await using store = await openSqliteStore(place.path);
    expect(await store.account(ACCOUNT).inbox.open()).toEqual([]);
  });

  it("is not made by whoever only looks", () => {
    using place = temporaryStore();
    expect(() => openStoreDesk(place.path)).toThrow(`There is no store at ${place.path}`);
    mkdirSync(dirname(place.path));
    expect(() => openStoreDesk(place.path)).toThrow(StorageError);
    writeFileSync(place.path, "Dear diary");
    expect(() => openStoreDesk(place.path)).toThrow("is not a mailport store");
  });
});

function contents(path: string): string | undefined {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ? readFileSync(path, "hex") : undefined;
}

function cut(path: string, bytes: number): void {
  const file = openSync(path, "r+");
  ftruncateSync(file, bytes);
  closeSync(file);
}

function overwriteTheMiddle(path: string): void {
  const file = openSync(path, "r+");
  for (let page = 2; page < 40; page++) writeSync(file, Buffer.alloc(1000, 0x5a), 0, 1000, page * 4096);
  closeSync(file);
}

function change(path: string, sql: string): void {
  const db = openDatabase(path);
  db.exec(sql);
  db.close();
}
