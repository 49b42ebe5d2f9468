import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { renderMarkdown } from "../../src/compose/markdown.ts";
import { plainText } from "../../src/compose/plain.ts";
import { displayWidth } from "../../src/compose/plain-wrap.ts";
import { unflow } from "../smtp/unflow.ts";
import { ANSWERS } from "./answers.ts";

const plain = (markdown: string, ids: string[] = []) => plainText(renderMarkdown(markdown, new Set(ids)).tokens);
const shown = (text: string) =>
  unflow(text)
    .map((line) => `${">".repeat(line.quote)}${line.text}`)
    .join("\n");
const said = (text: string) => text.match(/[a-z]{3,}/g) ?? [];
const words = (count: number) => Array.from({ length: count }, (_, index) => `word${index}`).join(" ");

describe("the text part", () => {
  it.each([
    ["**bold** and *em* and \\*stars\\*", "bold and em and *stars*\n"],
    ["# Title\n\n## Part\n\n### Detail", "Title\n=====\n\nPart\n----\n\nDetail\n"],
    ["- a\n- b\n  - c\n", "- a\n- b\n   - c\n"],
    ["3. three\n4. four", "3. three\n4. four\n"],
    ["- loose\n\n- list", "- loose\n\n- list\n"],
    ["> said\n>\n> twice\n>\n> > deeper", "> said\n>\n> twice\n>\n>> deeper\n"],
    ["a\nb", "a\nb\n"],
    ["---", `${"-".repeat(40)}\n`],
    ["~~50~~ 40", "~50~ 40\n"],
    ["run `npm i`", "run `npm i`\n"],
    ["- [ ] todo\n- [x] done", "[ ] todo\n[x] done\n"],
    ["1) one\n2) two", "1) one\n2) two\n"],
    [
      "b[^2] a[^1] b[^2]\n\n[^1]: one\n[^2]: two, and [^1]\n[^3]: three",
      `b[1] a[2] b[1]\n\n${"-".repeat(40)}\n[1] two, and [2]\n[2] one\n[3] three\n`,
    ],
    ["no[^such] note", "no[^such] note\n"],
    [
      "no[^such] a[^A]\n\n[^a]: x\n  y\n\n  z\nend",
      `no[^such] a[1]\n\nend\n\n${"-".repeat(40)}\n[1] x\n     y\n\n     z\n`,
    ],
    ["a[^1]\n[^1]: x\n[^1]: y", `a[1]\n\n${"-".repeat(40)}\n[1] x\n\n     y\n`],
    ["<b>raw</b> &amp; 1 < 2", "<b>raw</b> & 1 < 2\n"],
  ])("of %j", (markdown, text) => {
    expect(plain(markdown)).toBe(text);
  });

  it.each([
    ["[the docs](https://a.example/b)", "the docs <https://a.example/b>\n"],
    ["https://a.example/b_c_d", "https://a.example/b_c_d\n"],
    ["https://a.example/bücher", "https://a.example/bücher\n"],
    ["[ann@a.example](mailto:ann@a.example)", "ann@a.example\n"],
    ["![chart](https://a.example/c.png)", "chart <https://a.example/c.png>\n"],
  ])("gives the link %j", (markdown, text) => {
    expect(plain(markdown)).toBe(text);
  });

  it("names a shown image", () => {
    expect(plain("![the *logo*](cid:l)", ["l"])).toBe("[the logo]\n");
  });

  it("keeps code exactly as it is", () => {
    const code = `  if (a) {\n\t**not bold** ${"x".repeat(100)}\n\n  }`;
    expect(shown(plain(`\`\`\`\n${code}\n\`\`\``))).toBe(code);
  });

  it("wraps at 78 columns, with the space that flows them, and hangs what belongs to a list item or a quote", () => {
    const lines = plain(`${words(30)}\n\n10. ${words(30)}\n\n> ${words(30)}`).split("\n");
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(78);
    expect(lines).toContainEqual(expect.stringMatching(/^10\. word0 /));
    expect(lines).toContainEqual(expect.stringMatching(/^ {5}word\d/));
    expect(lines.filter((line) => /^> word.* $/.test(line)).length).toBeGreaterThan(1);
  });

  it("never breaks a URL", () => {
    const url = `https://a.example/${"x".repeat(120)}`;
    expect(plain(`Look: ${url} now`)).toBe(`Look: \n${url} \nnow\n`);
  });

  it("aligns a table, by what is seen and not by code points", () => {
    expect(plain("| Item | Price |\n|:--|--:|\n| Äpfel | 1.20 |\n| 日本 | 100.00 |\n| | 3 |")).toBe(
      ["Item  |  Price", "------+-------", "Äpfel |   1.20", "日本  | 100.00", "       |      3", ""].join("\n"),
    );
  });

  it("gives a table that is too wide row by row", () => {
    expect(plain(`| Name | Story |\n|--|--|\n| Ann | ${words(12)} |\n| Ben | short |`)).toBe(
      [
        "Name: Ann",
        "Story: word0 word1 word2 word3 word4 word5 word6 word7 word8 word9 word10",
        "   word11",
        "",
        "Name: Ben",
        "Story: short",
        "",
      ].join("\n"),
    );
  });

  it("says every word that the Markdown says", () => {
    const word = fc.stringMatching(/^[a-z]{3,8}$/);
    const block = fc.oneof(
      fc.array(word, { minLength: 1, maxLength: 30 }).map((all) => all.join(" ")),
      fc.array(word, { minLength: 1, maxLength: 5 }).map((all) => all.map((one) => `- ${one}`).join("\n")),
      fc.array(word, { minLength: 1, maxLength: 5 }).map((all) => all.map((one) => `> ${one}`).join("\n")),
      fc
        .array(word, { minLength: 2, maxLength: 3 })
        .map((all) => `| ${all.join(" | ")} |\n|${"--|".repeat(all.length)}\n| ${all.join(" | ")} |`),
      word.map((one) => `## ${one}`),
      word.map((one) => `\`\`\`\n${one}\n\`\`\``),
    );
    fc.assert(
      fc.property(fc.array(block, { minLength: 1, maxLength: 6 }), (blocks) => {
        const markdown = blocks.join("\n\n");
        expect(said(plain(markdown))).toEqual(said(markdown));
      }),
    );
  });
});

describe("format=flowed (RFC 3676)", () => {
  it("gives each paragraph back as one line, also in a quote", () => {
    const long = words(40);
    expect(unflow(plain(`${long}\n\n> ${long}\n>\n> > ${long}`))).toEqual([
      { quote: 0, text: long },
      { quote: 0, text: "" },
      { quote: 1, text: long },
      { quote: 1, text: "" },
      { quote: 2, text: long },
    ]);
  });

  it("keeps the line breaks that were meant, and those of a list's hanging indent", () => {
    expect(shown(plain("one\ntwo\n\nthree"))).toBe("one\ntwo\n\nthree");
    expect(shown(plain(`- ${words(20)}`)).split("\n")).toEqual([
      expect.stringMatching(/^- word0 .*\S$/),
      expect.stringMatching(/^ {2}word\d+/),
    ]);
  });

  it.each(["From here", "\\> no quote", "```\n  indented\n```", "```\n> x\n From y\n```"])("stuffs %j", (markdown) => {
    const wire = plain(markdown);
    expect(wire).toMatch(/^ /);
    expect(shown(wire).replace(/\n$/, "")).toBe(markdown.replace(/^```\n|\n```$/g, "").replace("\\", ""));
  });

  it("has no line that a mail program takes for the signature's mark", () => {
    expect(plain(`\\-- ${"x".repeat(80)}`)).not.toMatch(/^-- $/m);
    expect(plain("```\n-- \n```")).toBe("--\n");
  });

  it("breaks Chinese and Japanese where it may, and says every character", () => {
    const sentence = "ご注文の商品は「本日」発送いたしました。".repeat(12);
    const lines = plain(sentence).trimEnd().split("\n");
    expect(lines.length).toBeGreaterThan(3);
    expect(Math.max(...lines.map(displayWidth))).toBeLessThanOrEqual(78);
    expect(lines.join("")).toBe(sentence);
    expect(lines.filter((line) => /^[、。」]|「$/.test(line))).toEqual([]);
  });

  it.each(ANSWERS.map(({ name, message }) => [name, message.text]))(
    "%s: no line over 78 columns but for words that cannot be broken, and code",
    (_, text) => {
      const code = new Set(text.split("\n"));
      const long = plain(text)
        .split("\n")
        .filter((line) => displayWidth(line) > 78 && /\S\s+\S/.test(line) && !code.has(line.replace(/^ /, "")));
      expect(long).toEqual([]);
    },
  );
});

describe("the width of a text", () => {
  it.each([
    ["abc", 3],
    ["日本", 4],
    ["キーボード", 10],
    ["ﾊﾝｶｸ", 4],
    ["한국어", 6],
    ["é", 1],
    ["🎉", 2],
    ["👨‍👩‍👧", 2],
    ["🇩🇪", 2],
    ["👍🏽", 2],
    ["☑️", 2],
    ["שלום", 4],
  ])("of %j is %i columns", (text, width) => {
    expect(displayWidth(text)).toBe(width);
  });
});
