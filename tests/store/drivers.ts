import { type DriverName, openDatabase } from "../../src/store/sqlite-driver.ts";

/** At least one of them must be there: without any, the tests of the store on disk would prove nothing. */
export function driversHere(): readonly DriverName[] {
  const found = (["better-sqlite3", "node:sqlite"] as const).filter(works);
  if (found.length === 0) throw new Error("no SQLite driver works here: npm install better-sqlite3@12");
  return found;
}

function works(driver: DriverName): boolean {
  try {
    openDatabase(":memory:", driver).close();
    return true;
  } catch {
    return false;
  }
}
