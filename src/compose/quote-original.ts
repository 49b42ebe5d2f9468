import type { Locale } from "../domain/locale.ts";
import { cleanText } from "./address.ts";
import { attributionLine, CUT_MARK } from "./attribution.ts";
import type { PlainLine } from "./flowed.ts";
import { escapeHtml } from "./html-page.ts";
import { CITE_STYLE, mirrored, STYLE_OF_TAG } from "./html-style.ts";
import { wrapLine } from "./plain-wrap.ts";
import { firstDirection } from "./writing.ts";

/** The mail that is answered, as far as it is quoted. */
export interface OriginalMail {
  readonly text: string;
  readonly date: Date;
  readonly from: { readonly address: string; readonly name: string | undefined };
}

export interface QuotedMail {
  readonly html: string;
  readonly lines: readonly PlainLine[];
}

/** Who wrote the mail has it; this much reminds them of what they asked. */
const MAX_QUOTED_CHARS = 10_000;
const MAX_QUOTED_LINES = 300;
const MAX_NAME_CHARS = 100;
const QUOTE_WIDTH = 76;
/** Deeper than people quote, and as deep as a narrow screen shows. */
const MAX_DEPTH = 8;

/** The question below the answer, as mail programs do it. Undefined where nothing was asked. */
export function quoteOriginal(original: OriginalMail, locale: Locale): QuotedMail | undefined {
  const lines = quotedLines(original.text);
  if (lines.length === 0) return undefined;
  const attribution = attributionLine(locale, original.date, nameOf(original.from));
  return { html: htmlQuote(attribution, lines), lines: plainQuote(attribution, lines) };
}

function quotedLines(text: string): string[] {
  const start = text.slice(0, MAX_QUOTED_CHARS).replace(/[\ud800-\udbff]$/, "");
  const lines = start
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, "")
    .split("\n")
    .slice(0, MAX_QUOTED_LINES)
    .map((line) => line.replaceAll("\t", "    ").trimEnd());
  while (lines.at(-1) === "") lines.pop();
  const isCut =
    text.length > MAX_QUOTED_CHARS || text.trimEnd().split("\n", MAX_QUOTED_LINES + 1).length > MAX_QUOTED_LINES;
  return isCut && lines.length > 0 ? [...lines, CUT_MARK] : lines;
}

function nameOf({ address, name }: OriginalMail["from"]): string {
  const clean = cleanText(name ?? "", MAX_NAME_CHARS);
  return clean === "" || clean === address ? address : `${clean} <${address}>`;
}

/** A line without its marks, and how many there are, its own included. */
interface CitedLine {
  readonly depth: number;
  readonly text: string;
}

/** What was quoted in the mail itself is one level deeper now. */
function cited(line: string): CitedLine {
  const marks = /^(?:> ?)+/.exec(line)?.[0] ?? "";
  const depth = marks.replaceAll(" ", "").length;
  if (depth >= MAX_DEPTH) return { depth: MAX_DEPTH, text: line };
  return { depth: depth + 1, text: line.slice(marks.length) };
}

function plainQuote(attribution: string, lines: readonly string[]): PlainLine[] {
  const wrapped = (text: string, quote: number) =>
    wrapLine(text, QUOTE_WIDTH - quote).map((line) => ({ ...line, quote }));
  return [...wrapped(attribution, 0), ...lines.map(cited).flatMap(({ depth, text }) => wrapped(text, depth))];
}

function htmlQuote(attribution: string, lines: readonly string[]): string {
  const isRightToLeft = firstDirection(lines.join("\n")) === "rtl";
  const style = isRightToLeft ? mirrored(CITE_STYLE) : CITE_STYLE;
  const open = `<blockquote type="cite" dir="${isRightToLeft ? "rtl" : "ltr"}" style="${style}">`;
  let html = "";
  let level = 0;
  for (const { depth, text } of lines.map(cited)) {
    if (depth === level) html += "<br>\n";
    else html += `${"</blockquote>".repeat(Math.max(0, level - depth))}${open.repeat(Math.max(0, depth - level))}\n`;
    level = depth;
    html += escapeHtml(text).replace(/^ +/, (spaces) => "&nbsp;".repeat(spaces.length));
  }
  return `<p dir="${firstDirection(attribution) ?? "ltr"}" style="${STYLE_OF_TAG["p"]};margin-top:24px">${escapeHtml(attribution)}</p>
${html}${"</blockquote>".repeat(level)}
`;
}
