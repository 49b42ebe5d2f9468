import { describe, expect, it } from "vitest";
import { Defects } from "../../src/parse/defects.ts";
import { htmlText, htmlWords } from "../../src/parse/html-text.ts";
import { innocentText } from "../../src/parse/innocent-html.ts";
import { isPlainOf } from "../../src/parse/plain-differs.ts";
import { Removed } from "../../src/parse/removed.ts";
import { Random } from "../fuzz/random.ts";

describe("HTML in which nothing can hide", () => {
  it.each([
    ["Gmail", '<div dir="ltr">Hello <b>Ann</b>&nbsp;&amp; all,<div><br></div><div style="color:#222">yes.</div></div>'],
    [
      "Apple Mail",
      '<html><body style="word-wrap: break-word; -webkit-nbsp-mode: space;"><div>Hello Ann, yes.</div></body></html>',
    ],
    ["a sheet without harm", "<style>p{margin:0;color:#333}</style><p>Hello Ann, yes.</p>"],
  ])("is read the short way: %s", (_, html) => {
    expect(innocentText(html)?.replace(/\s+/g, " ")).toMatch(/Hello Ann,? .*yes\./);
  });

  it.each([
    '<p style="display:none">INJ</p>',
    '<p style="DISPLAY : none !important">INJ</p>',
    "<style>.h{display:none}</style><p class=h>INJ</p>",
    "<p hidden>INJ</p>",
    '<p style="visibility:hidden">INJ</p>',
    '<p style="opacity:0">INJ</p>',
    '<span style="font-size:0">INJ</span>',
    '<span style="font:0/0 a">INJ</span>',
    '<div style="max-height:0;overflow:hidden">INJ</div>',
    '<div style="position:absolute;left:-9999px">INJ</div>',
    '<div style="margin-left:-999px">INJ</div>',
    '<div style="margin-left:-50em">INJ</div>',
    '<div style="text-indent:-9999px">INJ</div>',
    '<span style="color:#fff">INJ</span>',
    '<span style="color:rgb(255, 255, 255)">INJ</span>',
    '<span style="color:white">INJ</span>',
    '<font color="white">INJ</font>',
    '<body text="#ffffff">INJ</body>',
    '<p style="color:#222;background-color:#222">INJ</p>',
    '<p style="mso-hide:all">INJ</p>',
    '<p aria-hidden="true">INJ</p>',
    "<!-- INJ -->",
    "<!--[if mso]>INJ<![endif]-->",
    "<template>INJ</template>",
    "<title>INJ</title>",
    "<textarea>INJ</textarea>",
    "<details>INJ</details>",
    "<svg><text>INJ</text></svg>",
    '<div style="d\\69splay:none">INJ</div>',
    '<div style="display&#58;none">INJ</div>',
    '<div style="--a:none;display:var(--a)">INJ</div>',
    '<p style="transform:scale(0)">INJ</p>',
    '<p style="zoom:0">INJ</p>',
    "<style>@media screen{p{color:#fff}}</style><p>INJ</p>",
    "<p>a &zwnj; INJ</p>",
    "<p>a <INJ",
  ])("is not taken for that: %s", (html) => expect(innocentText(`<p>hi</p>${html}`)).toBeUndefined());
});

describe("a plain form whose every line stands in the HTML", () => {
  it.each([
    ["other line breaks", "one two three\nfour five six", "one\r\n two three four\u00a0five   six ", true],
    [
      "words of the HTML's own before and between",
      "one two three\nfour five six",
      "now one two three now four five six",
      true,
    ],
    ["another order", "one two\nthree four", "three four one two", false],
    ["a line that is not there", "one two\nthree four\nfive", "one two three four", false],
    ["a plain form of spaces", " ".repeat(1_000), "pay now", false],
    ["the same words", "one two\nthree", "one  two three", true],
    ["a footer more", "one two\nthree four five", "one two three four five six", true],
    ["other words", "one two\nfour", "one two three", false],
    ["another order", "three\none two", "one two three", false],
    ["much more to see", "one", "one and then a great deal that nobody reads in the plain form", false],
    ["nothing", "", "one", false],
  ])("%s", (_, plain, html, same) => expect(isPlainOf(plain, html)).toBe(same));
});

describe("the short way", () => {
  const OPEN = [
    "<p>", "<div>", "<b>", "<i>", '<p style="color:#222">', '<span style="color:black">', '<div dir="ltr">', "<blockquote>", "<ul><li>",
    '<a href="https://x.test/?a=1&amp;b=2">', '<span style="color:#fff">', '<p style="display:none">', "<td>", "<style>p{margin:0}</style>",
    "<style>p{color:#fff}</style>", "<style>a > b{margin:0}</style>", "<!-- x -->", "<br>", "<br/>", '<span style="font-weight:bold">', "<P CLASS=x>",
    '<div class="gmail_quote">', "<h1>", '<p align="center">', '<div style="padding:4px;margin:0 auto">', "< p>", "<p", "<title>", "<hr>",
  ]; // prettier-ignore
  const CLOSE = [
    "</p>",
    "</div>",
    "</b>",
    "</span>",
    "</li></ul>",
    "</a>",
    "</td>",
    "</style>",
    "</title>",
    "",
    "",
    "",
  ];
  const SAID = [
    "one",
    "two three",
    "a &amp; b",
    "x&nbsp;y",
    "&lt;tag&gt;",
    "ü 漢字",
    "&eacute;",
    "a < b",
    "a > b",
    "\r\n",
    " ",
    "&#39;",
    "& co",
  ];

  it("is taken only where the careful one finds the same words, and nothing hidden", () => {
    const random = new Random(20_261_126);
    const words = (text: string) => text.match(/[\p{L}\p{N}]+/gu)?.join("") ?? "";
    let taken = 0;
    for (let round = 0; round < 3_000; round++) {
      const pieces = Array.from(
        { length: 1 + random.below(8) },
        () => random.pick(OPEN) + random.pick(SAID) + random.pick(CLOSE),
      );
      const html = pieces.join(random.pick(SAID));
      const text = innocentText(html);
      if (text === undefined) continue;
      taken++;
      const removed = new Removed();
      htmlText(html, new Defects(), removed);
      expect(words(text), html).toBe(words(htmlWords(html).text));
      expect(removed.list(), html).toEqual([]);
    }
    expect(taken).toBeGreaterThan(200);
  });
});
