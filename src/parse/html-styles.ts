import type { StyleText } from "./css/sheet.ts";
import type { HtmlDocument } from "./html-document.ts";

/** More than that are not kept; the sheets of a newsletter are a tenth of it. */
const MAX_SHEETS = 200;

/** Elements whose content is not part of the page. */
const INERT = new Set(["template", "noscript", "noframes", "iframe", "textarea", "select"]);

/** The mail's own style sheets, wherever they stand: they are for what came before them, too. */
export function styleSheets(document: HtmlDocument): StyleText[] {
  const sheets: StyleText[] = [];
  let inert = 0;
  let sheet: { media: string; pieces: string[] } | undefined;
  const open = (name: string, { media = "" }: Record<string, string>): void => {
    if (INERT.has(name)) inert++;
    else if (name === "style" && inert === 0 && sheets.length < MAX_SHEETS) sheet = { media, pieces: [] };
  };
  const close = (name: string): void => {
    if (INERT.has(name)) inert = Math.max(0, inert - 1);
    if (name !== "style" || !sheet) return;
    sheets.push({ media: sheet.media, text: sheet.pieces.join("") });
    sheet = undefined;
  };
  const text = (piece: string): void => void sheet?.pieces.push(piece);
  const handler = { open, close, text, comment: () => {}, flatOpen: open, flatClose: close };
  document.read(handler);
  return sheets;
}
