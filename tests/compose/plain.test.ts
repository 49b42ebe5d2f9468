import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { renderMarkdown } from "../../src/compose/markdown.ts";
import { plainText } from "../../src/compose/plain.ts";

const plain = (markdown: string, ids: string[] = []) => plainText(renderMarkdown(markdown, new Set(ids)).tokens);
const said = (text: string) => text.match(/[a-z]{3,}/g) ?? [];
const words = (count: number) => Array.from({ length: count }, (_, index) => `word${index}`).join(" ");

describe("the text part", () => {
  it.each([
    ["**bold** and *em* and \\*stars\\*", "bold and em and *stars*\n"],
    ["# Title\n\n## Part\n\n### Detail", "Title\n=====\n\nPart\n----\n\nDetail\n"],
    ["- a\n- b\n  - c\n", "- a\n- b\n  - c\n"],
    ["3. three\n4. four", "3. three\n4. four\n"],
    ["- loose\n\n- list", "- loose\n\n- list\n"],
    ["> said\n>\n> twice\n>\n> > deeper", "> said\n>\n> twice\n>\n> > deeper\n"],
    ["a\nb", "a\nb\n"],
    ["---", `${"-".repeat(40)}\n`],
    ["~~50~~ 40", "~50~ 40\n"],
    ["run `npm i`", "run `npm i`\n"],
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
    expect(plain(`\`\`\`\n${code}\n\`\`\``)).toBe(`${code}\n`);
  });

  it("wraps at 76 columns and hangs what belongs to a list item or a quote", () => {
    const lines = plain(`${words(30)}\n\n10. ${words(30)}\n\n> ${words(30)}`).split("\n");
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(76);
    expect(lines).toContainEqual(expect.stringMatching(/^10\. word0 /));
    expect(lines).toContainEqual(expect.stringMatching(/^ {4}word\d/));
    expect(lines.filter((line) => line.startsWith("> word")).length).toBeGreaterThan(1);
  });

  it("never breaks a URL", () => {
    const url = `https://a.example/${"x".repeat(120)}`;
    expect(plain(`Look: ${url} now`).split("\n")).toContain(url);
  });

  it("aligns a table, by what is seen and not by code points", () => {
    expect(plain("| Item | Price |\n|:--|--:|\n| Äpfel | 1.20 |\n| 日本 | 100.00 |\n| | 3 |")).toBe(
      ["Item  |  Price", "------+-------", "Äpfel |   1.20", "日本  | 100.00", "      |      3", ""].join("\n"),
    );
  });

  it("gives a table that is too wide row by row", () => {
    expect(plain(`| Name | Story |\n|--|--|\n| Ann | ${words(12)} |\n| Ben | short |`)).toBe(
      [
        "Name: Ann",
        "Story: word0 word1 word2 word3 word4 word5 word6 word7 word8 word9 word10",
        "  word11",
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
