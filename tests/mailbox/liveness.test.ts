import { describe, expect, it } from "vitest";
import { Liveness } from "../../src/mailbox/liveness.ts";
import { ManualClock } from "../fakes/manual-clock.ts";

describe("knowing whether the server still lives", () => {
  it("gives it up after the time it may be silent, and a second look", async () => {
    const { clock, dead } = watch();
    await clock.run(60_000);
    expect(dead).toEqual([]);
    await clock.run(4_000);
    expect(dead).toHaveLength(1);
    expect(dead[0]).toBeLessThanOrEqual(64_000);
  });

  it("keeps it while bytes come", async () => {
    const { clock, dead, server } = watch();
    for (let minute = 0; minute < 30; minute++) {
      await clock.run(50_000);
      server.bytes += 10;
    }
    expect(dead).toEqual([]);
  });

  it("does not blame the server when it was us who slept (P8)", async () => {
    const { clock, dead, server } = watch();
    await clock.run(10_000);
    // The process stood still for half an hour; the server's bytes wait in the socket and are read a moment later.
    clock.advance(1_800_000);
    server.bytes += 10;
    await clock.run(10_000);
    expect(dead).toEqual([]);
    // The answer to what was due when we woke.
    server.bytes += 10;
    await clock.run(55_000);
    expect(dead).toEqual([]);
  });

  it("does not take bytes for life that waited in the socket while we slept (P9)", async () => {
    const { clock, dead, server } = watch();
    await clock.run(10_000);
    clock.advance(600_000);
    server.bytes += 10;
    await clock.run(20_000);
    expect(dead).toHaveLength(1);
  });

  it("looks no more once the connection has ended", async () => {
    const { clock, dead, ended } = watch();
    ended.abort();
    await clock.run(600_000);
    expect(dead).toEqual([]);
    expect(clock.sleeping).toBe(0);
  });
});

function watch() {
  const clock = new ManualClock();
  const ended = new AbortController();
  const server = { bytes: 0 };
  const dead: number[] = [];
  void new Liveness({
    clock,
    bytesRead: () => server.bytes,
    silenceMs: () => 60_000,
    checkEveryMs: 1_875,
    answerMs: 15_000,
    onDead: (silentForMs) => void dead.push(silentForMs),
    signal: ended.signal,
  });
  return { clock, server, dead, ended };
}
