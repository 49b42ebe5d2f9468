/**
 * How a mail looks. Inline, because many mail programs drop style sheets; the one sheet there is only turns colours for dark
 * screens, and saves room on narrow ones. Nothing has a fixed width, so that it reads at 320 pixels. Text takes the reader's own colour: a program that
 * darkens the mail behind our back must find nothing that it makes unreadable. The few colours that are set keep a contrast
 * of 4.5 on white, and stay legible on black; where a background is set its text colour is set with it.
 */
export const FONT =
  "-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,'Helvetica Neue',Arial,'Noto Sans',sans-serif,'Apple Color Emoji','Segoe UI Emoji'";
const MONOSPACE = "ui-monospace,SFMono-Regular,Menlo,Consolas,'Liberation Mono','DejaVu Sans Mono',monospace";
const CODE_COLOURS = "background-color:#f3f5f7;color:#24292f";
const LINE = "#d0d7de";
const STRONG_LINE = "#8c959f";

/** Classes are for dark and narrow screens only: see `SHEET`. */
export const CLASS_OF_TAG: Readonly<Record<string, string>> = {
  a: "mp-link",
  code: "mp-code",
  th: "mp-head",
  td: "mp-cell",
  hr: "mp-rule",
};

export const STYLE_OF_TAG: Readonly<Record<string, string>> = {
  h1: "font-size:24px;line-height:1.25;font-weight:700;margin:28px 0 12px",
  h2: "font-size:20px;line-height:1.3;font-weight:700;margin:26px 0 10px",
  h3: "font-size:17px;line-height:1.35;font-weight:700;margin:22px 0 8px",
  h4: "font-size:16px;line-height:1.4;font-weight:700;margin:18px 0 6px",
  h5: "font-size:15px;line-height:1.4;font-weight:700;margin:18px 0 6px",
  h6: "font-size:14px;line-height:1.4;font-weight:700;margin:18px 0 6px",
  p: "margin:0 0 14px",
  ul: "margin:0 0 14px;padding:0 0 0 26px",
  ol: "margin:0 0 14px;padding:0 0 0 30px",
  li: "margin:0 0 5px",
  a: "color:#1a73e8;text-decoration:underline",
  blockquote: `margin:0 0 14px;padding:2px 0 2px 14px;border-left:3px solid ${STRONG_LINE}`,
  hr: `border:0;border-top:1px solid ${LINE};margin:24px 0;height:0`,
  code: `font-family:${MONOSPACE};font-size:88%;${CODE_COLOURS};padding:2px 5px;border-radius:4px`,
  th: `border-bottom:2px solid ${STRONG_LINE};padding:6px 12px 6px 0;vertical-align:bottom;text-align:left;font-weight:600`,
  td: `border-bottom:1px solid ${LINE};padding:7px 12px 7px 0;vertical-align:top;text-align:left`,
  img: "max-width:100%;height:auto;border:0",
};

export const NESTED_LIST_STYLE: Readonly<Record<string, string>> = {
  ul: "margin:5px 0 0;padding:0 0 0 24px;text-indent:0",
  ol: "margin:5px 0 0;padding:0 0 0 28px;text-indent:0",
};

/** The box stands where the bullet would. */
export const TASK_STYLE = "list-style:none;text-indent:-24px";

/** A table wider than the screen is moved sideways, not the whole mail; its cells break between words only. */
export const TABLE_FRAME_STYLE = "margin:0 0 16px;max-width:100%;overflow-x:auto";
export const TABLE_STYLE =
  "border-collapse:collapse;font-size:15px;line-height:1.4;overflow-wrap:normal;word-break:normal";

/** A table of one cell: Word's engine, which Outlook shows mail with, knows a background and padding there only. */
export const CODE_FRAME_STYLE = "width:100%;table-layout:fixed;margin:0 0 16px;border-collapse:separate";
export const CODE_CELL_STYLE: string = `padding:12px 14px;border-radius:6px;${CODE_COLOURS};text-align:left`;
export const CODE_BLOCK_STYLE: string = `margin:0;font-family:${MONOSPACE};font-size:13px;line-height:1.5;white-space:pre-wrap;overflow-wrap:anywhere;word-break:break-word`;

export const SMALL_STYLE = "font-size:13px;line-height:1.45";
export const SUPERSCRIPT_STYLE = "font-size:75%;line-height:0;vertical-align:super";
export const QUIET_STYLE: string = `${SMALL_STYLE};color:#6b7280`;
export const CITE_STYLE: string = `margin:6px 0 8px;padding:0 0 0 14px;border-left:3px solid ${STRONG_LINE}`;

export type CodeColour = "comment" | "string" | "number" | "keyword" | "name" | "added" | "removed";

export const COLOUR_OF_CODE: Readonly<Record<CodeColour, { readonly light: string; readonly dark: string }>> = {
  comment: { light: "#59636e", dark: "#9da7b3" },
  string: { light: "#0a3069", dark: "#a5d6ff" },
  number: { light: "#0550ae", dark: "#79c0ff" },
  keyword: { light: "#b31d28", dark: "#ff9790" },
  name: { light: "#6f42c1", dark: "#d2a8ff" },
  added: { light: "#116329", dark: "#7ee787" },
  removed: { light: "#a40e26", dark: "#ffa198" },
};

const DARK_RULES = [
  ".mp-link{color:#8ab4f8!important}",
  ".mp-code{background-color:#2b3138!important;color:#e6edf3!important}",
  ".mp-quiet{color:#a1a8b3!important}",
  ".mp-cell,.mp-rule{border-color:#444c56!important}",
  ".mp-head{border-color:#8c959f!important}",
  ...Object.entries(COLOUR_OF_CODE).map(([name, { dark }]) => `.mp-${name}{color:${dark}!important}`),
];

/** On a phone four columns fit where three did. */
const NARROW_RULES = ".mp-cell,.mp-head{font-size:14px!important;padding-inline-end:8px!important}";

/** What the inline styles cannot say; where it is dropped, nothing is lost but this. */
export const SHEET: string = [
  ":root{color-scheme:light dark;supported-color-schemes:light dark}",
  `@media (max-width:480px){${NARROW_RULES}}`,
  `@media (prefers-color-scheme:dark){${DARK_RULES.join("")}}`,
].join("");

/** Word takes Times for a list of fonts whose first it does not know. */
export const WORD_STYLE =
  "body,table,td,th,p,li,h1,h2,h3,h4,h5,h6,div,blockquote{font-family:'Segoe UI',Arial,sans-serif!important}pre,code{font-family:Consolas,'Courier New',monospace!important}";

/** The same for text from right to left: Word knows no logical sides. */
export function mirrored(style: string): string {
  return style
    .replace(/\b(?:left|right)\b/g, (side) => (side === "left" ? "right" : "left"))
    .replace(/padding:(\S+) (\S+) (\S+) ([^;]+)/, "padding:$1 $4 $3 $2");
}
