import type { FolderProgress, FolderStore } from "../domain/store.ts";
import type { CommitQueue } from "./commit-queue.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";
import type { Statement } from "./sqlite-driver.ts";
import { readRanges, uidRange } from "../domain/uid-ranges.ts";

interface FolderRow {
  readonly uid_validity: string;
  readonly start_uid: number;
  readonly backlog: string;
  readonly not_before: number | null;
  readonly floor: number;
}

interface FolderStatements {
  readonly find: Statement<FolderRow>;
  readonly known: Statement<{ uid: number }>;
  readonly start: Statement;
  readonly forgetOldFlags: Statement;
  readonly raiseFloor: Statement;
}

export function sqliteFolders(connection: SqliteConnection, queue: CommitQueue): (account: string) => FolderStore {
  const statements = prepare(connection);
  return (account) => folderStore(account, connection, queue, statements);
}

function prepare(connection: SqliteConnection): FolderStatements {
  return {
    find: connection.prepare(
      "SELECT uid_validity, start_uid, backlog, not_before, floor FROM folder WHERE account = ? AND folder = ?",
    ),
    known: connection.prepare(
      "SELECT uid FROM inbound WHERE account = ? AND folder = ? AND uid_validity = ? AND uid > ? ORDER BY uid",
    ),
    start: connection.prepare(
      `INSERT INTO folder (account, folder, uid_validity, start_uid, backlog, not_before, floor) VALUES (?, ?, ?, ?, ?, ?, 0)
       ON CONFLICT (account, folder) DO UPDATE SET uid_validity = excluded.uid_validity,
         start_uid = excluded.start_uid, backlog = excluded.backlog,
         not_before = excluded.not_before, floor = 0`,
    ),
    // Numbers that mean nothing any more can never be confirmed.
    forgetOldFlags: connection.prepare(
      `UPDATE inbound SET flagged = 1 WHERE account = ? AND folder = ? AND uid_validity <> ? AND flagged = 0
       AND settled_at IS NOT NULL AND state <> 'dead'`,
    ),
    raiseFloor: connection.prepare(
      "UPDATE folder SET floor = ? WHERE account = ? AND folder = ? AND uid_validity = ? AND floor < ?",
    ),
  };
}

function folderStore(
  account: string,
  connection: SqliteConnection,
  queue: CommitQueue,
  statements: FolderStatements,
): FolderStore {
  return {
    async progress(folder): Promise<FolderProgress | undefined> {
      return connection.read(() => {
        const row = statements.find.get(account, folder);
        if (!row) return undefined;
        const known = statements.known.all(account, folder, row.uid_validity, row.floor);
        return {
          uidValidity: row.uid_validity,
          startUid: row.start_uid,
          backlog: readRanges(row.backlog),
          notBefore: row.not_before,
          floor: row.floor,
          known: known.map(({ uid }) => uid),
        };
      });
    },
    async start(folder, { uidValidity, startUid, backlog, notBefore }) {
      connection.assertOpen();
      const ranges = uidRange(backlog);
      await queue.add("full", () => {
        statements.start.run(account, folder, uidValidity, startUid, ranges, notBefore);
        statements.forgetOldFlags.run(account, folder, uidValidity);
      });
    },
    async raiseFloor(folder, uidValidity, floor) {
      connection.assertOpen();
      await queue.add("normal", () => statements.raiseFloor.run(floor, account, folder, uidValidity, floor));
    },
  };
}
