import type { Clock } from "../runtime/clock.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";

/** One account's conversations. Both are part of the transaction that stores a mail. */
export interface SqliteThreads {
  rootOf(known: readonly string[]): string | undefined;
  /** What is known already stays as it is: a later mail cannot take an earlier one out of its conversation. */
  learn(names: readonly string[], root: string): void;
}

export function sqliteThreads(connection: SqliteConnection, clock: Clock): (account: string) => SqliteThreads {
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
