import { describe, expect, it } from "vitest";
import { fixedTexts } from "../../src/config/fixed-texts.ts";
import { parseGateway } from "../../src/config/load.ts";
import { parseAccount } from "../../src/config/schema.ts";
import { ConfigError } from "../../src/domain/errors.ts";
import { LOCALES } from "../../src/domain/locale.ts";

const least = {
  imapHost: "imap.example.org",
  smtpHost: "smtp.example.org",
  username: "bot@example.org",
  password: "secret",
  fromAddress: "bot@example.org",
};

function problems(change: object): readonly string[] {
  try {
    parseAccount({ ...least, ...change });
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

describe("the locale", () => {
  it("gives the fixed texts; one's own come first", () => {
    expect(parseAccount({ ...least, locale: "de" }).texts).toEqual({
      noText: "[Keine Textinhalte]",
      attachment: "[Anhang: {filename} ({type})] → {path}",
    });
    expect(parseAccount({ ...least, locale: "de", texts: { noText: "(leer)" } }).texts).toEqual({
      noText: "(leer)",
      attachment: "[Anhang: {filename} ({type})] → {path}",
    });
  });

  it("gives them in the gateway's file too, where accounts are looked at twice", () => {
    const { accounts } = parseGateway({ accounts: [{ ...least, locale: "fr" }], bot: { kind: "echo" } });
    expect(accounts[0]?.texts.noText).toBe("[Aucun texte]");
    expect(parseAccount(accounts[0]).texts.noText).toBe("[Aucun texte]");
  });

  it.each(LOCALES)("%s has texts of its own, with the placeholders", (locale) => {
    const { noText, attachment } = fixedTexts(locale, {});
    expect(noText).toMatch(/^\[.+\]$/);
    expect(attachment).toMatch(/^\[.+: \{filename\} \(\{type\}(?:, \{size\})?\)\] → \{path\}$/);
    const same = LOCALES.filter((other) => fixedTexts(other, {}).attachment === attachment);
    expect(same).toEqual([locale]);
  });

  it("is one of those there are", () => {
    expect(problems({ locale: "deutsch" })).toEqual([
      expect.stringMatching(/^locale: expected "en", "de", .* or "ko"/),
    ]);
  });
});

describe("the template", () => {
  it("is Markdown of several lines", () => {
    const template = { header: "**Shop**", signature: "Bot\n[page](https://example.org)", footer: "\tsmall" };
    expect(parseAccount({ ...least, template }).template).toEqual(template);
  });

  it.each([
    [{ footer: "a\u0000b" }, "template.footer: expected Markdown"],
    [{ header: "x".repeat(5_000) }, "template.header: expected Markdown"],
    [{ signatur: "x" }, 'template.signatur: unknown key; did you mean "signature"?'],
    ["x", "template: expected an object"],
  ])("%j is a mistake", (template, problem) => {
    expect(problems({ template })).toEqual([expect.stringContaining(problem)]);
  });
});
