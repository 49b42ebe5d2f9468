import { createRequire } from "node:module";
import { StorageError, errorText } from "../domain/errors.ts";

export type SqlValue = string | number | null | Uint8Array;

export interface Statement<Row = unknown> {
  run(...values: SqlValue[]): { readonly changes: number | bigint };
  get(...values: SqlValue[]): Row | undefined;
  all(...values: SqlValue[]): Row[];
}

/** What both drivers have in common. */
export interface Database {
  exec(sql: string): unknown;
  prepare<Row = unknown>(sql: string): Statement<Row>;
  close(): unknown;
}

export type DriverName = "better-sqlite3" | "node:sqlite";

type OpenDatabase = (path: string) => Database;
type DatabaseClass = new (path: string) => Database;

const load = createRequire(import.meta.url);

const DRIVERS: Record<DriverName, () => DatabaseClass> = {
  "better-sqlite3": () => load("better-sqlite3") as DatabaseClass,
  "node:sqlite": () => (load("node:sqlite") as { DatabaseSync: DatabaseClass }).DatabaseSync,
};

const loaded = new Map<DriverName, OpenDatabase>();

/** Opens the file with the first driver that works here, or with the one that is named. */
export function openDatabase(path: string, driver?: DriverName): Database {
  return findDriver(driver ? [driver] : ["better-sqlite3", "node:sqlite"])(path);
}

function findDriver(names: readonly DriverName[]): OpenDatabase {
  const failures: string[] = [];
  for (const name of names) {
    try {
      return loadDriver(name);
    } catch (error) {
      failures.push(`${name}: ${errorText(error).split("\n")[0]}`);
    }
  }
  throw new StorageError(
    `The store on disk needs a driver for SQLite, and none works with Node ${process.versions.node} (${failures.join("; ")}). ` +
      "Run `npm install better-sqlite3@12`, or use Node 22.13 or newer.",
  );
}

function loadDriver(name: DriverName): OpenDatabase {
  const known = loaded.get(name);
  if (known) return known;
  const DatabaseOf = DRIVERS[name]();
  // better-sqlite3 loads its binary only now; one that was built for another Node fails here.
  new DatabaseOf(":memory:").close();
  const open: OpenDatabase = (path) => new DatabaseOf(path);
  loaded.set(name, open);
  return open;
}

/** Of SQLite's result codes, those that ask for different help: https://www.sqlite.org/rescode.html */
const RESULT_NAMES: Readonly<Record<number, string>> = {
  5: "BUSY",
  6: "LOCKED",
  8: "READONLY",
  10: "IOERR",
  11: "CORRUPT",
  13: "FULL",
  14: "CANTOPEN",
  26: "NOTADB",
};

/** The primary result code without its prefix (`FULL`); undefined when the error is not SQLite's. */
export function sqliteCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, errcode } = error as { code?: unknown; errcode?: unknown };
  // node:sqlite gives the number, whose low byte is the primary code; better-sqlite3 gives SQLITE_IOERR_WRITE.
  if (typeof errcode === "number") return RESULT_NAMES[errcode & 0xff] ?? "ERROR";
  return typeof code === "string" ? /^SQLITE_([A-Z]+)/.exec(code)?.[1] : undefined;
}
