import { describe, expect, it } from "vitest";
import { givenSubject, replySubject } from "../../src/compose/subject.ts";

describe("the subject of a reply", () => {
  it.each([
    ["Lunch", "Re: Lunch"],
    ["Re: Lunch", "Re: Lunch"],
    ["RE: Re: re: Lunch", "Re: Lunch"],
    ["AW: Lunch", "Re: Lunch"],
    ["SV: Antw: Lunch", "Re: Lunch"],
    ["Re[2]: Lunch", "Re: Lunch"],
    ["Fwd: Lunch", "Re: Fwd: Lunch"],
    ["Regarding lunch", "Re: Regarding lunch"],
    ["", "Re:"],
  ])("of %j is %j", (parent, subject) => {
    expect(replySubject(parent)).toBe(subject);
  });

  it.each(["hi\r\nBcc: evil@x.example\r\n\r\nbody", "a\u2028b\u2029c", "a\u0085b", "a\0b\u001b[2J", "\u202egpj.exe"])(
    "of %j is one harmless line",
    (parent) => {
      expect(replySubject(parent)).toMatch(/^Re: [ -~]+$/);
    },
  );

  it("ends where no list could show more of it, and not within a character", () => {
    const subject = replySubject("😀".repeat(400));
    expect(subject.length).toBeLessThanOrEqual(500);
    expect(subject).toMatch(/^Re: (😀)+…$/u);
  });
});

describe("the subject of a new mail", () => {
  it("is what the caller wrote", () => {
    expect(givenSubject("Re: Report for June")).toBe("Re: Report for June");
  });

  it("is never empty", () => {
    expect(givenSubject(" \r\n ")).toBe("(no subject)");
  });
});
