/**
 * Whatever can keep text of an HTML mail from its reader, or make it unreadable, needs one of these words; so do elements
 * that are never shown, comments, and references to characters that are not undone below. Sizes and places count only with
 * what makes them small or far.
 */
const SUSPICIOUS =
  /display|visibility|opacity|hid(?:e|den)|clip|indent|transform|translate|filter|font\s*:|font-size|-size\b|line-height|\bheight|\bwidth|position\s*:|background|bgcolor|<font|fill|stroke|mask|columns|@(?:media|import|font-face|supports|container|layer|namespace|keyframes)|\btext\s*=|zoom|scale|rotate|perspective|inset|expression|var\s*\(|\\|aria-|<!|<\?|<(?:script|title|template|noscript|noembed|noframes|iframe|object|embed|svg|math|audio|video|canvas|select|datalist|option|textarea|input|button|details|dialog|map|frameset|applet|base|link|img|xml|plaintext|xmp|listing|meter|progress|rp|rt|ruby|marquee|legend|slot)\b|-\s*\d{3}|-\d*\.?\d+(?:em|rem|in|cm|vw|vh|%)|&(?!(?:nbsp|amp|lt|gt|quot|apos|#39|#160);)/i;

/** Every colour that is named must be dark: on white, which is what is below it, that can be read. */
const COLOR = /color\s*[:=]\s*["']?\s*([^;"'>]{0,40})/gi;
const DARK =
  /^(?:#[0-7][\da-f]?[0-7][\da-f]?[0-7][\da-f]?|black|rgb\(\s*(?:1?[0-1]?\d|\d{1,2})\s*,\s*(?:1?[0-1]?\d|\d{1,2})\s*,\s*(?:1?[0-1]?\d|\d{1,2})\s*\))\s*(?:!important)?\s*$/i;

const MAX_CHARS = 64 * 1024;

/**
 * The text of HTML in which nothing can be hidden, as most people's mail programs write it; undefined for all other HTML,
 * which has to be read with care. A tag may part a word here: for telling that two texts are alike, never that they differ.
 */
export function innocentText(html: string): string | undefined {
  if (html.length > MAX_CHARS || SUSPICIOUS.test(html)) return undefined;
  for (const [, color = ""] of html.matchAll(COLOR)) if (!DARK.test(color.trim())) return undefined;
  return html
    .replace(/<style\b[^>]{0,200}>[^<]*<\/style\s*>/gi, " ")
    .replace(/<[^>]{0,4000}>/g, " ")
    .replace(/&(?:nbsp|#160);/g, " ")
    .replace(/&(?:amp|lt|gt|quot|apos|#39);/g, " ");
}
