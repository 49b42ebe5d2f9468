import { describe, expect, it } from "vitest";
import { Twins } from "../../src/inbox/twins.ts";

describe("recognising a mail that has been here before", () => {
  it("lets a mail pass once, wherever it lies, and acknowledges all its places together", async () => {
    const { twins, place, acknowledged } = setup();
    expect(twins.meet("<1@x> aa", place("inbox/1"))).toBe(false);
    expect(twins.meet("<1@x> aa", place("archive/7"))).toBe(true);
    expect(acknowledged).toEqual([]);
    await twins.settle("inbox/1", "now");
    expect(acknowledged).toEqual(["inbox/1", "archive/7"]);
  });

  it("acknowledges a copy at once when the first has been dealt with", async () => {
    const { twins, place, acknowledged } = setup();
    twins.meet("<1@x> aa", place("inbox/1"));
    await twins.settle("inbox/1", "now");
    expect(twins.meet("<1@x> aa", place("inbox/2"))).toBe(true);
    expect(acknowledged).toEqual(["inbox/1", "inbox/2"]);
  });

  it("lets two different mails pass that share a Message-ID", () => {
    const { twins, place } = setup();
    expect(twins.meet("<1@x> aa", place("inbox/1"))).toBe(false);
    expect(twins.meet("<1@x> bb", place("inbox/2"))).toBe(false);
  });

  it("forgets settled mails first, and keeps a bounded number", async () => {
    const { twins, place, acknowledged } = setup();
    twins.meet("held", place("held"));
    for (let n = 0; n < 12_000; n++) {
      twins.meet(`k${n}`, place(`p${n}`));
      await twins.settle(`p${n}`, "now");
    }
    await twins.settle("held", "now");
    expect(acknowledged.at(-1)).toBe("held");
    expect(twins.meet("k0", place("again"))).toBe(false);
    expect(twins.meet("k11999", place("again too"))).toBe(true);
  });
});

function setup() {
  const acknowledged: string[] = [];
  const place = (id: string) => ({ id, acknowledge: async () => void acknowledged.push(id) });
  return { twins: new Twins(), place, acknowledged };
}
