import { ClosedError } from "../domain/errors.ts";
import type { Database, Statement } from "./sqlite-driver.ts";
import { storageError } from "./sqlite-errors.ts";

/**
 * `full`: on the disk when it resolves; a promise may rest on it. `normal`: outlives this process, but the last moments
 * before a power cut may be lost. It spares the fsync, which is most of a commit's price.
 */
export type Durability = "full" | "normal";

/** One open database file. Its errors are ours. */
export class SqliteConnection {
  readonly #db: Database;
  readonly #path: string;
  readonly #begin: Statement;
  readonly #commit: Statement;
  readonly #rollback: Statement;
  readonly #dataVersion: Statement<{ data_version: number }>;
  #durability: Durability = "full";
  #closed = false;

  constructor(db: Database, path: string) {
    this.#db = db;
    this.#path = path;
    db.exec("PRAGMA synchronous = FULL");
    // Immediate: who reads first and writes then may find that another process has written in between.
    this.#begin = db.prepare("BEGIN IMMEDIATE");
    this.#commit = db.prepare("COMMIT");
    this.#rollback = db.prepare("ROLLBACK");
    this.#dataVersion = db.prepare("PRAGMA data_version");
  }

  prepare<Row = unknown>(sql: string): Statement<Row> {
    return this.#db.prepare<Row>(sql);
  }

  /** All of `work` or nothing. @throws StorageError, ClosedError */
  transaction<T>(durability: Durability, work: () => T): T {
    return this.read(() => {
      this.#setDurability(durability);
      this.#begin.run();
      try {
        const result = work();
        this.#commit.run();
        return result;
      } catch (error) {
        this.#undo();
        throw error;
      }
    });
  }

  /** @throws StorageError, ClosedError */
  read<T>(work: () => T): T {
    this.assertOpen();
    try {
      return work();
    } catch (error) {
      throw storageError(this.#path, error);
    }
  }

  assertOpen(): void {
    if (this.#closed) throw new ClosedError(`The store ${this.#path} is closed.`);
  }

  /** Changes when another process has written, and only then. */
  dataVersion(): number {
    return this.#dataVersion.get()?.data_version ?? 0;
  }

  /** What is written from now on fails. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    try {
      this.#db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch {
      // The log stays beside the file, and whoever opens it next finds everything there.
    }
    this.#db.close();
  }

  #setDurability(durability: Durability): void {
    if (durability === this.#durability) return;
    this.#db.exec(`PRAGMA synchronous = ${durability.toUpperCase()}`);
    this.#durability = durability;
  }

  #undo(): void {
    try {
      this.#rollback.run();
    } catch {
      // SQLite has rolled back by itself, as it does when the disk is full.
    }
  }
}
