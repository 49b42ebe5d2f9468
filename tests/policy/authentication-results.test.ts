import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readAuthenticationResults } from "../../src/policy/authentication-results.ts";

const read = (value: string) => {
  const { authservId, plainId, broken, results } = readAuthenticationResults(value);
  return {
    id: authservId,
    plainId,
    broken,
    results: results.map(({ method, result, properties }) => [method, result, Object.fromEntries(properties)]),
  };
};

describe("Authentication-Results (RFC 8601)", () => {
  it("is an id and results with properties", () => {
    expect(
      read(
        "mx.google.com; dkim=pass header.i=@x.org header.s=sel header.b=a/b+c=; spf=pass (google.com: domain of a@x.org" +
          " designates 192.0.2.1 as permitted sender) smtp.mailfrom=bounce+a=b.org@x.org; dmarc=pass (p=NONE sp=NONE dis=NONE) header.from=x.org",
      ),
    ).toEqual({
      id: "mx.google.com",
      plainId: true,
      broken: false,
      results: [
        ["dkim", "pass", { "header.i": "@x.org", "header.s": "sel", "header.b": "a/b+c=" }],
        ["spf", "pass", { "smtp.mailfrom": "bounce+a=b.org@x.org" }],
        ["dmarc", "pass", { "header.from": "x.org" }],
      ],
    });
  });

  it("has results that hide in comments and quotes for nobody", () => {
    expect(
      read(
        'mx.bot.test; dkim=fail (dmarc=pass (x; dmarc=pass) \\) ;) header.d=x; dmarc=fail reason="; dmarc=pass \\" h=y"',
      ).results,
    ).toEqual([
      ["dkim", "fail", { "header.d": "x" }],
      ["dmarc", "fail", { reason: '; dmarc=pass " h=y' }],
    ]);
  });

  it.each([
    ["mx.bot.test; none", true],
    ["MX.BOT.TEST 1 ; dmarc=Pass (p=none)  header.from=x.org", true],
    ["mx.bot.test 2; dmarc=pass", false],
    ['"mx.bot.test"; dmarc=pass', false],
    ["(x) mx.bot.test; dmarc=pass", false],
    ["mx.bot.test (x); dmarc=pass", false],
    ["mx.bot.test dmarc=pass", false],
  ])("%j: its id is plainly written: %s", (value, plain) => {
    expect(readAuthenticationResults(value).plainId).toBe(plain);
    expect(readAuthenticationResults(value).authservId?.toLowerCase()).toBe("mx.bot.test");
  });

  it("has no id as Microsoft 365 writes it", () => {
    expect(
      read(
        "spf=pass (sender IP is 203.0.113.5) smtp.mailfrom=gc.example; dkim=pass header.d=gc.example;dmarc=pass action=none header.from=gc.example;compauth=pass reason=100",
      ),
    ).toMatchObject({
      id: undefined,
      broken: false,
      results: [
        ["spf", "pass", {}],
        ["dkim", "pass", {}],
        ["dmarc", "pass", { action: "none", "header.from": "gc.example" }],
        ["compauth", "pass", { reason: "100" }],
      ],
    });
  });

  it.each([
    "mx.bot.test; spf=pass smtp.mailfrom=any@legit.com(a.attack.com",
    'mx.bot.test; dmarc=pass reason="x header.from=legit.com',
    "mx.bot.test; dmarc header.from=legit.com",
    "mx.bot.test; dmarc=; spf=pass",
    ")(; dmarc=pass",
  ])("is broken when it cannot be read: %j", (value) => {
    expect(readAuthenticationResults(value).broken).toBe(true);
  });

  it("gives a property that stands twice no value", () => {
    expect(read("x.org; dmarc=pass header.from=a.org header.from=b.org").results[0]?.[2]).toEqual({
      "header.from": "",
    });
  });

  it.each(["(", ")", '"', "\\", ";", "a=", "a=b ", "((", '"\\', "a;b=c(", " ", "=", "x.y=z ", "(\\"])(
    "N12: costs linear time and is bounded, with 10 MB of %j",
    (piece) => {
      const value = `mx.bot.test; ${piece.repeat(10_000_000 / piece.length)}`;
      const startedAt = performance.now();
      expect(readAuthenticationResults(value).broken).toBe(true);
      expect(performance.now() - startedAt).toBeLessThan(500);
    },
  );

  it("reads back what was written, however it is folded and commented", () => {
    const token = fc.stringMatching(/^[a-z0-9-]{1,12}$/).filter((text) => text !== "none");
    const space = fc.constantFrom(" ", "  ", "\r\n ", " (a (b) \\) c) ", " (; dmarc=pass)\t");
    const value = fc.oneof(
      token.map((text) => ({ text, written: text })),
      fc.string({ maxLength: 12 }).map((text) => ({ text, written: `"${text.replace(/["\\]/g, "\\$&")}"` })),
    );
    const property = fc.tuple(fc.constantFrom("header", "smtp", "policy"), token, value, space);
    const result = fc.tuple(
      token,
      token,
      fc.uniqueArray(property, { maxLength: 4, selector: ([a, b]) => `${a}.${b}` }),
      space,
    );
    fc.assert(
      fc.property(token, fc.array(result, { maxLength: 5 }), (id, wanted) => {
        const written = wanted.map(
          ([method, outcome, properties, gap]) =>
            `;${gap}${method}${gap}=${gap}${outcome}${properties.map(([type, name, { written: text }, before]) => `${before}${type}.${name}${before}=${before}${text}`).join("")}`,
        );
        const found = readAuthenticationResults(`${id}${written.join("")}`);
        expect(found).toMatchObject({ authservId: id, plainId: true, broken: false });
        expect(found.results.map((one) => [one.method, one.result, [...one.properties]])).toEqual(
          wanted.map(([method, outcome, properties]) => [
            method,
            outcome,
            properties.map(([type, name, { text }]) => [`${type}.${name}`, text]),
          ]),
        );
      }),
    );
  });

  it("never fails, and finds no more than what stands there", () => {
    const noise = fc.string({
      unit: fc.constantFrom("a", "=", ";", "(", ")", '"', "\\", " ", ".", "dmarc=pass"),
      maxLength: 60,
    });
    fc.assert(
      fc.property(noise, (text) => {
        const { results } = readAuthenticationResults(text);
        expect(results.length).toBeLessThanOrEqual(text.split(";").length);
      }),
      { numRuns: 2_000 },
    );
  });
});
