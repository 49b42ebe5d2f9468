import fc from "fast-check";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { parseMail } from "../../src/parse/parse-mail.ts";
import { type ReplyContext, replyContext, replyText } from "../../src/parse/reply-text.ts";
import { difference, passed, ratio, type Scored, scoreFolder } from "../replies/score.ts";
import { anyOptions, htmlMail, mail } from "./options.ts";

const CORPUS = join(import.meta.dirname, "../mail/replies");
const reply = { isReply: true, isForward: false, recipients: ["bot@example.com"] };
const first = { isReply: false, isForward: false, recipients: ["bot@example.com"] };

describe("what a person newly wrote", () => {
  let scored: Scored[] = [];
  beforeAll(async () => {
    scored = await scoreFolder(CORPUS);
  });

  it("is found in every mail of the corpus", () => {
    console.log(`reply text: ${ratio(scored)} mails of the corpus`);
    expect(scored.length).toBeGreaterThanOrEqual(120);
    expect(scored.filter((one) => !passed(one)).map((one) => `${one.name}\n${difference(one)}`)).toEqual([]);
  });

  it("is part of the whole text, line by line and in its order", () => {
    const strange = scored.filter(({ actual, fullText }) => !isSubsequence(actual.split("\n"), fullText.split("\n")));
    expect(strange.map(({ name }) => name)).toEqual([]);
  });

  it("is the mail byte for byte where nothing is quoted", () => {
    const text = "Dear bot,\n\n  two  things:\n\n\n - a > b\n\t> c\n\nRegards,\nAnn";
    expect(replyText(text, first)).toBe(text);
    expect(replyText(text, reply)).toBe(text);
  });

  it("stands in `text`, while `fullText` has everything, both with the line of the attachment", async () => {
    const body = "Yes.\n\nOn Mon, Nov 23, 2026 at 10:12 AM Bot <bot@example.com> wrote:\n> Ready?";
    const { text, fullText } = await parseMail(mail(["In-Reply-To: <a@b>"], body), await anyOptions());
    expect([text, fullText]).toEqual(["Yes.", body]);
  });

  it("never holds the marks by which the structure is told, nor those of a stranger", async () => {
    // As if an earlier mail began at the second line.
    const stranger = "a\n\u{2ffff}b\u{1fffe}c";
    const html = `<p>a<br>\u{2ffff}b\u{1fffe}c</p>`;
    for (const source of [mail([], stranger), htmlMail(html)]) {
      const { text, fullText } = await parseMail(source, await anyOptions());
      expect([text, fullText]).toEqual(["a\nbc", "a\nbc"]);
    }
  });
});

describe("in doubt it stays", () => {
  it.each([
    ["a quotation at the end of a mail that answers none", "I typed:\n\n> npm start", first],
    ["a header shown in a mail that answers none", "See:\n\nFrom: a@b.c\nTo: d@e.f\nSubject: x\n\nWhy?", first],
    ["a header as it travels", "See:\n\nReceived: by x\nFrom: a@b.c\nTo: d@e.f\nSubject: x\n\nWhy?", reply],
    ["somebody's words", "On Monday Peter wrote:\nIt is down.\n\nIs it?", reply],
    [
      "a sentence that begins like a signature",
      "Look.\n\nSent from my iPhone was what it said, not what I wrote.",
      reply,
    ],
    ["a sentence about a program", "Hello.\n\nOutlook for Android crashes when I open it.", reply],
    ["a greeting and a name", "Yes.\n\nBest regards\nAnn Miller\nExample Ltd", reply],
    ["a rule", "One.\n\n---\n\nTwo.\n\n-----\n\nThree.", reply],
    ["a word in dashes", "One.\n\n----- Two -----\n\nThree.", reply],
    ["only a quotation", "> Ready?", reply],
    ["only a signature", "-- \nAnn", reply],
    ["a mail passed on, with what it quotes", "FYI\n\n-------- Forwarded Message --------\nFrom: a@b.c\n\n> x", reply],
    [
      "a header block in a mail passed on",
      "FYI\n\nFrom: a@b.c\nSent: 1 May\nTo: d@e.f\nSubject: x\n\ny",
      { ...reply, isForward: true },
    ],
    ["a form that looks like a header", "Here:\n\nFrom: Berlin\nTo: Paris\nDate: 3 May\n\nThanks", reply],
    ["a header with nothing above it", "From: a@b.c\nTo: d@e.f\nSubject: x\n\nThat is all.", reply],
    ["a certificate", "See:\n\n-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n\nValid?", reply],
    ["two quotations with answers", "> a\n\nb\n\n> c\n\nd", reply],
    ["code with comments", "select 1\n-- one\n-- two\nfrom x", reply],
  ])("%s", (_, text, context) => {
    expect(replyText(text, context)).toBe(text);
  });
});

describe("answers", () => {
  const by = "On Mon, Nov 23, 2026 at 10:12 AM Bot <bot@example.com> wrote:";

  it.each([
    ["between quoted lines come with them", `Hi\n\n${by}\n> a\n\nb\n\n> c\n\nd\n\n> e`, "Hi\n\n> a\n\nb\n\n> c\n\nd"],
    ["below the one quotation come alone", `${by}\n> a\n> b\n\nc`, "c"],
    ["above and below come both", `Hello\n\n${by}\n> a\n\nb`, "Hello\n\nb"],
    ["below a quotation of nobody come with it", "> a\n\nb", "> a\n\nb"],
    [
      "announced in red stay with all",
      `My answers are below in red.\n\nFrom: a@b.c\nSent: 1\nTo: c@d.e\nSubject: x\n\ny`,
      undefined,
    ],
  ])("%s", (_, text, expected) => expect(replyText(text, reply)).toBe(expected ?? text));
});

describe("what the header says of the text", () => {
  const none = { email_references: "", email_in_reply_to: "", email_to: ["bot@example.com"] };

  it.each([
    ["Re: x", true, false],
    ["AW: x", true, false],
    ["回复：x", true, false],
    ["Fwd: x", false, true],
    ["WG: x", false, true],
    ["VS: x", false, true],
    ["Re: Fwd: x", true, false],
    ["Question", false, false],
    ["Information: x", false, false],
  ])("%s", (subject, isReply, isForward) =>
    expect(replyContext(subject, none)).toEqual({ isReply, isForward, recipients: ["bot@example.com"] }),
  );

  it("a mail of ours below it, in a mail that says nothing else of it", () => {
    const block = "Sent: 1 May 2026 10:12\nTo: ann@example.org\nSubject: x\n\nReady?";
    expect(replyText(`Yes.\n\nFrom: Bot <bot@example.com>\n${block}`, first)).toBe("Yes.");
    const other = `Is this ours?\n\nFrom: Shop <shop@example.org>\n${block}`;
    expect(replyText(other, first)).toBe(other);
  });

  it("a mail that names another answers it", () => {
    expect(replyContext("VS: x", { ...none, email_in_reply_to: "<a@b>" })).toMatchObject({
      isReply: true,
      isForward: false,
    });
    expect(replyContext("x", { ...none, email_in_reply_to: "<a@b>" }).isReply).toBe(true);
  });
});

const LINE = fc.constantFrom(
  "",
  "Yes.",
  "Best regards",
  "> quoted",
  ">> deeper",
  "> On 23 Nov 2026, at 10:12, Ann <a@b.org> wrote:",
  "On Mon, Nov 23, 2026 at 10:12 AM Ann <a@b.org> wrote:",
  "On Mon, Nov 23, 2026 at 10:12 AM Ann",
  "<a@b.org> wrote:",
  "Ann wrote:",
  "-- ",
  "--",
  "Sent from my iPhone",
  "-----Original Message-----",
  "---------- Forwarded message ---------",
  "________________________________",
  "From: Ann <a@b.org>",
  "Sent: Monday, November 23, 2026",
  "To: bot@example.com",
  "Subject: x",
  "see my answers below in red",
  "This e-mail is confidential and may be privileged. If you are not the intended recipient, please delete this message and tell us.",
);
const TEXT = fc.array(LINE, { maxLength: 14 }).map((lines) => lines.join("\n").trim());
const CONTEXT = fc.record({
  isReply: fc.boolean(),
  isForward: fc.boolean(),
  recipients: fc.constantFrom([], ["a@b.org"]),
});

describe("of any text", () => {
  const holds = (property: (text: string, context: ReplyContext) => void): void =>
    fc.assert(fc.property(fc.oneof(TEXT, fc.string({ unit: "grapheme" })), CONTEXT, property), { numRuns: 3_000 });

  it("gives no more than it was given, line by line and in its order", () => {
    holds((text, context) => {
      const result = replyText(text, context);
      expect(result.length).toBeLessThanOrEqual(text.length);
      expect(isSubsequence(result.split("\n"), text.split("\n"))).toBe(true);
    });
  });

  it("gives something when there was something", () => {
    holds((text, context) => {
      expect(replyText(text, context).trim() === "").toBe(text.trim() === "");
    });
  });

  it("gives the same when it is asked again", () => {
    holds((text, context) => {
      const once = replyText(text, context);
      expect(replyText(once, context)).toBe(once);
    });
  });
});

const MB = 1_000_000;
const HOSTILE: readonly (readonly [string, string])[] = [
  ["line ends", `x${"\n".repeat(MB)}y`],
  ["quotation marks", ">".repeat(MB)],
  ["lines of a quotation mark", `x\n${">\n".repeat(MB / 2)}`],
  ["On a a a", `On ${"a ".repeat(MB / 2)}`],
  ["skrev", "abc. x skrev x\n".repeat(2_000)],
  ["attributions", "x 1.1.2026 10:12 skrev x:\n\n".repeat(2_400)],
  ["attributions and quotations", "x 1.1.2026 10:12 skrev x:\n> a\n\n".repeat(2_000)],
  ["digits", `12:34 ${"1".repeat(380)}:\n`.repeat(160)],
  ["header lines", "From: x\nTo: y\nSent: 2026\n\n".repeat(2_500)],
  ["dashes", "-".repeat(MB)],
  ["separators", "----- a -----\n".repeat(4_700)],
  ["signatures", "Sent from my iPhone\n\n-- \n".repeat(2_600)],
  ["disclaimers", "this email confidential recipient\n\n".repeat(1_900)],
  ["addresses", "a@b ".repeat(MB / 4)],
  ["no-break spaces", "\u00a0\n".repeat(32_000)],
  ["wrapped quotations", `>${"a".repeat(70)}\nb\n`.repeat(900)],
];

describe("hostile texts cost linear time", () => {
  it.each(HOSTILE)("%s", (_, text) => {
    // The machine may be busy; the bound is 50 ms on one that is not.
    expect(cpuMs(() => replyText(text, reply))).toBeLessThan(200);
  });

  it.each(HOSTILE.filter(([, text]) => text.length < MB / 2))(
    "%s, four times as many in less than eight times the time",
    (_, text) => {
      const small = cpuMs(() => replyText(text, reply));
      expect(cpuMs(() => replyText(text.repeat(4), reply))).toBeLessThan(8 * small + 60);
    },
  );
});

function cpuMs(run: () => void): number {
  const times = [1, 2, 3].map(() => {
    const start = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1_000;
  });
  return Math.min(...times);
}

function isSubsequence(lines: readonly string[], of: readonly string[]): boolean {
  let at = 0;
  return lines.every((line) => {
    if (line === "") return true;
    while (at < of.length && of[at]?.trimEnd() !== line.trimEnd()) at++;
    return at++ < of.length;
  });
}
