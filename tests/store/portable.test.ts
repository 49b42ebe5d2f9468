import { readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readRanges, uidRange } from "../../src/domain/uid-ranges.ts";

const STORE = resolve(import.meta.dirname, "../../src/store");
const sources = readdirSync(STORE).map((name) => [name, readFileSync(join(STORE, name), "utf8")] as const);

describe("the store's source", () => {
  it("is SQL that PostgreSQL knows, too", () => {
    const foreign = /\browid\b|AUTOINCREMENT|INSERT OR|REPLACE INTO|IFNULL|WITHOUT ROWID|INDEXED BY|json_extract/i;
    expect(sources.filter(([, text]) => foreign.test(text)).map(([name]) => name)).toEqual([]);
  });

  it("names the drivers in one file", () => {
    const loads = /(?:load|import|require)\(?\s*"(?:better-sqlite3|node:sqlite)"|from "(?:better-sqlite3|node:sqlite)"/;
    expect(sources.filter(([, text]) => loads.test(text)).map(([name]) => name)).toEqual(["sqlite-driver.ts"]);
  });
});

describe("UIDs as ranges", () => {
  it("are short", () => {
    expect(uidRange([5, 17, 18, 19, 20])).toBe("5,17:20");
    expect(uidRange([])).toBe("");
  });

  it("give back what was written", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 300 })), (numbers) => {
        const uids = numbers.toSorted((a, b) => a - b);
        expect(readRanges(uidRange(uids))).toEqual(uids);
      }),
    );
  });
});
