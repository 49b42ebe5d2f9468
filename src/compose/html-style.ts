/**
 * How a mail looks. Inline, because most mail programs drop style sheets. Nothing has a fixed width, so that it reads at
 * 320 pixels; text takes the reader's own colours, and where a background is set its text colour is set with it, so that it
 * reads on a dark screen too.
 */
const FONT = "-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif";
const MONOSPACE = "ui-monospace,SFMono-Regular,Menlo,Consolas,'Liberation Mono',monospace";
const BORDER = "1px solid #b8bec6";
const CODE_COLOURS = "background:#f3f4f6;color:#1f2328";
const CELL = `border:${BORDER};padding:6px 10px;vertical-align:top`;

export const STYLE_OF_TAG: Readonly<Record<string, string>> = {
  h1: "font-size:24px;line-height:1.25;margin:24px 0 12px",
  h2: "font-size:20px;line-height:1.3;margin:24px 0 10px",
  h3: "font-size:17px;line-height:1.35;margin:20px 0 8px",
  h4: "font-size:16px;margin:16px 0 8px",
  h5: "font-size:15px;margin:16px 0 8px",
  h6: "font-size:14px;margin:16px 0 8px",
  p: "margin:0 0 12px",
  ul: "margin:0 0 12px;padding-left:24px;padding-inline-start:24px",
  ol: "margin:0 0 12px;padding-left:28px;padding-inline-start:28px",
  li: "margin:0 0 4px",
  blockquote: `margin:0 0 12px;padding:2px 0 2px 12px;border-left:3px solid #b8bec6`,
  hr: `border:0;border-top:${BORDER};margin:20px 0`,
  code: `font-family:${MONOSPACE};font-size:90%;${CODE_COLOURS};padding:1px 4px;border-radius:4px`,
  pre: `margin:0 0 12px;padding:10px 12px;border-radius:6px;${CODE_COLOURS};font-family:${MONOSPACE};font-size:13px;line-height:1.45;white-space:pre-wrap;overflow-wrap:anywhere;direction:ltr;text-align:left`,
  // Cells break between words only; what is then too wide moves sideways in its frame.
  table: "border-collapse:collapse;font-size:15px;line-height:1.4;overflow-wrap:break-word;word-break:normal",
  th: `${CELL};text-align:left;text-align:start;font-weight:600`,
  td: CELL,
  img: "max-width:100%;height:auto",
};

/** A table wider than the screen is moved sideways, not the whole mail. */
export const TABLE_FRAME_STYLE = "margin:0 0 12px;max-width:100%;overflow-x:auto";

const BODY_STYLE = "margin:0;padding:0";
const PAGE_STYLE = `max-width:680px;padding:12px;font-family:${FONT};font-size:16px;line-height:1.5;overflow-wrap:anywhere;word-break:break-word`;

export interface Page {
  /** BCP 47, or empty where it is not known. */
  readonly language: string;
  readonly title: string;
  readonly body: string;
}

/** A whole document: mail programs guess the character set and the direction of anything less. */
export function htmlPage({ language, title, body }: Page): string {
  return `<!doctype html>
<html lang="${escapeHtml(language)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
</head>
<body style="${BODY_STYLE}">
<div dir="auto" style="${PAGE_STYLE}">
${body.trimEnd()}
</div>
</body>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
