import type { SqliteConnection } from "./sqlite-connection.ts";
import type { Statement } from "./sqlite-driver.ts";

export interface SendRow {
  readonly sequence: number;
  readonly key: string;
  readonly message_id: string;
  readonly state: string;
  readonly is_open: number;
  readonly attempts: number;
  readonly enqueued_at: number;
  readonly next_attempt_at: number | null;
  readonly details: string;
}

export interface OutboxStatements {
  readonly find: Statement<SendRow>;
  readonly insert: Statement<{ sequence: number }>;
  readonly insertContent: Statement;
  readonly insertFile: Statement;
  readonly update: Statement;
  readonly findMail: Statement<SendRow>;
  readonly amend: Statement;
  readonly addedSince: Statement<SendRow>;
  readonly remove: Statement<{ sequence: number }>;
  readonly removeContent: Statement;
  readonly removeFiles: Statement;
  readonly open: Statement<SendRow>;
  readonly content: Statement<{ mail: string }>;
  readonly files: Statement<{ content: Uint8Array }>;
  readonly takeRevived: Statement<{ sequence: number }>;
  readonly retryingOne: Statement<SendRow>;
}

const SEND = "sequence, key, message_id, state, is_open, attempts, enqueued_at, next_attempt_at, details";

export function prepareOutbox(connection: SqliteConnection): OutboxStatements {
  return {
    find: connection.prepare(`SELECT ${SEND} FROM outbox WHERE account = ? AND key = ?`),
    insert: connection.prepare(
      `INSERT INTO outbox (account, key, message_id, state, is_open, attempts, enqueued_at, next_attempt_at, details, settled_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (account, key) DO NOTHING RETURNING sequence`,
    ),
    insertContent: connection.prepare("INSERT INTO outbox_content (sequence, mail) VALUES (?, ?)"),
    insertFile: connection.prepare("INSERT INTO outbox_file (sequence, number, content) VALUES (?, ?, ?)"),
    update: connection.prepare(
      `UPDATE outbox SET message_id = ?, state = ?, is_open = ?, attempts = ?, enqueued_at = ?, next_attempt_at = ?,
         details = ?, settled_at = ?
       WHERE account = ? AND key = ? AND is_open = 1`,
    ),
    findMail: connection.prepare(
      `SELECT ${SEND} FROM outbox WHERE message_id = ? AND account = ? ORDER BY sequence DESC LIMIT 1`,
    ),
    amend: connection.prepare("UPDATE outbox SET state = ?, details = ? WHERE account = ? AND key = ? AND is_open = 0"),
    addedSince: connection.prepare(
      `SELECT ${SEND} FROM outbox WHERE account = ? AND enqueued_at >= ? ORDER BY enqueued_at DESC LIMIT ?`,
    ),
    remove: connection.prepare("DELETE FROM outbox WHERE account = ? AND key = ? RETURNING sequence"),
    removeContent: connection.prepare("DELETE FROM outbox_content WHERE sequence = ?"),
    removeFiles: connection.prepare("DELETE FROM outbox_file WHERE sequence = ?"),
    open: connection.prepare(`SELECT ${SEND} FROM outbox WHERE account = ? AND is_open = 1 ORDER BY sequence`),
    content: connection.prepare("SELECT mail FROM outbox_content WHERE sequence = ?"),
    files: connection.prepare("SELECT content FROM outbox_file WHERE sequence = ? ORDER BY number"),
    takeRevived: connection.prepare(
      "UPDATE outbox SET revived = 0 WHERE account = ? AND revived = 1 RETURNING sequence",
    ),
    // On its way, sent or dropped meanwhile: then nothing is to be done.
    retryingOne: connection.prepare(
      `SELECT ${SEND} FROM outbox WHERE sequence = ? AND state = 'retrying' AND is_open = 1`,
    ),
  };
}
