import { madeUpMessageId } from "../../src/domain/message-id.ts";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { threadUnder } from "../../src/compose/threading.ts";

const under = (messageId?: string, references?: string, inReplyTo?: string) =>
  threadUnder({ messageId, references, inReplyTo });

describe("placing a reply under its parent", () => {
  it("names the parent in In-Reply-To and last in References", () => {
    expect(under("<2@x>", "<0@x> <1@x>")).toEqual({ inReplyTo: "<2@x>", references: ["<0@x>", "<1@x>", "<2@x>"] });
  });

  it("starts a thread with the parent alone", () => {
    expect(under("<1@x>")).toEqual({ inReplyTo: "<1@x>", references: ["<1@x>"] });
  });

  it("lets In-Reply-To stand in for missing References when it names one mail", () => {
    expect(under("<2@x>", "", "<1@x>").references).toEqual(["<1@x>", "<2@x>"]);
    expect(under("<2@x>", "", "<1@x> <0@x>").references).toEqual(["<2@x>"]);
  });

  it("keeps the root and the newest of a long thread", () => {
    const long = Array.from({ length: 60 }, (_, index) => `<${index}@x>`);
    const { references } = under("<60@x>", long.join(" "));
    expect(references).toHaveLength(21);
    expect(references[0]).toBe("<0@x>");
    expect(references.slice(1)).toEqual([...long.slice(41), "<60@x>"]);
  });

  it("keeps References below 8 KB, the root and the parent with them", () => {
    const long = Array.from({ length: 30 }, (_, index) => `<${String(index).padStart(240, "0")}@x>`);
    const { references } = under("<parent@x>", long.join(" "));
    expect(references.join(" ").length).toBeLessThanOrEqual(8 * 1024);
    expect(references[0]).toBe(long[0]);
    expect(references.at(-1)).toBe("<parent@x>");
  });

  it("leaves out what no header line could hold, and what is no Message-ID", () => {
    expect(under("<2@x>", `<${"a".repeat(300)}@x> <no-at> <a@=?utf-8?Q?=0D=0ABcc:x?=> <1@x>`).references).toEqual([
      "<1@x>",
      "<2@x>",
    ]);
  });

  it("names each mail once, the parent last, in a thread that loops", () => {
    expect(under("<1@x>", "<0@x> <1@x> <2@x> <0@x>").references).toEqual(["<0@x>", "<2@x>", "<1@x>"]);
  });

  it("keeps an id that was made up for a mail without one in the thread, but claims no reply to it", () => {
    const made = madeUpMessageId("0123456789abcdef".repeat(2));
    expect(under("<7.42@host.invalid>").inReplyTo).toBe("<7.42@host.invalid>");
    expect(under(made)).toEqual({ inReplyTo: undefined, references: [made] });
  });

  it("says nothing when nothing is known", () => {
    expect(under()).toEqual({ inReplyTo: undefined, references: [] });
  });

  it("gives clean ids whatever the headers held", () => {
    const junk = fc.string({
      unit: fc.constantFrom("<", ">", "@", "a", " ", "\r", "\n", "\0", "é", ","),
      maxLength: 60,
    });
    fc.assert(
      fc.property(junk, junk, junk, (messageId, references, inReplyTo) => {
        const thread = threadUnder({ messageId, references, inReplyTo });
        for (const id of [...thread.references, thread.inReplyTo ?? "<a@b>"])
          expect(id).toMatch(/^<[!-;=?-~]+@[!-;=?-~]+>$/);
      }),
    );
  });
});
