/**
 * Whether every line of the plain form stands in the HTML's text, in order, and not much else does: cheap, and so for most
 * mail. White space does not count. False says nothing.
 */
export function isPlainOf(plain: string, htmlText: string): boolean {
  let steps = MAX_STEPS * (plain.length + htmlText.length);
  let onlyHtml = 0;
  let at = 0;
  for (const line of plain.split("\n").map((text) => text.trim())) {
    const first = line.charCodeAt(0);
    let end = line === "" ? at : -1;
    // Before it may stand what the HTML alone says: mostly a few words.
    for (; end < 0 && at < htmlText.length && steps > 0; at++) {
      const code = htmlText.charCodeAt(at);
      if (code === first) end = endOf(line, htmlText, at);
      if (end < 0 && !isSpace(code)) onlyHtml++;
      steps += Math.min(end, -1);
    }
    if (end < 0) return false;
    at = end;
  }
  for (; at < htmlText.length; at++) if (!isSpace(htmlText.charCodeAt(at))) onlyHtml++;
  return hasPrinted(plain, onlyHtml / MAX_MORE_HTML);
}

/** A third of what people see may be missing from the plain form. */
const MAX_MORE_HTML = 0.5;
/** Every character of both texts may be looked at so often: a text that repeats itself must not cost more. */
const MAX_STEPS = 4;

/** Where the line ends in `text` when it stands at `at`; when it does not, minus the steps that it took to tell. */
function endOf(line: string, text: string, at: number): number {
  // With the same spaces, as most programs write both.
  if (text.startsWith(line, at)) return at + line.length;
  let next = 0;
  let place = at;
  while (next < line.length) {
    const wanted = line.charCodeAt(next);
    const found = text.charCodeAt(place);
    if (wanted === found) {
      next++;
      place++;
    } else if (isSpace(wanted)) next++;
    else if (isSpace(found)) place++;
    else return at - place - next - 1;
  }
  return place;
}

/** Whether at least so many characters are no white space. */
function hasPrinted(text: string, count: number): boolean {
  let left = count;
  for (let at = 0; at < text.length && left > 0; at++) if (!isSpace(text.charCodeAt(at))) left--;
  return left <= 0;
}

/** As `\s` has it. */
function isSpace(code: number): boolean {
  if (code > 0x20 && code < 0xa0) return false;
  if (code <= 0x20) return code === 0x20 || (code >= 0x09 && code <= 0x0d);
  return /\s/.test(String.fromCharCode(code));
}

/**
 * Whether the two forms of one text (RFC 2046 section 5.1.4) say different things. Compared are sets of words, without
 * links and the descriptions of pictures: mail programs and newsletters write the plain form in a hundred ways, shorter,
 * with marks for bold and rows of hyphens, and with a footer of its own. A word that is exchanged goes unnoticed.
 */
export function plainDiffersFromHtml(
  plain: string,
  html: { readonly text: string; readonly alts: readonly string[] },
): boolean {
  const plainWords = wordsOf(plain);
  const htmlWords = wordsOf(html.text);
  const alts = new Set(wordsOf(html.alts.join(" ")));
  const inHtml = new Set(htmlWords);
  const inPlain = new Set(plainWords);
  if (inPlain.size === 0) return false;
  const onlyPlain = [...inPlain].filter((word) => !inHtml.has(word) && !alts.has(word));
  if (onlyPlain.length >= 1 && onlyPlain.length > inPlain.size * MAX_SHARE_ONLY_PLAIN && !isFew(onlyPlain, inPlain))
    return true;
  if (hasForeignRun(plainWords, (word) => inHtml.has(word) || alts.has(word))) return true;
  const read = [...inHtml].filter((word) => !alts.has(word));
  const onlyHtml = read.filter((word) => !inPlain.has(word));
  if (onlyHtml.length < MIN_ONLY_HTML) return false;
  const isSummary =
    inPlain.size >= MIN_SUMMARY_WORDS && onlyPlain.length <= inPlain.size * MAX_SUMMARY_SHARE_ONLY_PLAIN;
  return onlyHtml.length > read.length * (isSummary ? MAX_SHARE_ONLY_HTML_SUMMARY : MAX_SHARE_ONLY_HTML);
}

/** Generated plain forms stay below a tenth, those written by hand below a quarter. */
const MAX_SHARE_ONLY_PLAIN = 0.4;
/** Menus, buttons and footers may be left out of the plain form: a third of the words of a newsletter, even two. */
const MAX_SHARE_ONLY_HTML = 0.7;
const MIN_ONLY_HTML = 3;
/** A plain form that says in a few sentences of the HTML what it is about. */
const MIN_SUMMARY_WORDS = 20;
const MAX_SUMMARY_SHARE_ONLY_PLAIN = 0.15;
const MAX_SHARE_ONLY_HTML_SUMMARY = 0.95;

/** One strange word in two is a name that was spelt otherwise, in one it is another text. */
function isFew(strange: readonly string[], all: ReadonlySet<string>): boolean {
  return strange.length === 1 && all.size > 1;
}

/** So many of so many words in a row that the HTML does not have: a passage of its own, longer than a footer. */
const RUN_WORDS = 24;
const RUN_FOREIGN = 17;

function hasForeignRun(words: readonly string[], known: (word: string) => boolean): boolean {
  const foreign = words.map((word) => (known(word) ? 0 : 1));
  let count = 0;
  for (const [index, one] of foreign.entries()) {
    count += one - (foreign[index - RUN_WORDS] ?? 0);
    if (count >= RUN_FOREIGN) return true;
  }
  return false;
}

/** Links, addresses, and what mail programs write in the place of pictures, each with a sign that most texts lack. */
const NOT_WORDS: readonly { readonly sign: RegExp; readonly pattern: RegExp }[] = [
  { sign: /:|www\./i, pattern: /\b(?:https?:\/\/|www\.|mailto:|cid:|tel:)[^\s<>"'\]]{0,2000}/gi },
  { sign: /\[/, pattern: /\[(?:image|cid|bild|inline)[^\]\n]{0,200}\]/gi },
  { sign: /@/, pattern: /[\w.+-]{1,64}@[\w.-]{1,255}/g },
];

function withoutLinks(text: string): string {
  return NOT_WORDS.reduce((rest, { sign, pattern }) => (sign.test(rest) ? rest.replace(pattern, " ") : rest), text);
}

/** Letters of scripts without spaces are words of their own, so that line breaks do not matter. */
const WORD =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]|[\p{L}\p{M}\p{N}]+?(?=[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]|[^\p{L}\p{M}\p{N}]|$)/gu;

function wordsOf(text: string): string[] {
  const bare = withoutLinks(text);
  if (!/[^\u0000-\u007f]/.test(bare)) return bare.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  return (
    bare
      .normalize("NFKC")
      .replace(/[\u00ad\u200b-\u200f]/g, "")
      .toLowerCase()
      .match(WORD) ?? []
  );
}

const SHOW =
  "view|read|see|open|display|show|support|enable|unable|cannot|can't|anzeig|angezeig|darstell|dargestell|ansehen|ansicht|öffnen|unterstütz|affich|voir|lire|ouvr|ver|visuali|abr[ae]|apri|bekijk|visa|vis|otwórz|zobacz|表示|查看|просмотр|откр";
const PAGE = "html|browser|online|web|navigateur|navegador|ブラウザ|浏览器|браузер";
const STUB = new RegExp(String.raw`(?:${SHOW})[^]{0,120}(?:${PAGE})|(?:${PAGE})[^]{0,120}(?:${SHOW})`, "i");
const MAX_STUB_WORDS = 60;
const MAX_STUB_CHARS = 10_000;

/**
 * A plain form that says only that there is another one: `Your mail program does not show HTML`, `View this mail in your
 * browser`, or nothing but a link. Then the HTML says what there is to say.
 */
export function isStub(plain: string): boolean {
  if (plain.length > MAX_STUB_CHARS || hasManyWords(plain)) return false;
  const bare = withoutLinks(plain);
  const words = wordsOf(bare);
  return words.length === 0 || (words.length <= MAX_STUB_WORDS && STUB.test(bare));
}

/** Told by its first words, where no link can be among them. */
function hasManyWords(plain: string): boolean {
  if (/:|www\.|@|\[/i.test(plain)) return false;
  const word = /[a-z0-9]+/gi;
  for (let count = 0; count <= MAX_STUB_WORDS; count++) if (!word.test(plain)) return false;
  return true;
}
