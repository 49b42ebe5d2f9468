import type { SqliteConnection } from "./sqlite-connection.ts";
import type { Statement } from "./sqlite-driver.ts";

export interface PlaceRow {
  readonly sequence: number;
  readonly folder: string;
  readonly uid_validity: string;
  readonly uid: number;
  readonly flagged: number;
}

export interface InboundRow {
  readonly record: string;
  readonly deliveries: number;
  readonly due_at: number | null;
}

export interface InboxStatements {
  readonly twin: Statement<{ sequence: number; state: string }>;
  readonly insert: Statement<{ sequence: number }>;
  readonly insertRecord: Statement;
  readonly open: Statement<InboundRow>;
  readonly deliver: Statement<{ deliveries: number }>;
  readonly retryLater: Statement;
  readonly takeBack: Statement<{ sequence: number }>;
  readonly settleCopies: Statement;
  readonly giveUp: Statement;
  readonly finish: Statement<PlaceRow>;
  readonly finishCopies: Statement<PlaceRow>;
  readonly settled: Statement<{ sequence: number }>;
  readonly unflaggedOf: Statement<PlaceRow>;
  readonly unflagged: Statement<{ uid: number }>;
  readonly flagged: Statement;
  readonly takeRevived: Statement<{ sequence: number }>;
  readonly waitingOne: Statement<InboundRow>;
}

const OPEN = "('waiting', 'in hand', 'retrying')";
const PLACE = "sequence, folder, uid_validity, uid, flagged";

export function prepareInbox(connection: SqliteConnection): InboxStatements {
  return {
    twin: connection.prepare(
      `SELECT sequence, state FROM inbound
       WHERE account = ? AND fingerprint = ? AND message_id = ? AND copy_of IS NULL ORDER BY sequence LIMIT 1`,
    ),
    insert: connection.prepare(
      `INSERT INTO inbound (account, folder, uid_validity, uid, id, message_id, fingerprint, state, copy_of, settled_at, has_record)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (account, folder, uid_validity, uid) DO NOTHING RETURNING sequence`,
    ),
    insertRecord: connection.prepare("INSERT INTO inbound_record (sequence, record) VALUES (?, ?)"),
    // Whatever is open is not flagged, and of that there is an index.
    open: connection.prepare(
      `SELECT r.record, i.deliveries, i.due_at FROM inbound i JOIN inbound_record r ON r.sequence = i.sequence
       WHERE i.account = ? AND i.flagged = 0 AND i.state IN ${OPEN} ORDER BY i.sequence`,
    ),
    deliver: connection.prepare(
      `UPDATE inbound SET state = 'in hand', deliveries = deliveries + 1, due_at = NULL
       WHERE account = ? AND id = ? AND state IN ${OPEN} RETURNING deliveries`,
    ),
    retryLater: connection.prepare(
      `UPDATE inbound SET state = 'retrying', due_at = ?, reason = ? WHERE account = ? AND id = ? AND state IN ${OPEN}`,
    ),
    // What is open is never flagged, or a restart would not find it.
    takeBack: connection.prepare(
      `UPDATE inbound SET state = 'retrying', due_at = ?, reason = ?, settled_at = NULL, flagged = 0
       WHERE account = ? AND id = ? AND state = 'done' AND has_record = 1 RETURNING sequence`,
    ),
    settleCopies: connection.prepare("UPDATE inbound SET settled_at = ? WHERE copy_of = ?"),
    giveUp: connection.prepare(
      `UPDATE inbound SET state = 'dead', due_at = NULL, reason = ?, settled_at = ?
       WHERE account = ? AND id = ? AND state IN ${OPEN}`,
    ),
    finish: connection.prepare(
      `UPDATE inbound SET state = 'done', due_at = NULL, settled_at = ?
       WHERE account = ? AND id = ? AND state IN ('waiting', 'in hand', 'retrying', 'dead') RETURNING ${PLACE}`,
    ),
    finishCopies: connection.prepare(`UPDATE inbound SET settled_at = ? WHERE copy_of = ? RETURNING ${PLACE}`),
    settled: connection.prepare(
      "SELECT sequence FROM inbound WHERE account = ? AND id = ? AND state IN ('done', 'dropped')",
    ),
    unflaggedOf: connection.prepare(
      `SELECT ${PLACE} FROM inbound WHERE (sequence = ? OR copy_of = ?) AND flagged = 0 ORDER BY sequence`,
    ),
    unflagged: connection.prepare(
      `SELECT uid FROM inbound WHERE account = ? AND folder = ? AND uid_validity = ? AND flagged = 0
       AND (state IN ('done', 'dropped') OR (state = 'copy' AND settled_at IS NOT NULL)) ORDER BY uid`,
    ),
    flagged: connection.prepare(
      `UPDATE inbound SET flagged = 1
       WHERE account = ? AND folder = ? AND uid_validity = ? AND uid = ? AND settled_at IS NOT NULL`,
    ),
    takeRevived: connection.prepare(
      "UPDATE inbound SET revived = 0 WHERE account = ? AND revived = 1 RETURNING sequence",
    ),
    // Delivered or finished meanwhile: then it is not to be delivered now.
    waitingOne: connection.prepare(
      `SELECT r.record, i.deliveries, i.due_at FROM inbound i JOIN inbound_record r ON r.sequence = i.sequence
       WHERE i.sequence = ? AND i.state = 'waiting'`,
    ),
  };
}
