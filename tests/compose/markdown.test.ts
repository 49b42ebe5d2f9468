import { describe, expect, it } from "vitest";
import { composeMail } from "../../src/compose/compose-mail.ts";
import { renderMarkdown } from "../../src/compose/markdown.ts";
import { plainText } from "../../src/compose/plain.ts";
import { context, message } from "./context.ts";

const html = (markdown: string, ids: string[] = []) => renderMarkdown(markdown, new Set(ids)).html;

describe("what a bot writes as HTML", () => {
  it.each([
    ["# Big", /<h1 dir="auto" style="[^"]+">Big<\/h1>/],
    ["- a\n- b", /<ul style="[^"]+">\s*<li dir="auto" style="[^"]+">a<\/li>/],
    ["> said", /<blockquote dir="auto" style="[^"]+">/],
    ["---", /<hr style="[^"]+">/],
    ["`code`", /<code style="[^"]+">code<\/code>/],
    ["```js\n1 < 2\n```", /<pre style="[^"]+"><code>1 &lt; 2\n<\/code><\/pre>/],
    ["|a|b|\n|-|-:|\n|1|2|", /<td style="[^"]*text-align:right" dir="auto">2<\/td>/],
    ["~~old~~ new", /<s>old<\/s> new/],
    ["one\ntwo", /one<br>\s*two/],
  ])("styles %j", (markdown, expected) => {
    expect(html(markdown)).toMatch(expected);
  });

  it("shows raw HTML instead of obeying it", () => {
    expect(html("<script>alert(1)</script> <img src=x onerror=alert(1)>")).not.toMatch(/<(?:script|img)/);
  });

  it.each([
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "vbscript:x",
    "data:text/html,x",
    "data:image/png;base64,AA",
    "file:///etc/passwd",
    "ftp://a.example/x",
    "//a.example/x",
    "/relative",
    "&#106;avascript:alert(1)",
  ])("makes no link to %s", (url) => {
    expect(html(`[x](${url}) <${url}> ${url}\n\n[y]\n\n[y]: ${url}`)).not.toContain("<a ");
  });

  it("links http, https and mailto, written as links or bare", () => {
    const linked = html("[a](https://a.example) http://b.example ann@c.example <https://d.example>");
    expect([...linked.matchAll(/href="([^"]+)"/g)].map(([, url]) => url)).toEqual([
      "https://a.example",
      "http://b.example",
      "mailto:ann@c.example",
      "https://d.example",
    ]);
  });

  it.each([
    ["[https://bank.example/login](https://evil.example/x)", "(https://evil.example/x)"],
    ["[bank.example](https://evil.example)", "(https://evil.example)"],
    ["[**bank**.example](https://evil.example)", "(https://evil.example)"],
    ["[log in at bank.example, please](https://evil.example)", "(https://evil.example)"],
    ["[https://bank.example\u200b](https://evil.example)", "(https://evil.example)"],
    ["[ann@bank.example](mailto:eve@evil.example)", "(mailto:eve@evil.example)"],
    ["![bank.example](https://evil.example/i.png)", "(https://evil.example/i.png)"],
    ["[https://bank.example](https://bank.example.evil.example)", "(https://bank.example.evil.example)"],
    ["[here](https://bank.example@evil.example/)", "(https://bank.example@evil.example/)"],
    ["[![bank.example](https://x.example/i.png)](https://evil.example)", "(https://evil.example)"],
    ['[bank.example](https://evil.example/?"><b>)', "(https://evil.example/?%22%3E%3Cb%3E)"],
  ])("shows where %s leads", (markdown, shown) => {
    expect(html(markdown)).toContain(`</a> ${shown}`);
  });

  it.each([
    "[bank.example](https://bank.example/login)",
    "[https://bank.example/a](https://bank.example/b)",
    "[bank.example](https://www.bank.example)",
    "[the bank](https://evil.example)",
    "[report.pdf](https://files.example/report.pdf)",
    "[Version 1.2.3](https://a.example/releases)",
    "[ann@a.example](mailto:ann@a.example)",
    "[bücher.example](https://xn--bcher-kva.example)",
    "https://a.example <https://b.example> c@d.example",
    "[say bank.example](cid:x)",
  ])("adds nothing to %s", (markdown) => {
    expect(html(markdown)).not.toMatch(/<\/a> \(/);
  });

  it("says it once in the text part, which shows every target", () => {
    const { tokens } = renderMarkdown("[bank.example](https://evil.example)", new Set());
    expect(plainText(tokens).trim()).toBe("bank.example <https://evil.example>");
  });

  it("never fetches an image from elsewhere: it becomes a link", () => {
    const shown = html("![chart](https://evil.example/p.png?d=secret) ![](https://evil.example/q.png)");
    expect(shown).not.toContain("<img");
    expect(shown).toContain('<a href="https://evil.example/p.png?d=secret">chart</a>');
    expect(shown).toContain('<a href="https://evil.example/q.png">https://evil.example/q.png</a>');
  });

  it("keeps a link whose text was an image", () => {
    expect(html("[![logo](https://evil.example/i.png)](https://a.example)")).toContain(
      '<a href="https://a.example">logo</a>',
    );
  });

  it("shows attached images, and only those", () => {
    expect(html("![logo](cid:logo@bot)", ["logo@bot"])).toMatch(
      /<img src="cid:logo@bot" alt="logo" style="max-width:100%;height:auto">/,
    );
    expect(html("![logo](cid:other)", ["logo@bot"])).toContain(">logo</p>");
    expect(html("[text](cid:logo@bot)", ["logo@bot"])).toContain(">text</p>");
  });

  it("is a whole document that says its character set, width and title", () => {
    const { html: page } = composeMail(message({ subject: 'A <b> & "c"', text: "שלום" }), context());
    expect(page).toMatch(/^<!doctype html>\n<html lang="">\n<head>\n<meta charset="utf-8">/);
    expect(page).toContain("<title>A &#60;b&#62; &#38; &#34;c&#34;</title>");
    expect(page).toContain('<p dir="auto"');
  });

  it.each([
    ["brackets", "["],
    ["images", "!["],
    ["emphasis", "**a *b "],
    ["quotes", ">"],
    ["lists", "- "],
    ["URLs", "http://a.b/("],
    ["addresses", "a@b."],
    ["pipes", "|x"],
    ["backticks", "`a``b"],
    ["links", "[a](http://b.c) "],
  ])("takes 256 KB of %s in well under two seconds", (_, piece) => {
    const hostile = piece.repeat(Math.floor((256 * 1024) / piece.length));
    const startMs = performance.now();
    plainText(renderMarkdown(hostile, new Set()).tokens);
    expect(performance.now() - startMs).toBeLessThan(2_000);
  });
});
