import { describe, expect, it } from "vitest";
import { Defects } from "../../src/parse/defects.ts";
import { htmlText } from "../../src/parse/html-text.ts";
import { Removed } from "../../src/parse/removed.ts";

const text = (html: string): string => htmlText(html, new Defects(), new Removed());
const around = (inner: string): string => `<html><body><p>visible</p>${inner}<p>end</p></body></html>`;

describe("what a person cannot see is not read (security 3.7)", () => {
  it.each([
    '<div style="display:none">INJ</div>',
    '<div style="DISPLAY : none !important">INJ</div>',
    '<div style="display:none!important;display:block">INJ</div>',
    "<p hidden>INJ</p>",
    '<p hidden="">INJ</p>',
    '<p aria-hidden="true">INJ</p>',
    '<p style="visibility:hidden">INJ</p>',
    '<p style="opacity:0">INJ</p>',
    '<p style="opacity:0.01">INJ</p>',
    '<p style="opacity:0%">INJ</p>',
    '<span style="font-size:0">INJ</span>',
    '<span style="font-size:0px">INJ</span>',
    '<span style="font-size:1px">INJ</span>',
    '<span style="font:0/0 a">INJ</span>',
    '<div style="max-height:0;overflow:hidden">INJ</div>',
    '<div style="height:0px;overflow:hidden">INJ</div>',
    '<div style="position:absolute;left:-9999px">INJ</div>',
    '<div style="position:absolute;top:-100em">INJ</div>',
    '<p style="text-indent:-9999px">INJ</p>',
    '<p style="position:absolute;clip:rect(0,0,0,0)">INJ</p>',
    '<p style="clip-path:inset(100%)">INJ</p>',
    '<p style="transform:scale(0)">INJ</p>',
    '<p style="color:transparent">INJ</p>',
    '<p style="color:rgba(0,0,0,0)">INJ</p>',
    '<p style="mso-hide:all">INJ</p>',
    "<!-- INJ -->",
    "<!--[if mso]>INJ<![endif]-->",
    "<template>INJ</template>",
    "<noscript>INJ</noscript>",
    "<title>INJ</title>",
    "<script>INJ</script>",
    "<style>INJ</style>",
    '<svg><text x="-999">INJ</text></svg>',
    "<object>INJ</object>",
    '<textarea style="display:none">INJ</textarea>',
    '<img src="http://127.0.0.1:9/t.gif" alt="INJ" width=1 height=1>',
    '<img alt="INJ" style="display:none">',
    '<div style="display&#58;none">INJ</div>',
    '<div style="d\\69splay:none">INJ</div>',
    '<div style="--a:none;display:var(--a)">INJ</div>',
    '<div style="/* display:block */display:/**/none">INJ</div>',
    '<div style="background:url(data:a;b:c);display:none">INJ</div>',
    '<div style="display:none"><p style="display:block;font-size:20px">INJ</p></div>',
    '<div style="display:none">INJ<div>INJ</div>INJ</div>',
    '<div style="font-size:0"><span style="font-size:2em">INJ</span></div>',
    '<input type="hidden" value="INJ">',
    '<p title="INJ" aria-label="INJ"></p>',
    '<a href="javascript:INJ()"></a>',
  ])("%s", (html) => {
    const shown = text(around(html));
    expect(shown).not.toContain("INJ");
    expect(shown.split(/\n+/)).toEqual(["visible", "end"]);
  });

  it("nor what follows an element that is hidden and never closed", () => {
    expect(text('<p>visible</p><div style="display:none">INJ <p>INJ</p>')).toBe("visible");
  });

  it("is counted, by reason", () => {
    const removed = new Removed();
    htmlText('<p>a</p><p hidden>four</p><p style="font-size:0">five5</p><p hidden>six</p>', new Defects(), removed);
    expect(removed.list()).toEqual([
      { reason: "hidden-attribute", chars: 7 },
      { reason: "tiny-text", chars: 5 },
    ]);
  });
});

describe("what a person can see is read", () => {
  it.each([
    '<p style="opacity:.9">SEEN</p>',
    '<p style="opacity:1">SEEN</p>',
    '<p style="color:#fff;background:#000">SEEN</p>',
    '<p style="color:rgb(0,0,0)">SEEN</p>',
    '<p style="color:rgba(0,0,0,.87)">SEEN</p>',
    '<p style="font-size:11px">SEEN</p>',
    '<p style="font-size:.8em">SEEN</p>',
    '<p style="font:bold 12px/1.5 Arial">SEEN</p>',
    '<p style="position:relative;left:-2px">SEEN</p>',
    '<p style="text-indent:-18pt;margin-left:36pt">SEEN</p>',
    '<p style="max-height:0">SEEN</p>',
    '<p style="height:40px;overflow:hidden">SEEN</p>',
    '<p style="line-height:0">SEEN</p>',
    '<p style="display:block;visibility:visible">SEEN</p>',
    "<p style=\"content:'display:none'\">SEEN</p>",
    '<p aria-hidden="false">SEEN</p>',
    '<p class="display:none" data-style="display:none">SEEN</p>',
    '<div style="visibility:hidden"><p style="visibility:visible">SEEN</p></div>',
    '<td style="font-size:0px"><div style="font-size:13px">SEEN</div></td>',
    "<head><title>no</title><p>SEEN</p>",
    '<img alt="SEEN" width="600">',
    "<details><summary>SEEN</summary></details>",
    "<o:p>SEEN</o:p>",
    "<blink>SEEN</blink>",
    "<![if !mso]><p>SEEN</p><![endif]>",
  ])("%s", (html) => expect(text(html)).toBe("SEEN"));

  it("in every script", () => {
    expect(text("<p>👩‍👩‍👧 می‌خواهم &amp; &lt;b&gt;</p>")).toBe("👩‍👩‍👧 می‌خواهم & <b>");
  });
});

describe("HTML as plain text", () => {
  it.each([
    ["a link", '<a href="https://x.test/a">here</a>', "here <https://x.test/a>"],
    ["a link that says where it leads", '<a href="https://x.test/a">https://x.test/a</a>', "https://x.test/a"],
    ["an address", '<a href="mailto:a@x.test">a@x.test</a>', "a@x.test"],
    ["a link to nowhere", '<a href="#top">up</a> <a href="javascript:x">run</a>', "up run"],
    ["a link with a quote in it", '<a href="https://x.test/?a=&quot;&lt;b">q</a>', 'q <https://x.test/?a="<b>'],
    ["a picture", '<p>see <img src="cid:x" alt="the chart"> and <img src="x.gif"></p>', "see the chart and"],
    ["paragraphs and breaks", "<p>a<br>b</p><p>c</p>", "a\nb\n\nc"],
    ["lists", "<ul><li>a<li>b</ul><ol><li>c<li>d</ol>", " - a\n - b\n\n 1. c\n 2. d"],
    ["a quotation", "<blockquote><p>a</p><p>b</p></blockquote>", "> a\n> \n> b"],
    ["code", "<pre>a  b\n  c</pre>", "a  b\n  c"],
    ["a data table", "<table><tr><th>Name<th>Age<tr><td>Ann<td>41</table>", "Name   Age\nAnn    41"],
    [
      "a table for layout",
      "<table><tr><td><p>left</p></td></tr><tr><td><table><tr><td>a</td><td>b</td></tr></table></td></tr></table>",
      "left\n\na b",
    ],
    [
      "a long cell",
      `<table><tr><td>${"w ".repeat(60)}</td><td>x</td></tr><tr><td>y</td><td>z</td></tr></table>`,
      `${"w ".repeat(60)}x\ny z`,
    ],
  ])("%s", (_, html, expected) => expect(text(html).trimEnd()).toBe(expected));
});

describe("HTML beyond the bounds is still read, in one pass, and said to be so", () => {
  it.each([
    ["deep", `${"<div>".repeat(400)}words${"</div>".repeat(400)}`, "html-too-deep"],
    ["too many elements", `${"<p>x</p>".repeat(60_000)}words`, "html-too-large"],
    ["too long", `<p>words</p>${"x".repeat(2_000_000)}`, "html-too-large"],
  ])("%s", (_, html, defect) => {
    const defects = new Defects();
    expect(htmlText(html, defects, new Removed())).toContain("words");
    expect(defects.names()).toEqual([defect]);
  });

  it("without pictures written into it", () => {
    const defects = new Defects();
    const html = `<p>words</p><img src="data:image/png;base64,${"A".repeat(2_000_000)}"><p>more</p>`;
    expect(htmlText(html, defects, new Removed())).toBe("words\n\nmore");
    expect(defects.names()).toEqual([]);
  });

  it.each([
    ["deep", (inner: string) => `<div>${"<div>".repeat(400)}${inner}${"</div>".repeat(400)}</div>`],
    [
      "in a hidden one, deep",
      (inner: string) => `a b<p hidden>${"<i>".repeat(400)}${"</i>".repeat(350)}${inner.replaceAll("a b", "")}`,
    ],
    ["many", (inner: string) => `${"<p>x</p>".repeat(60_000)}${inner}`],
  ])("without what is hidden: %s", (_, wrapped) => {
    const inner = `a b<script>INJ</script><STYLE>.h{display:none}</STYLE><!-- > INJ --><div style="display:none">INJ<div>INJ</div>INJ</div><b class=h>INJ</b><span style="font-size:0">INJ</span><title>INJ</title>`;
    const shown = text(wrapped(inner));
    expect(shown).toContain("a b");
    expect(shown).not.toContain("INJ");
    expect(shown).not.toContain("display");
  });
});
