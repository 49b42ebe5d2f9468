import type { AccountStore, Store } from "../domain/store.ts";
import { type Clock, systemClock } from "../runtime/clock.ts";
import { type Logger, silentLogger } from "../runtime/logger.ts";
import { attachmentPaths } from "./attachment-paths.ts";
import { CommitQueue } from "./commit-queue.ts";
import { openForWork } from "./open-file.ts";
import { startPruning } from "./prune.ts";
import { SqliteConnection } from "./sqlite-connection.ts";
import type { DriverName } from "./sqlite-driver.ts";
import { sqliteFolders } from "./sqlite-folders.ts";
import { sqliteInboxes } from "./sqlite-inbox.ts";
import { sqliteOutboxes } from "./sqlite-outbox.ts";
import { sqliteSecrets } from "./sqlite-secrets.ts";
import { sqliteThreads } from "./sqlite-threads.ts";

export interface SqliteStoreOptions {
  readonly clock?: Clock;
  /** How long the texts of mails that are dealt with stay to be looked at. */
  readonly keepDays?: number;
  readonly logger?: Logger;
  /** Default: better-sqlite3, or node:sqlite where that does not work. */
  readonly driver?: DriverName;
}

const DEFAULT_KEEP_DAYS = 30;

/**
 * A store on disk, for one process at a time; made when there is none. Everything that has resolved is there after a
 * crash. @throws StorageError when it cannot be opened, is damaged, or is in use
 */
export async function openSqliteStore(path: string, options: SqliteStoreOptions = {}): Promise<Store> {
  const { clock = systemClock, keepDays = DEFAULT_KEEP_DAYS, logger = silentLogger, driver } = options;
  const file = openForWork(path, driver);
  try {
    const connection = new SqliteConnection(file.db, path);
    const queue = new CommitQueue((durability, work) => connection.transaction(durability, work));
    const parts = { connection, queue, clock, threads: sqliteThreads(connection, clock) };
    const folders = sqliteFolders(connection, queue);
    const inboxes = sqliteInboxes(parts);
    const outboxes = sqliteOutboxes(parts);
    const secrets = sqliteSecrets(connection, queue);
    const pruning = startPruning({ connection, clock, keepDays, logger });
    const accounts = new Map<string, AccountStore>();
    let isClosed = false;
    return {
      account(id) {
        const known = accounts.get(id);
        if (known) return known;
        const made: AccountStore = {
          folders: folders(id),
          inbox: inboxes(id),
          outbox: outboxes(id),
          secret: async () => await secrets(id),
        };
        accounts.set(id, made);
        return made;
      },
      async attachmentPaths() {
        return attachmentPaths(connection);
      },
      async [Symbol.asyncDispose]() {
        if (isClosed) return;
        isClosed = true;
        pruning[Symbol.dispose]();
        queue.flush();
        connection.close();
        file.unlock();
      },
    };
  } catch (error) {
    file.db.close();
    file.unlock();
    throw error;
  }
}
