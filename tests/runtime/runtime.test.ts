import { describe, expect, it } from "vitest";
import { backoffMs } from "../../src/runtime/backoff.ts";
import { systemClock, within } from "../../src/runtime/clock.ts";
import { lineLogger, withFields } from "../../src/runtime/logger.ts";
import { Bell, linkSignals } from "../../src/runtime/signals.ts";

describe("back-off", () => {
  it("doubles up to the cap, and takes a random part of that", () => {
    const limits = { baseMs: 1_000, capMs: 60_000 };
    expect([0, 1, 2, 3, 4, 5, 6, 7].map((failures) => backoffMs(failures, () => 1, limits))).toEqual([
      1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000,
    ]);
    expect(backoffMs(2, () => 0.5, limits)).toBe(2_000);
    expect(backoffMs(100_000, () => 1, limits)).toBe(60_000);
  });
});

describe("the log", () => {
  const lines = (format: "text" | "json") => {
    const written: string[] = [];
    const logger = lineLogger({ level: "info", format, now: () => 0, write: (line) => void written.push(line) });
    return { logger, written };
  };

  it("is one line per event, whatever a stranger wrote (P14)", () => {
    for (const format of ["text", "json"] as const) {
      const { logger, written } = lines(format);
      logger.log("info", "x\n2026-01-01 ERROR fake", { subject: "a\r\nb\u001b[2J\u2028c\u202egpj" });
      expect(written.join("").split("\n")).toHaveLength(2);
      expect(written.join("")).not.toMatch(/\u001b|\\u001b|\u2028|\u202e/);
    }
  });

  it.each(["text", "json"] as const)("is at most 2 kB a line of %s, with every field in it (P14)", (format) => {
    const long = ["y", "ü", "😀", '"', "\\", "\ud800", "\u0000"].map((unit) => unit.repeat(300_000));
    const { logger, written } = lines(format);
    logger.log("info", "x".repeat(1_000_000), {
      ...Object.fromEntries(long.map((value, n) => [`f${n}`, value])),
      id: "kept",
    });
    logger.log("info", "many", Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`field${n}`, n])));
    for (const line of written) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(2_001);
    expect(written[0]).toMatch(/id(?:=|":")kept/);
    expect(written[0]).toContain("f6");
    expect(written[1]).toContain("many");
    if (format === "json") expect(written.map((line) => JSON.parse(line) as unknown)).toHaveLength(2);
  });

  it("leaves out what is below its level, and adds fixed fields", () => {
    const { logger, written } = lines("json");
    withFields(logger, { account: "a" }).log("debug", "no");
    withFields(logger, { account: "a" }).log("warn", "yes", { n: 1 });
    expect(written.map((line) => JSON.parse(line) as unknown)).toEqual([
      { time: "1970-01-01T00:00:00.000Z", level: "warn", message: "yes", account: "a", n: 1 },
    ]);
  });
});

describe("signals", () => {
  it("abort with the first of several, and let go of them", () => {
    const [one, two] = [new AbortController(), new AbortController()];
    using linked = linkSignals(one.signal, two.signal);
    two.abort();
    expect(linked.signal.aborted).toBe(true);
    using late = linkSignals(one.signal, two.signal);
    expect(late.signal.aborted).toBe(true);
  });

  it("a ring that nobody hears is heard by the next who listens", async () => {
    const bell = new Bell();
    bell.ring();
    await bell.wait(new AbortController().signal);
    let heard = 0;
    using _ = bell.listen(() => heard++);
    bell.ring();
    bell.ring();
    expect(heard).toBe(2);
  });

  it("waiting ends at the abort", async () => {
    const stop = new AbortController();
    const waiting = new Bell().wait(stop.signal);
    stop.abort();
    await expect(waiting).resolves.toBeUndefined();
  });
});

describe("a time limit", () => {
  it("gives the value when it comes in time, and undefined when not", async () => {
    expect(await within(systemClock, 1_000, Promise.resolve(7))).toBe(7);
    expect(await within(systemClock, 1, new Promise(() => {}))).toBeUndefined();
  });
});
