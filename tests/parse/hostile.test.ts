import { describe, expect, it, onTestFinished } from "vitest";
import { type ParsedMail, parseMail } from "../../src/parse/parse-mail.ts";
import { alternativeMail, anyOptions, htmlMail, inPieces, mail } from "./options.ts";

/** What one mail may cost (issue 2, "bad input"). Processor time, so that a busy machine is not blamed on the mail. */
const MAX_CPU_MS = 2_000;

const MIXED = ["Content-Type: multipart/mixed; boundary=b"];
const fill = (bytes: number, character: string): Buffer => Buffer.alloc(bytes, character);
const encoded = (encoding: string, type: string, body: Buffer): Buffer =>
  Buffer.concat([mail([`Content-Type: ${type}`, `Content-Transfer-Encoding: ${encoding}`]), body]);

describe("a hostile mail costs little and is delivered as far as it can be read (security 3.4)", () => {
  it.each<[string, () => Buffer, string[], string?]>([
    ["a 10 MB header", () => headerOf(`X: ${"a".repeat(10_000_000)}\r\n`), ["header-too-large"]],
    ["a million header lines", () => headerOf("X: y\r\n".repeat(1_000_000)), ["header-too-large"]],
    ["a million folds", () => headerOf(`X: y\r\n${" z\r\n".repeat(1_000_000)}`), ["header-too-large"]],
    ["200,000 recipients", () => headerOf(`Cc: ${"a@b.c, ".repeat(200_000)}\r\n`), ["header-too-large"]],
    ["20,000 recipients", () => headerOf(`Cc: ${"a@b.c, ".repeat(20_000)}\r\n`), [], "body"],
    ["50,000 groups in groups", () => headerOf(`Cc: ${"g:".repeat(50_000)}\r\n`), [], "body"],
    ["100,000 open comments", () => headerOf(`Cc: ${"(".repeat(100_000)}\r\n`), [], "body"],
    ["100,000 open brackets", () => headerOf(`Cc: ${"<".repeat(100_000)}\r\n`), [], "body"],
    [
      "15,000 encoded words",
      () => headerOf(`Subject: ${"=?utf-8?Q?a?= ".repeat(15_000)}\r\n`),
      ["duplicate-header:Subject"],
      "body",
    ],
    [
      "20,000 pieces of a parameter",
      () => headerOf(`X: y\r\nContent-Type: text/plain${pieces(3_000)}\r\n`),
      [],
      "body",
    ],
    ["100,000 nested parts", () => Buffer.from(nestedParts(100_000)), ["nested-too-deep"]],
    [
      "100,000 parts side by side",
      () => mail(MIXED, "--b\r\n\r\nfirst\r\n".repeat(100_000)),
      ["too-many-parts"],
      "first",
    ],
    [
      "100,000 attachments",
      () => mail(MIXED, "--b\r\nContent-Type: a/b\r\n\r\nx\r\n".repeat(100_000)),
      ["too-many-parts"],
    ],
    [
      "a text, then 100,000 attachments",
      () => mail(MIXED, `--b\r\n\r\nhello\r\n${"--b\r\nContent-Type: a/b\r\n\r\nx\r\n".repeat(100_000)}`),
      ["too-many-parts"],
      "hello",
    ],
    ["a text, then a part with a 10 MB header", () => partHeader(), ["header-too-large"]],
    [
      "400 parts with 5,000 parameters each",
      () => mail(MIXED, `--b\r\nContent-Type: text/plain${pieces(5_000)}\r\n\r\nx\r\n`.repeat(400)),
      ["too-many-parts"],
    ],
    ["5,000 mails in mails", () => nestedMails(5_000), []],
    [
      "one boundary for 20,000 levels",
      () => mail(MIXED, "--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n".repeat(20_000)),
      ["nested-too-deep"],
    ],
    ["2 MB of <div>", () => htmlMail("<div>".repeat(400_000)), ["html-too-large", "html-too-deep"]],
    ["1 MB of <div>", () => htmlMail("<div>".repeat(200_000)), ["html-too-deep"]],
    ["2 MB of <p><b>", () => htmlMail("<p><b>".repeat(333_000)), ["html-too-large", "html-too-deep"]],
    ["50,000 tables in tables", () => htmlMail("<table><tr><td>".repeat(50_000)), ["html-too-deep"]],
    ["20,000 columns", () => htmlMail(`<table><tr>${"<td>x".repeat(20_000)}</table>`), []],
    [
      "quotations 290 deep around 20,000 lines",
      () => htmlMail(`${"<blockquote>".repeat(290)}${"y<br>".repeat(20_000)}`),
      [],
    ],
    ["10 MB of <", () => htmlMail("<".repeat(10_000_000)), ["text-too-long", "html-too-large"]],
    ["1 MB of <", () => htmlMail("<".repeat(1_000_000)), ["html-too-large"]],
    ["1 MB of &", () => htmlMail("&".repeat(1_000_000)), []],
    ["a style of 1 MB of white space", () => htmlMail(`<p style="a:b${" ".repeat(1_000_000)}x">words`), [], "words"],
    ["a style of 1 MB of digits", () => htmlMail(`<p style="font:${"1".repeat(1_000_000)}x">words`), [], "words"],
    ["a style of 1 MB of var(", () => htmlMail(`<p style="a:${"var( ".repeat(190_000)}">words`), [], "words"],
    ["50,000 rules", () => htmlMail(`<style>${rules(50_000)}</style><p class=c7>words`), ["css-too-large"], "words"],
    [
      "50,000 rules for one class",
      () => htmlMail(`<style>${".c{color:red}".repeat(20_000)}</style>${"<p class=c>words".repeat(20_000)}`),
      ["css-too-large"],
      "words",
    ],
    [
      "50,000 classes",
      () => htmlMail(`<style>.c{color:red}</style><p class="${"c ".repeat(50_000)}">words`),
      [],
      "words",
    ],
    ["1,000 elements of 400 classes, 2,000 selectors of 20", () => manyClasses(), ["css-too-large"], "words"],
    [
      "selectors that look through all that came before",
      () =>
        htmlMail(`<style>${"i~b~i~b~p{color:red}".repeat(100)}</style>${"<i></i><b></b><p>words</p>".repeat(15_000)}`),
      ["css-too-large"],
      "words",
    ],
    ["1 MB of { in a style sheet", () => htmlMail(`<style>${"a{".repeat(500_000)}</style><p>words`), [], "words"],
    ["1 MB of @media", () => htmlMail(`<style>${"@media all{".repeat(90_000)}</style><p>words`), [], "words"],
    [
      "1 MB of quotes in a style sheet",
      () => htmlMail(`<style>${'a"(\\n'.repeat(200_000)}</style><p>words`),
      [],
      "words",
    ],
    ["1 MB of /* in a style sheet", () => htmlMail(`<style>${"/*".repeat(500_000)}</style><p>words`), [], "words"],
    ["a selector of 1 MB", () => htmlMail(`<style>${"a ".repeat(500_000)}{color:red}</style><p>words`), [], "words"],
    [
      "a list of 500,000 selectors",
      () => htmlMail(`<style>${"a,".repeat(500_000)}b{color:red}</style><p>words`),
      ["css-too-large"],
      "words",
    ],
    ["1 MB of :not(", () => htmlMail(`<style>${":not(".repeat(200_000)}{color:red}</style><p>words`), [], "words"],
    [
      "1 MB of media conditions",
      () => htmlMail(`<style>@media ${"(min-width:1px) and ".repeat(50_000)}all{p{color:red}}</style><p>words`),
      [],
      "words",
    ],
    [
      "variables of variables",
      () =>
        htmlMail(
          `<p style="${Array.from({ length: 20_000 }, (_, i) => `--v${i}:var(--v${i + 1}) var(--v${i + 1})`).join(";")};color:var(--v0)">words`,
        ),
      [],
      "words",
    ],
    [
      "20,000 long styles",
      () =>
        htmlMail(
          Array.from({ length: 20_000 }, (_, i) => `<p style="color:#${i % 10}00;font:1${i}px x">words`).join(""),
        ),
      [],
      "words",
    ],
    ["100,000 comments", () => htmlMail(`${"<!--<a<b>-->".repeat(80_000)}<p>words`), [], "words"],
    ["a comment of 1 MB of <", () => htmlMail(`<!--${"<".repeat(1_000_000)}--><p>words`), [], "words"],
    [
      "1 MB of tags of Unicode",
      () => mail(["Content-Type: text/plain; charset=utf-8"], `words${"\u{e0041}".repeat(250_000)}`),
      [],
      "words",
    ],
    [
      "1 MB of joiners",
      () => mail(["Content-Type: text/plain; charset=utf-8"], `words${"\u200d".repeat(330_000)}`),
      [],
      "words",
    ],
    [
      "1 MB of spaces of all widths",
      () => mail(["Content-Type: text/plain; charset=utf-8"], `words${"\u2003 ".repeat(250_000)}.`),
      [],
      "words .",
    ],
    [
      "1 MB of text beside 1 MB of HTML",
      () => alternativeMail("word wort ".repeat(100_000), "<p>word <b>wort</b>".repeat(45_000)),
      [],
    ],
    [
      "1 MB of other words in both",
      () => alternativeMail(other(120_000, "a"), `<p>${other(120_000, "b")}`),
      ["plain-differs-from-html"],
    ],
    [
      "1 MB of @ beside HTML",
      () => alternativeMail(`x ${"a.".repeat(490_000)}`, "<p>x</p>"),
      ["plain-differs-from-html"],
    ],
    ["1 MB of [image beside HTML", () => alternativeMail(`x ${"[image ".repeat(140_000)}`, "<p>x image</p>"), []],
    ["a line of 50 MB", () => Buffer.concat([mail([]), fill(50_000_000, "a")]), ["text-too-long"]],
    ["50 MB of line ends", () => Buffer.concat([mail([]), fill(50_000_000, "\n")]), ["too-many-lines"]],
    ["50 MB of line ends in a file", () => encoded("7bit", "a/b", fill(50_000_000, "\n")), ["too-many-lines"]],
    ["20 MB of padding in a file", () => encoded("base64", "a/b", fill(20_000_000, "A=")), ["bad-base64"]],
    [
      "20 MB of padding in a text",
      () => encoded("base64", "text/plain", fill(20_000_000, "A=")),
      ["text-too-long", "bad-base64"],
    ],
    ["20 MB of = in a file", () => encoded("quoted-printable", "a/b", fill(20_000_000, "=")), ["bad-quoted-printable"]],
    [
      "4 MB of flowed quotes",
      () => encoded("7bit", "text/plain; format=flowed", fill(4_000_000, "> a \r\n")),
      ["text-too-long"],
    ],
    [
      "10 MB of escapes of ISO-2022-JP",
      () => encoded("8bit", "text/plain; charset=iso-2022-jp", fill(10_000_000, "\u001b$B")),
      ["text-too-long"],
    ],
    ["a megabyte of NUL", () => fill(1_000_000, "\0"), ["header-too-large", "bad-from", "no-message-id", "no-date"]],
  ])("%s", async (_, source, defects, text) => {
    const bytes = source();
    const { parsed, cpuMs } = await costOf(bytes);
    expect(parsed.metadata.email_defects).toEqual(defects);
    if (text !== undefined) expect(parsed.text.split("\n")[0]).toBe(text);
    expect(parsed.text.length).toBeGreaterThan(0);
    expect(cpuMs).toBeLessThan(MAX_CPU_MS);
  });

  it("a mail of every kind, cut anywhere, is still delivered", async () => {
    const options = await anyOptions();
    const source = mail(
      MIXED,
      `--b\r\n\r\nhello\r\n--b\r\nContent-Type: a/b\r\nContent-Transfer-Encoding: base64\r\n\r\n${"QUJD".repeat(50)}\r\n--b--\r\n`,
    );
    for (let end = 0; end < source.length; end += 7) {
      const { text } = await parseMail(inPieces(source.subarray(0, end), 50), options);
      expect(text.length).toBeGreaterThan(0);
    }
  });
});

async function costOf(source: Buffer): Promise<{ parsed: ParsedMail; cpuMs: number }> {
  const stray: unknown[] = [];
  const note = (error: unknown): void => void stray.push(error);
  process.on("unhandledRejection", note);
  onTestFinished(() => void process.off("unhandledRejection", note));
  const before = process.cpuUsage();
  const parsed = await parseMail(source, await anyOptions());
  const { user, system } = process.cpuUsage(before);
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(stray).toEqual([]);
  return { parsed, cpuMs: (user + system) / 1_000 };
}

/** The usual header with these lines in it, and a body. */
function rules(count: number): string {
  return Array.from({ length: count }, (_, index) => `.c${index}{color:#00${index % 10}}`).join("");
}

function manyClasses(): Buffer {
  const classes = Array.from({ length: 400 }, (_, index) => `k${index}`).join(" ");
  const selector = Array.from({ length: 20 }, (_, index) => `.k${index}`).join("");
  return htmlMail(
    `<style>${`${selector}.no .k399{color:red}`.repeat(2_000)}</style>${`<p class="${classes}">words</p>`.repeat(400)}`,
  );
}

function other(count: number, letter: string): string {
  return Array.from({ length: count }, (_, index) => `${letter}${index.toString(36)}`).join(" ");
}

function headerOf(lines: string): Buffer {
  const [header = ""] = mail([]).toString().split("\r\n\r\n");
  return Buffer.from(`${header}\r\n${lines}\r\nbody`);
}

function pieces(count: number): string {
  return Array.from({ length: count }, (_, index) => `; a*${index}*=b`).join("");
}

function nestedParts(depth: number): string {
  const levels = Array.from(
    { length: depth },
    (_, index) => `Content-Type: multipart/mixed; boundary=b${index}\r\n\r\n--b${index}\r\n`,
  );
  return `${headerOf("").toString().split("\r\n\r\n")[0]}\r\n${levels.join("")}`;
}

function nestedMails(depth: number): Buffer {
  const levels = Array.from(
    { length: depth },
    (_, index) => `Content-Type: message/rfc822\r\n\r\nSubject: ${index}\r\n`,
  );
  return Buffer.from(`${headerOf("").toString().split("\r\n\r\n")[0]}\r\n${levels.join("")}`);
}

function partHeader(): Buffer {
  return mail(MIXED, `--b\r\n\r\nhello\r\n--b\r\nX: ${"a".repeat(10_000_000)}`);
}
