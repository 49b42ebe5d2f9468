import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { CommitQueue } from "../../src/store/commit-queue.ts";
import type { Durability } from "../../src/store/sqlite-connection.ts";

function counted(before: () => void = () => {}) {
  const commits: Durability[] = [];
  const queue = new CommitQueue((durability, work) => {
    before();
    work();
    commits.push(durability);
  });
  return { queue, commits };
}

describe("gathering commits", () => {
  it("writes calls of one moment together, in their order", async () => {
    const { queue, commits } = counted();
    const done: number[] = [];
    const calls = Array.from({ length: 100 }, (_, index) => queue.add("full", () => (done.push(index), index)));
    expect(await Promise.all(calls)).toEqual([...done.keys()]);
    expect(done).toHaveLength(100);
    expect(commits).toEqual(["full"]);
  });

  it("makes no more than one transaction of three milliseconds under load", async () => {
    const { queue, commits } = counted();
    const startedAt = performance.now();
    let calls = 0;
    const caller = async () => {
      while (performance.now() - startedAt < 100) await queue.add("full", () => calls++);
    };
    await Promise.all(Array.from({ length: 10 }, caller));
    expect(calls).toBeGreaterThan(commits.length * 8);
    expect(commits.length).toBeLessThan(45);
  });

  it("does not gather more than it can write in a moment", async () => {
    const { queue, commits } = counted();
    await Promise.all(Array.from({ length: 300 }, () => queue.add("full", () => 1)));
    expect(commits).toHaveLength(3);
  });

  it("waits for the disk only when a promise rests on it", async () => {
    const { queue, commits } = counted();
    await queue.add("normal", () => 1);
    await Promise.all([queue.add("normal", () => 1), queue.add("full", () => 1)]);
    expect(commits).toEqual(["normal", "full"]);
  });

  it("lets one failing call fail alone", async () => {
    const { queue } = counted();
    const fails = () => {
      throw new Error("constraint");
    };
    const results = await Promise.allSettled([
      queue.add("full", () => "one"),
      queue.add("full", fails),
      queue.add("full", () => "three"),
    ]);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  });

  it("asks once when no transaction can begin, not once for each call", async () => {
    let tries = 0;
    const { queue } = counted(() => {
      tries++;
      throw new Error("busy");
    });
    const results = await Promise.allSettled([1, 2, 3].map((value) => queue.add("full", () => value)));
    expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
    expect(tries).toBe(1);
    await sleep(5);
  });
});
