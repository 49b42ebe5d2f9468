import { StorageError } from "../domain/errors.ts";
import type { Database } from "./sqlite-driver.ts";

/**
 * Each brings a store from its place in this list to the next; what has been released is never changed. Names and types
 * are PostgreSQL's too. Times are milliseconds since the epoch, truth values 0 and 1; `sequence` is given by the database
 * (there it is an identity column) and is the order in which mails came.
 *
 * Texts lie in tables of their own, so that a step in a mail's life rewrites a hundred bytes and not the whole mail.
 */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE folder (
    account TEXT NOT NULL,
    folder TEXT NOT NULL,
    uid_validity TEXT NOT NULL,
    start_uid BIGINT NOT NULL,
    backlog TEXT NOT NULL,
    not_before BIGINT,
    floor BIGINT NOT NULL,
    PRIMARY KEY (account, folder)
  );

  CREATE TABLE inbound (
    sequence INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    folder TEXT NOT NULL,
    uid_validity TEXT NOT NULL,
    uid BIGINT NOT NULL,
    id TEXT NOT NULL UNIQUE,
    message_id TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    state TEXT NOT NULL,
    copy_of INTEGER,
    deliveries INTEGER NOT NULL DEFAULT 0,
    due_at BIGINT,
    reason TEXT,
    settled_at BIGINT,
    flagged INTEGER NOT NULL DEFAULT 0,
    revived INTEGER NOT NULL DEFAULT 0,
    has_record INTEGER NOT NULL,
    UNIQUE (account, folder, uid_validity, uid)
  );
  CREATE INDEX inbound_fingerprint ON inbound (fingerprint);
  CREATE INDEX inbound_copy ON inbound (copy_of) WHERE copy_of IS NOT NULL;
  CREATE INDEX inbound_unflagged ON inbound (account, folder, uid_validity, uid) WHERE flagged = 0;
  CREATE INDEX inbound_revived ON inbound (account) WHERE revived = 1;
  CREATE INDEX inbound_kept ON inbound (settled_at) WHERE has_record = 1 AND settled_at IS NOT NULL;

  CREATE TABLE inbound_record (
    sequence INTEGER PRIMARY KEY,
    record TEXT NOT NULL
  );

  CREATE TABLE outbox (
    sequence INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    key TEXT NOT NULL,
    message_id TEXT NOT NULL,
    state TEXT NOT NULL,
    is_open INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    enqueued_at BIGINT NOT NULL,
    next_attempt_at BIGINT,
    details TEXT NOT NULL,
    settled_at BIGINT,
    revived INTEGER NOT NULL DEFAULT 0,
    has_content INTEGER NOT NULL DEFAULT 1,
    UNIQUE (account, key)
  );
  CREATE INDEX outbox_open ON outbox (account, sequence) WHERE is_open = 1;
  CREATE INDEX outbox_revived ON outbox (account) WHERE revived = 1;
  CREATE INDEX outbox_kept ON outbox (settled_at) WHERE has_content = 1 AND settled_at IS NOT NULL;

  CREATE TABLE outbox_content (
    sequence INTEGER PRIMARY KEY,
    mail TEXT NOT NULL
  );

  CREATE TABLE outbox_file (
    sequence INTEGER NOT NULL,
    number INTEGER NOT NULL,
    content BLOB NOT NULL,
    PRIMARY KEY (sequence, number)
  );
  `,
  // By Message-ID: reports about what we sent, and mail that claims to be ours. By date: how much was answered lately.
  `
  CREATE INDEX outbox_message ON outbox (message_id);
  CREATE INDEX outbox_recent ON outbox (account, enqueued_at);

  CREATE TABLE account_secret (
    account TEXT PRIMARY KEY,
    secret BLOB NOT NULL
  );
  `,
  // What names a mail of a conversation, and the Message-ID that names the conversation.
  `
  CREATE TABLE thread_name (
    sequence INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    name TEXT NOT NULL,
    root TEXT NOT NULL,
    added_at BIGINT NOT NULL,
    UNIQUE (account, name)
  );
  CREATE INDEX thread_name_added ON thread_name (added_at);
  `,
];

/** "mlpt": tells our file from another program's. */
const APPLICATION_ID = 0x6d_6c_70_74;

export function migrate(db: Database): void {
  for (let version = pragma(db, "user_version"); version < MIGRATIONS.length; version++) {
    db.exec("BEGIN IMMEDIATE");
    db.exec(MIGRATIONS[version] ?? "");
    db.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
    db.exec(`PRAGMA user_version = ${version + 1}`);
    db.exec("COMMIT");
  }
}

/** @throws StorageError when the file is another program's or a newer version's */
export function checkVersion(db: Database, path: string): void {
  const version = pragma(db, "user_version");
  if (version === 0 || pragma(db, "application_id") !== APPLICATION_ID)
    throw new StorageError(
      `${path} is a SQLite database of another program, not a mailport store. Name another path for the store.`,
    );
  if (version > MIGRATIONS.length)
    throw new StorageError(
      `The store ${path} was written by a newer mailport (its version is ${version}, this mailport knows ${MIGRATIONS.length}). ` +
        "Install that mailport again, or restore the copy of the store from before.",
    );
}

/** For whoever may only look: @throws StorageError when it still has to be brought up to date. */
export function checkUpToDate(db: Database, path: string): void {
  checkVersion(db, path);
  if (pragma(db, "user_version") < MIGRATIONS.length)
    throw new StorageError(
      `The store ${path} was written by an older mailport. Start the gateway once: it brings the store up to date.`,
    );
}

function pragma(db: Database, name: string): number {
  return Object.values(db.prepare<Record<string, number>>(`PRAGMA ${name}`).get() ?? {})[0] ?? 0;
}
