import type { MessageRecord } from "../domain/store.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";

/** Dead mails, too: a person may have them tried once more, as long as their text is there. */
const NOT_DONE = "('waiting', 'in hand', 'retrying', 'dead')";

/** Paths of the saved attachments of all mails that the bot may still be given. */
export function attachmentPaths(connection: SqliteConnection): readonly string[] {
  const statement = connection.prepare<{ record: string }>(
    `SELECT r.record FROM inbound i JOIN inbound_record r ON r.sequence = i.sequence
     WHERE i.state IN ${NOT_DONE} AND r.record LIKE '%"path":%'`,
  );
  return connection.read(() =>
    statement
      .all()
      .flatMap(({ record }) => (JSON.parse(record) as MessageRecord).attachments)
      .flatMap(({ path }) => path ?? []),
  );
}
