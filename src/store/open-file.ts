import { chmodSync, closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { StorageError } from "../domain/errors.ts";
import { checkUpToDate, checkVersion, migrate } from "./migrations.ts";
import { type Database, type DriverName, openDatabase, sqliteCode } from "./sqlite-driver.ts";
import { damaged, storageError } from "./sqlite-errors.ts";

/** How long to wait for another process, which writes for milliseconds. */
const BUSY_TIMEOUT_MS = 5_000;

export interface OpenFile {
  readonly db: Database;
  /** Lets another process use the store. */
  unlock(): void;
}

/** Opens the store for the one process that works with it; makes it when there is none. @throws StorageError */
export function openForWork(path: string, driver: DriverName | undefined): OpenFile {
  return inOurWords(path, () => {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const lock = takeLock(path, driver);
    try {
      if (!isThere(path)) create(path, driver);
      return { db: openChecked(path, driver), unlock: () => lock.close() };
    } catch (error) {
      lock.close();
      throw error;
    }
  });
}

/** Opens the store beside the process that works with it. @throws StorageError */
export function openForDesk(path: string, driver: DriverName | undefined): Database {
  return inOurWords(path, () => {
    if (!isThere(path))
      throw new StorageError(
        `There is no store at ${path}. Look at the path in the configuration; the gateway makes it.`,
      );
    const db = openDatabase(path, driver);
    return orClose(db, () => {
      db.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
      checkUpToDate(db, path);
      return db;
    });
  });
}

/**
 * SQLite's own lock on a file of its own: the system drops it however the process ends. Neither this file nor the store
 * may be opened by any other means, since closing it would drop the locks of the whole process (fcntl(2)).
 */
function takeLock(path: string, driver: DriverName | undefined): Database {
  const lockPath = `${path}.lock`;
  makePrivate(lockPath);
  const lock = openDatabase(lockPath, driver);
  return orClose(lock, () => {
    try {
      lock.exec("PRAGMA busy_timeout = 0");
      lock.exec("BEGIN EXCLUSIVE");
      return lock;
    } catch (error) {
      if (sqliteCode(error) !== "BUSY") throw storageError(lockPath, error);
      throw new StorageError(
        `The store ${path} is in use: another gateway works with it, and only one may. ` +
          "Stop that one, or give this one a store of its own.",
      );
    }
  });
}

/** Whether there is a store; what is left of one is never taken for none. */
function isThere(path: string): boolean {
  const file = statSync(path, { throwIfNoEntry: false });
  const wal = statSync(`${path}-wal`, { throwIfNoEntry: false });
  if (file?.isDirectory()) throw new StorageError(`${path} is a folder. Name a file in it for the store.`);
  if (file && file.size > 0) return true;
  if (wal && wal.size > 0)
    throw damaged(path, `its file ${file ? "is empty" : "is missing"}, although changes to it lie in ${path}-wal`);
  if (file) throw damaged(path, "its file is empty, which no store ever is");
  return false;
}

/** A store appears under its name when it is complete: a crash on the way leaves none, not half of one. */
function create(path: string, driver: DriverName | undefined): void {
  const draft = `${path}.new`;
  for (const end of ["", "-wal", "-shm", "-journal"]) rmSync(draft + end, { force: true });
  makePrivate(draft);
  const db = openDatabase(draft, driver);
  try {
    setUp(db, path);
    migrate(db);
  } finally {
    db.close();
  }
  renameSync(draft, path);
  syncFolder(dirname(path));
}

function openChecked(path: string, driver: DriverName | undefined): Database {
  const db = openDatabase(path, driver);
  return orClose(db, () => {
    const [{ quick_check: verdict } = { quick_check: "no answer" }] = db
      .prepare<{ quick_check: string }>("PRAGMA quick_check(1)")
      .all();
    if (verdict !== "ok") throw damaged(path, verdict);
    checkVersion(db, path);
    chmodSync(path, 0o600);
    setUp(db, path);
    migrate(db);
    return db;
  });
}

function setUp(db: Database, path: string): void {
  db.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
  const mode = db.prepare<{ journal_mode: string }>("PRAGMA journal_mode = WAL").get()?.journal_mode;
  if (mode !== "wal")
    throw new StorageError(
      `The store ${path} cannot keep a write-ahead log (its journal is "${mode}"). Put it on a local disk, not on a network share.`,
    );
}

function makePrivate(path: string): void {
  try {
    closeSync(openSync(path, "wx", 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function orClose<T>(db: Database, work: () => T): T {
  try {
    return work();
  } catch (error) {
    db.close();
    throw error;
  }
}

function inOurWords<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw storageError(path, error);
  }
}
