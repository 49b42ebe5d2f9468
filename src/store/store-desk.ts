import type {
  InboundEntry,
  InboundState,
  ListFilter,
  MessageRecord,
  OutboundEntry,
  StoreDesk,
} from "../domain/store.ts";
import { type Clock, systemClock } from "../runtime/clock.ts";
import { openForDesk } from "./open-file.ts";
import { SqliteConnection } from "./sqlite-connection.ts";
import type { DriverName, SqlValue } from "./sqlite-driver.ts";

export interface StoreDeskOptions {
  readonly clock?: Clock;
  readonly driver?: DriverName;
}

interface InboundRow {
  readonly id: string;
  readonly account: string;
  readonly state: string;
  readonly message_id: string;
  readonly deliveries: number;
  readonly due_at: number | null;
  readonly reason: string | null;
  readonly record: string | null;
}

interface OutboundRow {
  readonly sequence: number;
  readonly message_id: string;
  readonly account: string;
  readonly key: string;
  readonly state: string;
  readonly attempts: number;
  readonly enqueued_at: number;
  readonly next_attempt_at: number | null;
  readonly details: string;
}

// A copy is shown with the text of the mail that is answered for both.
const INBOUND = `SELECT i.id, i.account, i.state, i.message_id, i.deliveries, i.due_at, i.reason, r.record
  FROM inbound i LEFT JOIN inbound_record r ON r.sequence = COALESCE(i.copy_of, i.sequence)`;
const OUTBOUND = `SELECT sequence, message_id, account, key, state, attempts, enqueued_at, next_attempt_at, details FROM outbox`;

const RETRY_INBOUND = `UPDATE inbound SET state = 'waiting', settled_at = NULL, due_at = NULL, flagged = 0, revived = 1,
    deliveries = CASE WHEN state = 'retrying' THEN deliveries ELSE 0 END
  WHERE id = ? AND has_record = 1 AND state IN ('dead', 'retrying', 'dropped') RETURNING sequence`;
const DROP_INBOUND = `UPDATE inbound SET state = 'dropped', settled_at = ?, due_at = NULL, revived = 0
  WHERE id = ? AND state IN ('waiting', 'retrying', 'dead') RETURNING sequence`;
const SETTLE_COPIES = "UPDATE inbound SET settled_at = ? WHERE copy_of = ?";

const RETRY_OUTBOUND = `UPDATE outbox SET state = 'retrying', is_open = 1, next_attempt_at = ?, settled_at = NULL, revived = 1
  WHERE message_id = ? AND has_content = 1 AND state IN ('failed', 'retrying', 'unknown')`;
const DROP_OUTBOUND = `UPDATE outbox SET state = 'dropped', is_open = 0, next_attempt_at = NULL, settled_at = ?, revived = 0
  WHERE message_id = ? AND ((is_open = 1 AND state <> 'sending') OR state IN ('failed', 'unknown'))`;

/** Works beside the gateway. @throws StorageError when there is no store, or it cannot be used */
export function openStoreDesk(path: string, { clock = systemClock, driver }: StoreDeskOptions = {}): StoreDesk {
  const connection = new SqliteConnection(openForDesk(path, driver), path);
  return {
    inbound(filter) {
      const { where, values } = filtered(filter, "i.");
      const sql = `${INBOUND} ${where} ORDER BY i.sequence DESC LIMIT ?`;
      return connection.read(() =>
        connection
          .prepare<InboundRow>(sql)
          .all(...values)
          .map((row) => inboundEntry(row)),
      );
    },
    inboundOne(id) {
      return connection.read(() => {
        const row = connection.prepare<InboundRow>(`${INBOUND} WHERE i.id = ?`).get(id);
        return row && { ...inboundEntry(row), record: recordOf(row) };
      });
    },
    retryInbound(id) {
      return connection.transaction("full", () => {
        const retried = connection.prepare<{ sequence: number }>(RETRY_INBOUND).get(id);
        if (retried) connection.prepare(SETTLE_COPIES).run(null, retried.sequence);
        return retried !== undefined;
      });
    },
    dropInbound(id) {
      return connection.transaction("full", () => {
        const dropped = connection.prepare<{ sequence: number }>(DROP_INBOUND).get(clock.now(), id);
        if (dropped) connection.prepare(SETTLE_COPIES).run(clock.now(), dropped.sequence);
        return dropped !== undefined;
      });
    },
    outbound(filter) {
      const { where, values } = filtered(filter, "");
      const sql = `${OUTBOUND} ${where} ORDER BY sequence DESC LIMIT ?`;
      return connection.read(() =>
        connection
          .prepare<OutboundRow>(sql)
          .all(...values)
          .map((row) => outboundEntry(row)),
      );
    },
    outboundOne(messageId) {
      return connection.read(() => {
        const row = connection
          .prepare<OutboundRow>(`${OUTBOUND} WHERE message_id = ? ORDER BY sequence DESC LIMIT 1`)
          .get(messageId);
        if (!row) return undefined;
        const content = connection
          .prepare<{ mail: string }>("SELECT mail FROM outbox_content WHERE sequence = ?")
          .get(row.sequence);
        return { ...outboundEntry(row), mail: content && (JSON.parse(content.mail) as unknown) };
      });
    },
    retryOutbound(messageId) {
      return changes(connection, RETRY_OUTBOUND, [clock.now(), messageId]);
    },
    dropOutbound(messageId) {
      return changes(connection, DROP_OUTBOUND, [clock.now(), messageId]);
    },
    [Symbol.dispose]() {
      connection.close();
    },
  };
}

function changes(connection: SqliteConnection, sql: string, values: readonly SqlValue[]): boolean {
  return connection.transaction("full", () => Number(connection.prepare(sql).run(...values).changes) > 0);
}

function filtered({ state, account, limit }: ListFilter, prefix: string): { where: string; values: SqlValue[] } {
  const wanted = Object.entries({ state, account }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  const conditions = wanted.map(([name]) => `${prefix}${name} = ?`);
  return {
    where: conditions.length > 0 ? `WHERE ${conditions.join(" AND ")}` : "",
    values: [...wanted.map(([, value]) => value), limit],
  };
}

function inboundEntry(row: InboundRow): InboundEntry {
  const record = recordOf(row);
  return {
    id: row.id,
    account: row.account,
    state: row.state as InboundState,
    messageId: row.message_id,
    senderId: record?.session.senderId ?? "",
    subject: record?.metadata.email_subject ?? "",
    receivedAt: record?.receivedAt ?? "",
    deliveries: row.deliveries,
    dueAt: isoDate(row.due_at),
    reason: row.reason,
  };
}

function recordOf({ record }: InboundRow): MessageRecord | undefined {
  return record === null ? undefined : (JSON.parse(record) as MessageRecord);
}

function outboundEntry(row: OutboundRow): OutboundEntry {
  return {
    messageId: row.message_id,
    account: row.account,
    key: row.key,
    state: row.state,
    attempts: row.attempts,
    enqueuedAt: new Date(row.enqueued_at).toISOString(),
    nextAttemptAt: isoDate(row.next_attempt_at),
    details: JSON.parse(row.details) as unknown,
  };
}

function isoDate(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
