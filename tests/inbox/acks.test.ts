import { describe, expect, it } from "vitest";
import { StorageError } from "../../src/domain/errors.ts";
import type { MailPlace } from "../../src/domain/store.ts";
import { Acks } from "../../src/inbox/acks.ts";
import { silentLogger } from "../../src/runtime/logger.ts";
import { ManualClock } from "../fakes/manual-clock.ts";

describe("what the bot has dealt with", () => {
  it("is written down before it is flagged on the server (S-U5)", async () => {
    const { acks, steps } = setup();
    await acks.settle("a", "now");
    expect(steps).toEqual(["write a", "flag a now"]);
  });

  it("is written and flagged together when nobody waits for it", async () => {
    const { acks, steps, clock } = setup();
    for (const id of ["a", "b", "c"]) await acks.settle(id, "soon");
    expect(steps).toEqual([]);
    await clock.run(100);
    expect(steps).toEqual(["write a,b,c", "flag a,b,c soon"]);
  });

  it("is written at once when there are many", async () => {
    const { acks, steps, clock } = setup();
    for (let n = 0; n < 200; n++) await acks.settle(String(n), "soon");
    await clock.run(0);
    expect(steps).toHaveLength(2);
  });

  it("is left out when it is taken back in time", async () => {
    const { acks, steps, clock } = setup();
    await acks.settle("a", "soon");
    await acks.settle("b", "soon");
    acks.takeBack("a");
    await clock.run(100);
    expect(steps).toEqual(["write b", "flag b soon"]);
  });

  it("is written at the end, without waiting for company", async () => {
    const { acks, steps } = setup();
    await acks.settle("a", "soon");
    await acks.flush();
    expect(steps).toEqual(["write a", "flag a soon"]);
  });

  it("is never flagged unless it is written, and written as soon as the store can", async () => {
    const { acks, steps, clock, store } = setup();
    store.failing = true;
    await acks.settle("a", "soon");
    await expect(acks.settle("b", "now")).rejects.toBeInstanceOf(StorageError);
    await clock.run(60_000);
    expect(steps).toEqual([]);
    store.failing = false;
    await clock.run(30_000);
    expect(steps).toEqual(["write a,b", "flag a,b soon"]);
  });
});

function setup() {
  const clock = new ManualClock();
  const steps: string[] = [];
  const store = { failing: false };
  const acks = new Acks({
    async finish(ids) {
      if (store.failing) throw new StorageError("disk full");
      steps.push(`write ${ids.join(",")}`);
      return ids.map((folder): MailPlace => ({ folder, uidValidity: "1", uid: 1 }));
    },
    flag: async (places, when) => void steps.push(`flag ${places.map(({ folder }) => folder).join(",")} ${when}`),
    clock,
    logger: silentLogger,
  });
  return { acks, steps, clock, store };
}
