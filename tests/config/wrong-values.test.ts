import { describe, expect, it } from "vitest";
import { gatewayJsonSchema } from "../../src/config/gateway-schema.ts";
import { parseGateway } from "../../src/config/load.ts";
import { valueAt } from "../../src/config/problems.ts";
import { ConfigError } from "../../src/domain/errors.ts";

const WRONG = [null, 1e9, -1.5, "\u0000", "x".repeat(10_000), "", [], [1], {}, { "": 1 }, [[]], true];
const ACCOUNT_KEYS = Object.keys(
  Object(valueAt(gatewayJsonSchema(), ["properties", "accounts", "items", "properties"])),
);

describe("a wrong value", () => {
  it.each(ACCOUNT_KEYS)("of %s is told in our own words, with its path, in one short line", (key) => {
    for (const value of WRONG)
      expectOurWords(
        { accounts: [{ [key]: value }], bot: { kind: "echo" } },
        key === "enabled" ? "accounts[0]." : `accounts[0].${key}`,
      );
  });

  it.each(["$schema", "store", "accounts", "bot", "admin", "log", "drainSeconds"])("of %s too", (key) => {
    for (const value of WRONG) expectOurWords({ accounts: [{}], bot: { kind: "echo" }, [key]: value }, key);
  });

  it("is also a key that every object has", () => {
    expectOurWords(
      JSON.parse('{"accounts": [{"__proto__": {"enabled": true}, "constructor": 1}], "bot": {"kind": "echo"}}'),
      "accounts[0].",
    );
  });
});

function expectOurWords(input: unknown, path: string): void {
  try {
    parseGateway(input);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const problem of error.problems) {
      expect(problem.startsWith(path)).toBe(true);
      expect(problem).toMatch(
        /: (?:is missing; )?expected |unknown key|an enabled account needs it|not available in this version|is there twice/,
      );
      expect(problem).not.toMatch(/Invalid|Too |invalid_|undefined|\[object|[\u0000-\u001f]/);
      expect(problem.length).toBeLessThan(400);
    }
  }
}
