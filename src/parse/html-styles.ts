import { Parser } from "htmlparser2";
import type { StyleText } from "./css/sheet.ts";
import { HtmlBounds } from "./html-bounds.ts";

/** More than that are not kept; the sheets of a newsletter are a tenth of it. */
const MAX_SHEETS = 200;

/** Elements whose content is not part of the page. */
const INERT = new Set(["template", "noscript", "noframes", "iframe", "textarea", "select"]);

/**
 * The mail's own style sheets, wherever they stand: they are for what came before them, too. Throws HtmlBoundsError as
 * soon as a bound is passed.
 */
export function styleSheets(html: string): StyleText[] {
  if (!/<style/i.test(html)) return [];
  const sheets: StyleText[] = [];
  const bounds = new HtmlBounds();
  let inert = 0;
  let open: { media: string; pieces: string[] } | undefined;
  const parser = new Parser(
    {
      onopentag(name, { media = "" }) {
        bounds.open();
        if (INERT.has(name)) inert++;
        else if (name === "style" && inert === 0 && sheets.length < MAX_SHEETS) open = { media, pieces: [] };
      },
      ontext(text) {
        open?.pieces.push(text);
      },
      onclosetag(name) {
        bounds.close();
        if (INERT.has(name)) inert--;
        if (name !== "style" || !open) return;
        sheets.push({ media: open.media, text: open.pieces.join("") });
        open = undefined;
      },
    },
    { decodeEntities: false },
  );
  parser.write(html);
  parser.end();
  return sheets;
}
