import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isMessageId, messageIds } from "../../src/domain/message-id.ts";

describe("Message-IDs in a header", () => {
  it.each([
    ["one", "<a@b>", ["<a@b>"]],
    ["several, folded", "<a@b>\r\n <c@d>\t<e@f>", ["<a@b>", "<c@d>", "<e@f>"]],
    ["folded inside (S-T7)", "<a\r\n @b>", ["<a@b>"]],
    ["commas (S-T7)", "<a@b>,<c@d>", ["<a@b>", "<c@d>"]],
    ["without brackets (S-T7)", "a@b, c@d", ["<a@b>", "<c@d>"]],
    ["with a remark", 'Message from "x" of Monday <a@b>', ["<a@b>"]],
    ["twice the same", "<a@b> <a@b>", ["<a@b>"]],
    ["no @", "<abc>", []],
    ["nested brackets", "<<a@b>", ["<a@b>"]],
    ["not ASCII", "<ä@b>", []],
    ["nothing", "", []],
  ])("%s", (_, header, ids) => expect(messageIds(header)).toEqual(ids));

  it("leaves out ids that no header line has room for (S-T4)", () => {
    expect(messageIds(`<${"a".repeat(250)}@b> <c@d>`)).toEqual(["<c@d>"]);
  });

  it("keeps the root and the newest of a very long conversation", () => {
    const ids = messageIds(Array.from({ length: 5_000 }, (_, index) => `<${index}@x>`).join(" "));
    expect(ids).toHaveLength(100);
    expect([ids[0], ids[1], ids.at(-1)]).toEqual(["<0@x>", "<4901@x>", "<4999@x>"]);
  });

  it("gives nothing that could break out of a header, whatever it is given", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), (header) => {
        for (const id of messageIds(header)) {
          expect(isMessageId(id)).toBe(true);
          expect(id).toMatch(/^<[\x21-\x7e]{3,248}>$/);
        }
      }),
    );
  });

  it("finds what was written, whatever the white space", () => {
    const id = fc.stringMatching(/^[a-z0-9.]{1,20}@[a-z0-9.]{1,20}$/).map((inner) => `<${inner}>`);
    fc.assert(
      fc.property(fc.uniqueArray(id, { maxLength: 20 }), fc.constantFrom(" ", "\r\n ", ",", "\t"), (ids, gap) => {
        expect(messageIds(ids.join(gap))).toEqual(ids);
      }),
    );
  });

  it.each(["<".repeat(250_000), "a@".repeat(125_000), "<a@b> ".repeat(50_000), `<${" ".repeat(250_000)}`])(
    "is done with a quarter of a megabyte at once (%#)",
    (header) => {
      const before = process.cpuUsage();
      messageIds(header);
      expect(process.cpuUsage(before).user).toBeLessThan(300_000);
    },
  );
});
