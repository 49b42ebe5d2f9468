import { randomBytes } from "node:crypto";
import type { CommitQueue } from "./commit-queue.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";

const SECRET_BYTES = 32;

/** Each account's secret: what has been given out once is the same after every restart. */
export function sqliteSecrets(
  connection: SqliteConnection,
  queue: CommitQueue,
): (account: string) => Promise<Uint8Array> {
  const insert = connection.prepare(
    "INSERT INTO account_secret (account, secret) VALUES (?, ?) ON CONFLICT (account) DO NOTHING",
  );
  const find = connection.prepare<{ secret: Uint8Array }>("SELECT secret FROM account_secret WHERE account = ?");
  return async (account) => {
    const known = connection.read(() => find.get(account));
    if (known) return known.secret;
    connection.assertOpen();
    return await queue.add("full", () => {
      insert.run(account, randomBytes(SECRET_BYTES));
      const made = find.get(account);
      if (!made) throw new Error("a secret that has just been written cannot be found");
      return made.secret;
    });
  };
}
