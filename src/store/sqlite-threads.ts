import type { Clock } from "../runtime/clock.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";
import type { Threads } from "./threads.ts";

/** Both are part of the transaction that stores a mail. */
export function sqliteThreads(connection: SqliteConnection, clock: Clock): (account: string) => Threads {
  const find = connection.prepare<{ root: string }>("SELECT root FROM thread_name WHERE account = ? AND name = ?");
  const add = connection.prepare(
    "INSERT INTO thread_name (account, name, root, added_at) VALUES (?, ?, ?, ?) ON CONFLICT (account, name) DO NOTHING",
  );
  return (account) => ({
    rootOf(known) {
      for (const name of known) {
        const found = find.get(account, name);
        if (found) return found.root;
      }
      return undefined;
    },
    learn(names, root) {
      for (const name of names) add.run(account, name, root, clock.now());
    },
  });
}
