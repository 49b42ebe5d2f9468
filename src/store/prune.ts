import { setImmediate as nextTurn } from "node:timers/promises";
import { errorText } from "../domain/errors.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Logger } from "../runtime/logger.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";
import type { Statement } from "./sqlite-driver.ts";

export interface PruneOptions {
  readonly connection: SqliteConnection;
  readonly clock: Clock;
  readonly keepDays: number;
  readonly logger: Logger;
}

const DAY_MS = 86_400_000;
const PRUNE_EVERY_MS = 3_600_000;
/** A conversation that rests longer begins anew where the mail itself does not say whose it is. */
const THREAD_DAYS = 730;
/** Deleted in one go: a few milliseconds in which nothing else happens. */
const SLICE_ROWS = 200;

interface Slice {
  readonly days: number;
  readonly find: Statement<{ sequence: number }>;
  readonly empty: readonly Statement[];
}

/**
 * Deletes the texts of mails that have been dealt with for `keepDays`, now and every hour. What recognises a mail that
 * comes once more stays.
 */
export function startPruning(options: PruneOptions): Disposable {
  const slices = prepare(options);
  const stop = new AbortController();
  const run = () => void prune(options, slices, stop.signal);
  const timer = setInterval(run, PRUNE_EVERY_MS).unref();
  run();
  return {
    [Symbol.dispose]() {
      stop.abort();
      clearInterval(timer);
    },
  };
}

async function prune(options: PruneOptions, slices: readonly Slice[], signal: AbortSignal): Promise<void> {
  const { connection, clock, logger } = options;
  try {
    for (const slice of slices) {
      const before = clock.now() - slice.days * DAY_MS;
      for (let found = SLICE_ROWS; found === SLICE_ROWS;) {
        await nextTurn();
        if (signal.aborted) return;
        found = connection.transaction("normal", () => pruneSlice(slice, before));
      }
    }
  } catch (error) {
    logger.log("warn", "old mails could not be deleted from the store; tried again in an hour", {
      error: errorText(error),
    });
  }
}

function pruneSlice({ find, empty }: Slice, before: number): number {
  const rows = find.all(before, SLICE_ROWS);
  for (const { sequence } of rows) for (const statement of empty) statement.run(sequence);
  return rows.length;
}

function prepare({ connection, keepDays }: PruneOptions): readonly Slice[] {
  return [
    {
      days: keepDays,
      find: connection.prepare(
        "SELECT sequence FROM inbound WHERE has_record = 1 AND settled_at <= ? ORDER BY settled_at LIMIT ?",
      ),
      empty: [
        connection.prepare("DELETE FROM inbound_record WHERE sequence = ?"),
        connection.prepare("UPDATE inbound SET has_record = 0, reason = NULL WHERE sequence = ?"),
      ],
    },
    {
      days: keepDays,
      find: connection.prepare(
        "SELECT sequence FROM outbox WHERE has_content = 1 AND settled_at <= ? ORDER BY settled_at LIMIT ?",
      ),
      empty: [
        connection.prepare("DELETE FROM outbox_file WHERE sequence = ?"),
        connection.prepare("DELETE FROM outbox_content WHERE sequence = ?"),
        connection.prepare("UPDATE outbox SET has_content = 0 WHERE sequence = ?"),
      ],
    },
    {
      days: THREAD_DAYS,
      find: connection.prepare("SELECT sequence FROM thread_name WHERE added_at <= ? ORDER BY added_at LIMIT ?"),
      empty: [connection.prepare("DELETE FROM thread_name WHERE sequence = ?")],
    },
  ];
}
