import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { uidRange } from "../../src/domain/uid-ranges.ts";
import { lowestUids } from "../../src/mailbox/uid-set.ts";

describe("naming UIDs in a command", () => {
  it("joins neighbours", () => {
    expect(uidRange([1, 2, 3, 7, 9, 10])).toBe("1:3,7,9:10");
    expect(uidRange([])).toBe("");
  });

  it("names exactly what it was given", () => {
    const uids = fc.uniqueArray(fc.integer({ min: 1, max: 300 })).map((list) => list.toSorted((a, b) => a - b));
    fc.assert(
      fc.property(uids, (list) => {
        expect(lowestUids(uidRange(list), 0, 1_000)).toEqual(list);
      }),
    );
  });
});

describe("believing a search", () => {
  it("drops what is not above the cursor: n:* names the last mail even when it is older", () => {
    expect(lowestUids([7], 7, 10)).toEqual([]);
    expect(lowestUids("7", 7, 10)).toEqual([]);
  });

  it("sorts, and counts a UID once", () => {
    expect(lowestUids([9, 3, 9, 5], 0, 10)).toEqual([3, 5, 9]);
  });

  it("is not drowned by a range that names four thousand million mails", () => {
    expect(lowestUids("1:4294967295", 5, 3)).toEqual([6, 7, 8]);
  });

  it("takes the lowest when there are more than it wants", () => {
    expect(lowestUids("100:200,1:3", 0, 4)).toEqual([1, 2, 3, 100]);
  });

  it("ignores what is no UID", () => {
    expect(lowestUids("0,x,,5:4", 0, 10)).toEqual([4, 5]);
    expect(lowestUids([0, -1, 2 ** 40, 8], 0, 10)).toEqual([8]);
  });
});
