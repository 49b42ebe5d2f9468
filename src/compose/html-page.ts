import { SHEET, FONT, WORD_STYLE } from "./html-style.ts";
import type { Writing } from "./writing.ts";

const BODY_STYLE = "margin:0;padding:0;-webkit-text-size-adjust:100%";
const FRAME_STYLE = "width:100%;max-width:720px;table-layout:fixed";
const PAGE_STYLE = `padding:16px 16px 4px;font-family:${FONT};font-size:16px;line-height:1.55;overflow-wrap:anywhere;word-break:break-word`;

export interface Page extends Writing {
  readonly title: string;
  readonly body: string;
}

/** A whole document: mail programs guess the character set and the direction of anything less. */
export function htmlPage({ language, direction, title, body }: Page): string {
  return `<!doctype html>
<html lang="${escapeHtml(language)}" dir="${direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>${escapeHtml(title)}</title>
<style>${SHEET}</style>
<!--[if mso]><style>${WORD_STYLE}</style><![endif]-->
</head>
<body style="${BODY_STYLE}">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="${FRAME_STYLE}"><tr><td dir="${direction}" style="${PAGE_STYLE}">
${body.trimEnd()}
</td></tr></table>
</body>
</html>
`;
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
