import { describe, expect, it } from "vitest";
import { composeMail } from "../../src/compose/compose-mail.ts";
import { type LookSettings, prepareLook } from "../../src/compose/look.ts";
import { mailFromStored, storedMail } from "../../src/compose/stored-mail.ts";
import { LOCALES } from "../../src/domain/locale.ts";
import { unflow } from "../smtp/unflow.ts";
import { context, message } from "./context.ts";

const composed = (text: string, settings: Partial<LookSettings>, original?: Parameters<typeof context>[0]) =>
  composeMail(
    message({ text }),
    context({ look: prepareLook({ locale: "en", template: {}, textPart: "text", ...settings }), ...original }),
  );

const TEMPLATE = {
  header: "**The Shop**",
  signature: "Your bot  \n[shop.example](https://shop.example)",
  footer: "*Small* print",
};
const ANN = { address: "ann@ann.example", name: "Ann Lee" };
const asked = (text: string, from = ANN) => ({ original: { text, from, date: new Date("2026-01-05T08:12:00Z") } });

describe("the template", () => {
  it("stands around the answer in both parts; the signature is marked as one", () => {
    const { text, html } = composed("Yes.", { template: TEMPLATE });
    expect(text).toBe("The Shop\n\nYes.\n\n-- \nYour bot\nshop.example <https://shop.example>\n\nSmall print\n");
    expect(html).toMatch(/<strong>The Shop<\/strong>[^]*Yes\.[^]*Your bot[^]*<em>Small<\/em> print/);
  });

  it("is not swallowed by what an answer leaves open", () => {
    const { text, html } = composed("```\ncode without an end", { template: TEMPLATE });
    expect(text).toContain("\n-- \nYour bot");
    expect(html).toMatch(/code without an end<\/code>[^]*<em>Small<\/em> print/);
  });

  it("is as safe as an answer", () => {
    const { html } = composed("x", {
      template: { footer: "<script>1</script> [x](javascript:1) ![i](https://e.example/i)" },
    });
    expect(html).not.toMatch(/<script|<img|href="javascript/);
  });

  it.each([{}, { header: "", footer: "  \n" }])("adds nothing where there is none: %j", (template) => {
    expect(composed("Yes.", { template }).text).toBe("Yes.\n");
  });
});

describe("the question below the answer", () => {
  it("stands there as mail programs do it, in both parts", () => {
    const { text, html } = composed(
      "Yes.",
      { template: { signature: "Bot" } },
      asked("Is it?\n\n  really\n> you said\n>> I said"),
    );
    expect(text).toBe(
      "Yes.\n\n-- \nBot\n\nOn 5 January 2026 at 08:12 UTC, Ann Lee <ann@ann.example> wrote:\n> Is it?\n>\n>   really\n>> you said\n>>> I said\n",
    );
    expect(html).toMatch(
      /On 5 January 2026 at 08:12 UTC, Ann Lee &#60;ann@ann.example&#62; wrote:<\/p>\s*<blockquote type="cite"[^>]*>\s*Is it\?<br>/,
    );
  });

  it("has what was quoted in it one level deeper, and no level that nobody could read", () => {
    const { text, html } = composed("Yes.", {}, asked(`a\n> b\n> > c\n>> d\ne\n${">".repeat(50)} f`));
    expect(text).toContain("> a\n>> b\n>>> c\n>>> d\n> e\n>>>>>>>> >>>>");
    expect(html.replace(/<blockquote[^>]*>/g, "[").replaceAll("</blockquote>", "]")).toMatch(
      /\[\s*a\[\s*b\[\s*c<br>\s*d\]\]\s*e\[{7}\s*(?:&#62;){50} f\]{8}/,
    );
  });

  it("comes out of a mail program as it was written", () => {
    const words = "I have been waiting for it since Monday. ".repeat(5).trim();
    const { text } = composed("Yes.", {}, asked(`${words}\nFrom here\n  indented`));
    expect(unflow(text).filter(({ quote }) => quote === 1)).toEqual([
      { quote: 1, text: words },
      { quote: 1, text: "From here" },
      { quote: 1, text: "  indented" },
    ]);
  });

  it("is text, whatever a stranger wrote", () => {
    const evil = `</blockquote><script>alert(1)</script> **bold** [x](https://evil.example)\u0000\u001b[2J`;
    const { html, text } = composed("Yes.", {}, asked(evil, { address: "a@b.example", name: "Eve\r\n<b>{date}" }));
    expect(html).not.toMatch(/<script|<b>|<strong>|evil\.example"|[\u0000\u001b]/);
    expect(html).toContain("&#60;/blockquote&#62;");
    expect(text).toContain("Eve <b>{date} <a@b.example> wrote:");
  });

  it.each([
    ["a".repeat(40_000), 10_000],
    ["a\n".repeat(5_000), 300],
  ])("is cut where it is too long, and says so", (text, most) => {
    const { text: sent } = composed("Yes.", {}, asked(text));
    expect(sent.endsWith("> […]\n")).toBe(true);
    expect(sent.match(/a/g)?.length).toBeLessThanOrEqual(most + 20);
  });

  it("is left out where nothing was asked", () => {
    expect(composed("Yes.", {}, asked(" \n ")).text).toBe("Yes.\n");
  });

  it("is introduced in the language of the account", () => {
    const lines = LOCALES.map((locale) => composed("x", { locale }, asked("Hm?")).text.split("\n")[2] ?? "");
    expect(new Set(lines).size).toBe(LOCALES.length);
    for (const line of lines) {
      expect(line).toMatch(/08:12 UTC/);
      expect(line).toContain("Ann Lee <ann@ann.example>");
      expect(line).not.toMatch(/[{}]|undefined/);
    }
    const of = (locale: LookSettings["locale"]) => lines[LOCALES.indexOf(locale)];
    expect(of("de")).toBe("Am 5. Januar 2026 um 08:12 UTC schrieb Ann Lee <ann@ann.example>:");
    expect(of("fr")).toBe("Le 5 janvier 2026 à 08:12 UTC, Ann Lee <ann@ann.example> a écrit :");
    expect(of("zh")).toBe("Ann Lee <ann@ann.example> 于2026年1月5日 08:12 UTC写道：");
  });
});

describe("the text part as Markdown", () => {
  it("is the source as it is, with the template's", () => {
    const source = "# Title\r\n\r\n- [x] *done* \\*\n\n```\n  code\n```\n\n> From here\n";
    const mail = composed(source, { textPart: "markdown", template: TEMPLATE }, asked("Is it?"));
    expect(mail.textFormat).toBe("fixed");
    expect(mail.text).toBe(
      `**The Shop**\n\n${source.replaceAll("\r\n", "\n").trimEnd()}\n\n-- \n${TEMPLATE.signature}\n\n*Small* print\n\nOn 5 January 2026 at 08:12 UTC, Ann Lee <ann@ann.example> wrote:\n> Is it?\n`,
    );
    expect(mail.html).toContain("<h1");
  });
});

describe("a mail that waits in the store", () => {
  it("keeps its format, and has none when it was stored before there was one", async () => {
    const stored = await storedMail(composed("Yes.", {}), 1_000);
    expect(mailFromStored(stored).textFormat).toBe("flowed");
    const { textFormat, ...old } = stored.mail as Record<string, unknown>;
    expect(textFormat).toBe("flowed");
    expect(mailFromStored({ ...stored, mail: old }).textFormat).toBe("fixed");
  });
});
