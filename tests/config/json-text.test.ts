import { assert, constantFrom, json, nat, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { jsonFault } from "../../src/config/json-text.ts";

describe("the place of a mistake in a JSON text", () => {
  it.each<[string, number, number, string]>([
    ['{"a": 1,}', 1, 9, "a comma before the closing bracket is one too many"],
    ['{\n  "a": 1\n  "b": 2\n}', 3, 3, 'expected "," or "}"'],
    ['{\n  // note\n  "a": 1\n}', 2, 3, "JSON has no comments"],
    ["{'a': 1}", 1, 2, "expected a key in double quotes"],
    ['{"a" 1}', 1, 6, 'expected ":" after the key'],
    ['{"a": [1, 2', 1, 12, 'expected "," or "]", but the file ends here'],
    ['{"a": "x\ny"}', 1, 7, "this text is not closed, or holds a line break or a backslash that JSON does not know"],
    ['{"a": tru}', 1, 7, "expected a value"],
    ["{} {}", 1, 4, "nothing may follow the closing bracket"],
    ["", 1, 1, "expected a value, but the file ends here"],
    ['{"a": 1, "b": {}, "a": 2}', 1, 19, "this key stands twice in the same object"],
    ['{"a": 1, "\\u0061": 2}', 1, 10, "this key stands twice in the same object"],
    ["[".repeat(200), 1, 102, "nested too deeply"],
  ])("%j", (text, line, column, what) => {
    expect(jsonFault(text)).toEqual({ line, column, what });
  });

  it("is none in what JSON.stringify writes, and is found wherever JSON.parse refuses", () => {
    assert(
      property(json({ maxDepth: 5 }), nat(), constantFrom("", ",", '"', "}", "x", "\\", "\n"), (text, at, junk) => {
        const place = at % (text.length + 1);
        const changed = text.slice(0, place) + junk + text.slice(place + (at % 2));
        const fault = jsonFault(changed);
        if (parses(changed))
          expect(fault === undefined || fault.what === "this key stands twice in the same object").toBe(true);
        else expect(fault).toBeDefined();
      }),
      { numRuns: 2_000 },
    );
  });
});

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
