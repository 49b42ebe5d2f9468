import { describe, expect, it } from "vitest";
import { composeMail } from "../../src/compose/compose-mail.ts";
import { prepareLook } from "../../src/compose/look.ts";
import { renderMarkdown } from "../../src/compose/markdown.ts";
import { plainText } from "../../src/compose/plain.ts";
import { context, message } from "./context.ts";

const html = (markdown: string, ids: string[] = []) => renderMarkdown(markdown, new Set(ids)).html;

describe("what a bot writes as HTML", () => {
  it.each([
    ["# Big", /<h1 style="[^"]+">Big<\/h1>/],
    ["- a\n- b", /<ul style="[^"]+">\s*<li style="[^"]+">a<\/li>/],
    ["7. a", /<ol start="7" style="[^"]+">/],
    ["> said", /<blockquote style="[^"]+">/],
    ["---", /<hr class="mp-rule" style="[^"]+">/],
    ["`code`", /<code class="mp-code" style="[^"]+">code<\/code>/],
    ["```\n1 < 2\n```", /<td [^>]+><pre style="[^"]+"><code style="[^"]+">1 &lt; 2<\/code><\/pre><\/td>/],
    ["|a|b|\n|-|-:|\n|1|2|", /<td style="[^"]*text-align:right" class="mp-cell">2<\/td>/],
    ["- [ ] todo\n- [x] done", /<li [^>]+>☐&nbsp; todo<\/li>\s*<li [^>]+>☑\ufe0e&nbsp; done<\/li>/],
    ["a[^n]\n\n[^n]: note", /a<sup [^>]+>\[1\]<\/sup><\/p>[^]*<ol [^>]+>\s*<li [^>]+>note<\/li>\s*<\/ol>/],
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
    expect(shown).toMatch(/<a href="https:\/\/evil.example\/p.png\?d=secret"[^>]*>chart<\/a>/);
    expect(shown).toMatch(/<a href="https:\/\/evil.example\/q.png"[^>]*>https:\/\/evil.example\/q.png<\/a>/);
  });

  it("keeps a link whose text was an image", () => {
    expect(html("[![logo](https://evil.example/i.png)](https://a.example)")).toMatch(
      /<a href="https:\/\/a.example"[^>]*>logo<\/a>/,
    );
  });

  it("shows attached images, and only those", () => {
    expect(html("![logo](cid:logo@bot)", ["logo@bot"])).toMatch(
      /<img src="cid:logo@bot" alt="logo" style="max-width:100%;height:auto;border:0">/,
    );
    expect(html("![logo](cid:other)", ["logo@bot"])).toContain(">logo</p>");
    expect(html("[text](cid:logo@bot)", ["logo@bot"])).toContain(">text</p>");
  });

  it("is a whole document that says its character set, width and title", () => {
    const { html: page } = composeMail(message({ subject: 'A <b> & "c"', text: "Yes" }), context());
    expect(page).toMatch(/^<!doctype html>\n<html lang="en" dir="ltr">\n<head>\n<meta charset="utf-8">/);
    expect(page).toContain("<title>A &#60;b&#62; &#38; &#34;c&#34;</title>");
  });

  it("says which way Hebrew and Arabic are written, block by block", () => {
    const { html: page } = composeMail(message({ text: "שלום\n\nEnglish\n\n> ציטוט" }), context());
    expect(page).toContain('<html lang="he" dir="rtl">');
    expect(page).toMatch(/<p dir="rtl"[^>]*>שלום/);
    expect(page).toMatch(/<p dir="ltr"[^>]*>English/);
    expect(page).toMatch(/<blockquote dir="rtl" style="[^"]*border-right:[^"]*">/);
    expect(html("English only")).not.toContain("dir=");
  });

  it.each([
    ["お元気ですか。東京です。", "en", "ja"],
    ["您的订单已发出", "en", "zh"],
    ["東京都", "ja", "ja"],
    ["주문하신 상품", "en", "ko"],
    ["Ваш заказ", "en", "ru"],
    ["Ваш заказ", "uk", "uk"],
    ["Ваше замовлення їде", "en", "uk"],
    ["تم إرسال الطلب", "en", "ar"],
    ["سفارش شما چه شد", "en", "fa"],
    ["Η παραγγελία σας", "en", "el"],
    ["Ihre Größe", "de", "de"],
    ["The order of Mr Жуков left", "en", "en"],
  ] as const)("tells the language of %j with the locale %s: %s", (text, locale, language) => {
    const look = prepareLook({ locale, template: {}, textPart: "text" });
    expect(composeMail(message({ text }), context({ look })).html).toContain(`<html lang="${language}"`);
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
    ["footnotes", "[^a]: [^a] "],
    ["lines of footnotes", "[^a]: b\n"],
    ["references", "[^a][^b"],
    ["tasks", "- [ ] a\n"],
    ["Hebrew items", "- א\n"],
    ["signs of emoji", "\u200d😀\ufe0f"],
    ["Chinese", "这是"],
  ])("takes 256 KB of %s in well under three seconds of computing", (_, piece) => {
    const hostile = piece.repeat(Math.floor((256 * 1024) / piece.length));
    const start = process.cpuUsage();
    plainText(renderMarkdown(hostile, new Set()).tokens);
    expect(process.cpuUsage(start).user / 1_000).toBeLessThan(3_000);
  });
});
