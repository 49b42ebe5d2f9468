/**
 * Whatever can keep text of an HTML mail from its reader, or make it unreadable, needs one of these words in a tag or a style
 * sheet, or is an element that is never shown, or a comment. Lengths count only where they lead far away.
 */
const SUSPICIOUS =
  /display|visibility|opacity|hid(?:e|den)|clip|indent|transform|translate|filter|font\s*:|font-size|-size\b|line-height|\bheight|\bwidth|position\s*:|background|bgcolor|<font|fill|stroke|mask|columns|@(?:media|import|font-face|supports|container|layer|namespace|keyframes)|\btext\s*=|zoom|scale|rotate|perspective|inset|expression|var\s*\(|\\|aria-|<!|<\?|<(?:script|title|template|noscript|noembed|noframes|iframe|object|embed|svg|math|audio|video|canvas|select|datalist|option|textarea|input|button|details|dialog|map|frameset|applet|base|link|img|xml|plaintext|xmp|listing|meter|progress|rp|rt|ruby|marquee|legend|slot)\b|-\s*\d{3}|-\d*\.?\d+(?:em|rem|in|cm|vw|vh|%)/i;

/** Every colour that is named must be dark: on white, which is what is below it, that can be read. */
const COLOR = /color\s*[:=]\s*["']?\s*([^;"'>}]{0,40})/gi;
const DARK =
  /^(?:#[0-7][\da-f]?[0-7][\da-f]?[0-7][\da-f]?|black|rgb\(\s*(?:1?[0-1]?\d|\d{1,2})\s*,\s*(?:1?[0-1]?\d|\d{1,2})\s*,\s*(?:1?[0-1]?\d|\d{1,2})\s*\))\s*(?:!important)?\s*$/i;

/** References that are not undone below. */
const OTHER_ENTITY = /&(?!(?:nbsp|amp|lt|gt|quot|apos|#39|#160);)/i;

const MAX_CHARS = 64 * 1024;

/**
 * The text of HTML in which nothing can be hidden, as most people's mail programs write it; undefined for all other HTML,
 * which has to be read with care. A tag may part a word here: for telling that two texts are alike, never that they differ.
 */
export function innocentText(html: string): string | undefined {
  if (html.length > MAX_CHARS) return undefined;
  // People's mails have few tags, again and again.
  const innocent = new Set<string>();
  const said: string[] = [];
  let at = 0;
  for (let open = html.indexOf("<"); open >= 0; open = html.indexOf("<", at)) {
    const end = html.indexOf(">", open) + 1;
    if (end === 0) return undefined;
    const tag = html.slice(open, end);
    if (!innocent.has(tag)) {
      // Before anything but a letter it is no tag, and what follows can be read.
      if (!TAG.test(tag) || !isInnocent(tag)) return undefined;
      innocent.add(tag);
    }
    if (open > at) said.push(html.slice(at, open));
    at = end;
    if (STYLE.test(tag)) {
      const rules = html.slice(end, html.indexOf("<", end));
      if (!isInnocent(rules)) return undefined;
      // The end of the sheet is a tag like any other; without it, all that follows would be rules.
      if (!STYLE_END.test(html.slice(end + rules.length, end + rules.length + 20))) return undefined;
      at += rules.length;
    }
  }
  said.push(html.slice(at));
  const text = said.join(" ");
  if (!text.includes("&")) return text;
  return OTHER_ENTITY.test(text) ? undefined : text.replace(/&[#\w]{2,4};/g, " ");
}

const TAG = /^<\/?[a-z]/i;

/** The most common tags of all. */
const BARE =
  /^<\/?(?:p|div|br|b|i|u|em|strong|span|a|ul|ol|li|html|body|head|blockquote|table|tbody|tr|td|h[1-6]) ?\/?>$/;

const STYLE = /^<style\b/i;
const STYLE_END = /^<\/style\s*>/i;

function isInnocent(markup: string): boolean {
  if (BARE.test(markup)) return true;
  if (SUSPICIOUS.test(markup)) return false;
  return [...markup.matchAll(COLOR)].every(([, color = ""]) => DARK.test(color.trim()));
}
