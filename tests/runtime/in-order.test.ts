import { describe, expect, it } from "vitest";
import { inOrder } from "../../src/runtime/in-order.ts";

describe("working side by side, in order", () => {
  it("gives results in the order of the items, whoever is first ready", async () => {
    const work = gates();
    const results = collect(inOrder(from([1, 2, 3]), 3, work.start));
    await turn();
    for (const n of [3, 1, 2]) work.finish(n);
    expect(await results).toEqual([10, 20, 30]);
  });

  it("has no more than the limit under way", async () => {
    const work = gates();
    const results = collect(inOrder(from([1, 2, 3, 4]), 2, work.start));
    await turn();
    expect(work.started).toEqual([1, 2]);
    work.finish(1);
    await turn();
    expect(work.started).toEqual([1, 2, 3]);
    for (const n of [2, 3]) work.finish(n);
    await turn();
    work.finish(4);
    expect(await results).toEqual([10, 20, 30, 40]);
  });

  it("does not hold a result back until the next item comes", async () => {
    async function* slow() {
      yield 1;
      await new Promise(() => {});
    }
    const results = inOrder(slow(), 4, async (n) => n * 10);
    expect((await results.next()).value).toBe(10);
  });

  it("fails where the first item failed, and where the items failed, after all before that", async () => {
    const failing = inOrder(from([1, 2, 3]), 3, async (n) => (n === 2 ? await Promise.reject(new Error("two")) : n));
    expect((await failing.next()).value).toBe(1);
    await expect(failing.next()).rejects.toThrow("two");

    async function* broken() {
      yield 1;
      throw new Error("no more items");
    }
    const results = inOrder(broken(), 3, async (n) => n);
    expect((await results.next()).value).toBe(1);
    await expect(results.next()).rejects.toThrow("no more items");
  });

  it("ends with the items", async () => {
    expect(await collect(inOrder(from([]), 2, async (n: number) => n))).toEqual([]);
  });
});

async function* from<T>(items: readonly T[]): AsyncGenerator<T, void> {
  yield* items;
}

function gates() {
  const open = new Map<number, (value: number) => void>();
  const started: number[] = [];
  return {
    started,
    start: async (n: number) => {
      started.push(n);
      return await new Promise<number>((resolve) => open.set(n, resolve));
    },
    finish: (n: number) => open.get(n)?.(n * 10),
  };
}

async function collect<T>(results: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const result of results) all.push(result);
  return all;
}

async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
