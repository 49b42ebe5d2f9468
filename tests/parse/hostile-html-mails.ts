import type { HostileMail } from "./hostile-mails.ts";
import { alternativeMail, htmlMail, mail } from "./options.ts";

const ROWS: readonly (readonly [string, () => Buffer, readonly string[], string?])[] = [
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
      htmlMail(Array.from({ length: 20_000 }, (_, i) => `<p style="color:#${i % 10}00;font:1${i}px x">words`).join("")),
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
    "a plain form that nearly stands in the HTML, at every place of it",
    () => alternativeMail(`${"a ".repeat(30_000)}b`, `<p>${"a".repeat(60_000)}</p>`),
    ["plain-differs-from-html"],
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
];

/** Style sheets, characters and pairs of texts that want to cost more than they are. */
export const HOSTILE_HTML_MAILS: readonly HostileMail[] = ROWS.map(([name, source, defects, text]) => ({
  name,
  source,
  defects,
  text,
}));

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
