import { describe, expect, it } from "vitest";
import { isoDate } from "../../src/parse/date-header.ts";

describe("the Date header", () => {
  it.each([
    ["Fri, 20 Nov 2026 10:00:00 +0100", "2026-11-20T09:00:00.000Z"],
    ["20 Nov 2026 10:00 GMT", "2026-11-20T10:00:00.000Z"],
    ["Fri, 20 Nov 2026 10:00:00 -0330 (NST)", "2026-11-20T13:30:00.000Z"],
    ["Fri, 20 Nov 26 10:00:00 EST", "2026-11-20T15:00:00.000Z"],
    ["Fri, 20 Nov 99 10:00:00 Z", "1999-11-20T10:00:00.000Z"],
    ["Friday, 20 November 2026 10.00.00 +0000", "2026-11-20T10:00:00.000Z"],
    ["Fri, 20 Nov 2026 10:00:00 GMT+0200", "2026-11-20T08:00:00.000Z"],
    ["20-Nov-2026 10:00:00 +0000", "2026-11-20T10:00:00.000Z"],
    ["2026-11-20T10:00:00+01:00", "2026-11-20T09:00:00.000Z"],
    ["Thu, 01 Jan 1970 00:00:00 +0000", "1970-01-01T00:00:00.000Z"],
    ["Thu, 31 Dec 2099 23:59:60 +0000", "2100-01-01T00:00:00.000Z"],
  ])("%s", (header, iso) => expect(isoDate(header)).toBe(iso));

  it.each([
    "",
    "garbage",
    "Fri, 20 Foo 2026 10:00:00",
    "99 Nov 2026 10:00",
    "20 Nov 2026 25:00",
    "Nov 20 2026",
    `1${" ".repeat(100_000)}`,
  ])("is no date: %j (M4)", (header) => expect(isoDate(header)).toBe(""));
});
