import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryDir } from "../parse/options.ts";
import { fuzz, readCorpus } from "./fuzz.ts";
import { mutate } from "./mutate.ts";
import { Random } from "./random.ts";
import { isFromOnly } from "./strict-from.ts";

const corpus = readCorpus(join(import.meta.dirname, "../mail"));
const SECONDS = 60;

describe("mutated mails", () => {
  it(
    "crash nothing, cost little, are read the same way twice, and get nobody in",
    async () => {
      const home = join(await temporaryDir(), "home");
      const untilMs = Date.now() + SECONDS * 1_000;
      const { findings, mails, accepted, refused, ambiguous, attachmentsSaved } = await fuzz({
        seed: 20_261_125,
        corpus,
        home,
        iterations: Infinity,
        untilMs,
      });
      expect(
        findings.map(({ number, operators, complaint }) => `${number} (${operators.join(", ")}): ${complaint}`),
      ).toEqual([]);
      // All sides of every rule were met.
      for (const count of [accepted, refused, ambiguous, attachmentsSaved]) expect(count).toBeGreaterThan(mails / 50);
    },
    (SECONDS + 40) * 1_000,
  );

  it("are the same for the same seed", () => {
    const some = (seed: number) =>
      Array.from({ length: 50 }, (_, n) => mutate(corpus, new Random(seed + n)).bytes.toString("base64"));
    expect(some(1)).toEqual(some(1));
    expect(some(1)).not.toEqual(some(2));
  });
});

describe("the strict reader of From that the fuzzer trusts", () => {
  const from = (...fields: string[]): boolean =>
    isFromOnly(
      Buffer.from([...fields, "Subject: x", "", "From: in the body"].join("\r\n"), "latin1"),
      "ann@example.org",
    );

  it.each([
    ["From: ann@example.org"],
    ["from: Ann <ANN@example.org>"],
    ['From: "Ann" <ann@example.org> (home)'],
    ["From: Ann\r\n <ann@example.org>"],
  ])("%j is", (field) => expect(from(field)).toBe(true));

  it.each([
    ["To: ann@example.org"],
    ["From: eve@example.net"],
    ["From: ann@example.org, eve@example.net"],
    ["From: ann@example.org\r\nFrom: ann@example.org"],
    ["From: ann@example.org\rFrom: eve@example.net"],
    ["From : ann@example.org\r\nFrom: eve@example.net"],
    ["From: ann@example.org <eve@example.net>"],
    ["From: ann@example.org (eve@example.net)"],
    ["X: y\n\nFrom: ann@example.org"],
    ["From: ann@example.org\0"],
  ])("%j is not", (field) => expect(from(field)).toBe(false));
});
