import { compile } from "html-to-text";
import { Defects } from "./defects.ts";
import { withImageNames } from "./inline-images.ts";
import { markedAsHtml, withoutMarks } from "./reply/marks.ts";
import { mayTellMore, withStructure } from "./reply/structure.ts";
import { Removed } from "./removed.ts";
import { type VisibleHtml, visibleHtml } from "./visible-html.ts";

/** Above every newsletter; of a longer one the beginning is read, since even one linear pass costs too much for one mail. */
const MAX_HTML_CHARS = 1024 * 1024;

/** The bounds are held by the pass before; these only have to be wider. */
const MAX_CLEAN_CHARS = 16 * MAX_HTML_CHARS;
const MAX_CLEAN_DEPTH = 400;

const heading = { options: { uppercase: false } };

const toText = compile({
  wordwrap: false,
  // Its own list has the zero-width space, which is no space to a reader.
  whitespaceCharacters: " \t\r\n\f",
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
 * tables in columns; nothing that is hidden, which is told to `removed`. Time grows with the length of the HTML and with
 * nothing else. Beyond the bounds, which `defects` names, the layout is lost and rather too much is taken out.
 */
export function htmlText(html: string, defects: Defects, removed: Removed): string {
  return withoutMarks(withImageNames(markedHtmlText(html, defects, removed), []));
}

/** The same with `reply/marks.ts`, which say where a quotation or a signature begins. */
export function markedHtmlText(html: string, defects: Defects, removed: Removed): string {
  return markedAsHtml(toText(visibleOf(html, defects, removed).html));
}

/** The plain form of an HTML text with the marks of its structure, as far as they can be carried over. */
export function plainWithMarks(plain: string, html: string): string {
  if (!mayTellMore(plain, html)) return plain;
  return withStructure(plain, visibleOf(html, new Defects(), new Removed()).html);
}

/** The same words without any layout, and which of them are the descriptions of pictures: for comparing, in half the time. */
export function htmlWords(html: string): { readonly text: string; readonly alts: readonly string[] } {
  const visible = visibleOf(html, new Defects(), new Removed());
  const bare = withoutMarks(visible.html)
    .replace(/<\/?a\b[^>]*>/g, "")
    .replace(/<[^>]*>/g, " ");
  return { text: bare.replace(/&(?:amp|lt|gt|quot);/g, (entity) => ENTITIES[entity] ?? entity), alts: visible.alts };
}

/** Those that `visibleHtml` writes. */
const ENTITIES: Readonly<Record<string, string>> = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"' };

/** Pictures that are written into the HTML: nothing to read, however long. */
const DATA_URI = /data:[\w/+.;=-]{0,100}base64,[A-Za-z0-9+/=\s]{1000,}/g;

function visibleOf(html: string, defects: Defects, removed: Removed): VisibleHtml {
  const short = html.length > MAX_HTML_CHARS ? html.replace(DATA_URI, "data:,") : html;
  const visible = visibleHtml(short.slice(0, MAX_HTML_CHARS), removed);
  if (short.length > MAX_HTML_CHARS || (visible.beyond !== undefined && visible.beyond !== "depth"))
    defects.add("html-too-large");
  if (visible.beyond === "depth") defects.add("html-too-deep");
  if (!visible.stylesRead) defects.add("css-too-large");
  return visible;
}
