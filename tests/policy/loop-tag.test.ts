import { describe, expect, it } from "vitest";
import { readHeaderFields } from "../../src/policy/header-fields.ts";
import { hasOwnLoopTag, loopTag } from "../../src/policy/loop-tag.ts";

const OURS = Buffer.alloc(32, 1);
const THEIRS = Buffer.alloc(32, 2);
const ID = "<6e1f4c1e@bot.test>";

const header = (...fields: string[]) =>
  readHeaderFields(Buffer.from(["From: ann@example.org", ...fields, "", ""].join("\r\n")));

describe("S-AR-8, L8: the mark on everything that we send", () => {
  it("is the same on every attempt at a mail, and another on the next", () => {
    expect(loopTag(OURS, ID)).toBe(loopTag(OURS, ID));
    expect(loopTag(OURS, ID)).not.toBe(loopTag(OURS, "<other@bot.test>"));
    expect(loopTag(OURS, ID)).not.toContain("6e1f4c1e");
  });

  it("is recognised under any other From and Message-ID", () => {
    expect(hasOwnLoopTag(OURS, header("Message-ID: <new@fwd.test>", `X-Mailport-Loop: ${loopTag(OURS, ID)}`))).toBe(
      true,
    );
    expect(hasOwnLoopTag(OURS, header("x-mailport-loop: rubbish", `X-MAILPORT-LOOP:\t${loopTag(OURS, ID)}`))).toBe(
      true,
    );
  });

  it("of another instance is nothing to us", () => {
    expect(hasOwnLoopTag(OURS, header(`X-Mailport-Loop: ${loopTag(THEIRS, ID)}`))).toBe(false);
  });

  it.each([
    ["absent", []],
    ["empty", ["X-Mailport-Loop:"]],
    ["a guess", [`X-Mailport-Loop: ${"0".repeat(24)}.${"0".repeat(32)}`]],
    ["one digit off", [`X-Mailport-Loop: ${loopTag(OURS, ID).replace(/.$/, (digit) => (digit === "0" ? "1" : "0"))}`]],
    [
      "of another mail's name",
      [`X-Mailport-Loop: ${loopTag(OURS, "<a@b>").slice(0, 25)}${loopTag(OURS, ID).slice(25)}`],
    ],
    ["cut", [`X-Mailport-Loop: ${loopTag(OURS, ID).slice(0, 40)}`]],
    ["in the body", ["", `X-Mailport-Loop: ${loopTag(OURS, ID)}`]],
    ["without the key", [`X-Mailport-Loop: ${loopTag(Buffer.alloc(0), ID)}`]],
  ])("%s: somebody else's mail stays somebody else's", (_, fields) => {
    expect(hasOwnLoopTag(OURS, header(...fields))).toBe(false);
  });
});
