import { compile } from "html-to-text";
import type { Defects } from "./defects.ts";
import { markedAsHtml, withoutMarks } from "./reply/marks.ts";
import { mayTellMore, withStructure } from "./reply/structure.ts";
import { HtmlBoundsError, visibleHtml } from "./visible-html.ts";

/** Above every newsletter; beyond it even one linear pass costs too much for one mail. */
const MAX_HTML_CHARS = 1024 * 1024;

/** The bounds are held by the pass before; these only have to be wider. */
const MAX_CLEAN_CHARS = 16 * MAX_HTML_CHARS;
const MAX_CLEAN_DEPTH = 400;

const heading = { options: { uppercase: false } };

const toText = compile({
  wordwrap: false,
  limits: { maxInputLength: MAX_CLEAN_CHARS, maxDepth: MAX_CLEAN_DEPTH },
  selectors: [
    { selector: "a", options: { hideLinkHrefIfSameAsText: true, linkBrackets: ["<", ">"] } },
    { selector: "table", format: "dataTable", options: { uppercaseHeaderCells: false } },
    { selector: "h1", ...heading },
    { selector: "h2", ...heading },
    { selector: "h3", ...heading },
    { selector: "h4", ...heading },
    { selector: "h5", ...heading },
    { selector: "h6", ...heading },
    { selector: "hr", options: { length: 20 } },
    { selector: "ul", options: { itemPrefix: " - " } },
  ],
});

/**
 * What a person would read of an HTML mail, as plain text: links as `text <url>`, images by their description, data
 * tables in columns; nothing that is hidden. Time grows with the length of the HTML and with nothing else. Beyond the
 * bounds the tags are merely cut out, which loses the layout and shows what was hidden; `defects` says so.
 */
export function htmlText(html: string, defects: Defects): string {
  return withoutMarks(markedHtmlText(html, defects));
}

/** The same with `reply/marks.ts`, which say where a quotation or a signature begins. */
export function markedHtmlText(html: string, defects: Defects): string {
  if (html.length > MAX_HTML_CHARS) {
    defects.add("html-too-large");
    return withoutMarks(withoutTags(html));
  }
  try {
    return markedAsHtml(toText(visibleHtml(html).html));
  } catch (error) {
    if (!(error instanceof HtmlBoundsError)) throw error;
    defects.add(error.bound === "depth" ? "html-too-deep" : "html-too-large");
    return withoutMarks(withoutTags(html));
  }
}

/** The plain form of an HTML text with the marks of its structure, as far as they can be carried over. */
export function plainWithMarks(plain: string, html: string): string {
  if (!mayTellMore(plain, html)) return plain;
  try {
    return withStructure(plain, visibleHtml(html).html);
  } catch (error) {
    if (!(error instanceof HtmlBoundsError)) throw error;
    return plain;
  }
}

const RAW_TEXT = new Map([
  ["script", "</script"],
  ["style", "</style"],
  ["title", "</title"],
  ["!--", "-->"],
]);

const BLOCK_TAG = /^\/?(?:p|div|br|tr|table|li|ul|ol|h[1-6]|blockquote|pre|hr|section|article)\b/;

/** One pass, no stack: tags out, blocks apart, entities decoded. */
function withoutTags(html: string): string {
  const lower = html.toLowerCase();
  const out: string[] = [];
  let at = 0;
  while (at < html.length) {
    const open = html.indexOf("<", at);
    if (open < 0) break;
    out.push(html.slice(at, open));
    const tag = /^(?:!--|\/?[a-z][a-z0-9]{0,19}|[!?])/.exec(lower.slice(open + 1, open + 22))?.[0];
    if (tag === undefined) {
      out.push("<");
      at = open + 1;
      continue;
    }
    const rawEnd = RAW_TEXT.get(tag);
    const inner = rawEnd === undefined ? open : lower.indexOf(rawEnd, open + 4);
    const close = inner < 0 ? -1 : html.indexOf(">", inner);
    if (close < 0) return tidy(out);
    if (BLOCK_TAG.test(tag)) out.push("\n");
    at = close + 1;
  }
  out.push(html.slice(at));
  return tidy(out);
}

function tidy(pieces: readonly string[]): string {
  const text = pieces.join("").replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|(amp|lt|gt|quot|apos|nbsp));/gi, decodeEntity);
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .join("\n");
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: " " };

function decodeEntity(
  all: string,
  decimal: string | undefined,
  hex: string | undefined,
  name: string | undefined,
): string {
  if (name !== undefined) return ENTITIES[name.toLowerCase()] ?? all;
  const code = decimal === undefined ? Number.parseInt(hex ?? "0", 16) : Number(decimal);
  const isCharacter = code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
  return isCharacter ? String.fromCodePoint(code) : all;
}
