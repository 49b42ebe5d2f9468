import { characterOf, type Mark, markedPieces } from "./marks.ts";

/** Beyond that the plain text has to speak for itself. */
const MAX_PLAIN_CHARS = 100_000;
const MAX_HTML_CHARS = 300_000;

const SIGNATURE_HINT = /signature|zm-_id_-sgn/i;
const CONTAINER_HINT =
  /divRplyFwdMsg|appendonsend|mail-editor-reference|OLK_SRC_BODY|isReplyContent|yahoo_quoted|zmail_extra|ntes-|origbody|reply139content|border-top\s*:\s*solid/i;
const QUOTE_HINT = /<blockquote|moz-cite-prefix|gmail_attr/i;

/** Whether the HTML may know of a quotation or a signature that the plain text does not show: asked of every mail. */
export function mayTellMore(plain: string, html: string): boolean {
  if (plain.length > MAX_PLAIN_CHARS || html.length > MAX_HTML_CHARS) return false;
  if (SIGNATURE_HINT.test(html)) return true;
  return !plain.includes("\n>") && (CONTAINER_HINT.test(html) || QUOTE_HINT.test(html));
}

/** Enough of a passage to know it again. */
const KNOWN_CHARS = 48;
const MIN_CHARS = 4;
/** A signature, and each level of a thread; each is looked for in the whole text. */
const MAX_PASSAGES = 30;

/**
 * The plain text with the marks of its HTML (`visible`: clean mark-up with marks): each passage that the structure names
 * is looked for by its letters, since line ends, quotation marks and links are written differently.
 */
export function withStructure(plain: string, visible: string): string {
  const passages = passagesOf(visible);
  if (passages.length === 0) return plain;
  const lines = plain.split("\n");
  const { letters, starts, lineAt } = lettersOf(lines);
  const marks = new Map<number, Mark | undefined>();
  let from = 0;
  for (const { mark, text } of passages) {
    const begin = findAtLine(letters, text.slice(0, KNOWN_CHARS), from, lineAt);
    if (begin === undefined) continue;
    const line = lineAt.get(begin) ?? 0;
    if (mark === "rest") {
      marks.set(line, mark);
      break;
    }
    const tail = text.slice(-KNOWN_CHARS);
    const end = letters.indexOf(tail, Math.max(begin, begin + text.length - tail.length - KNOWN_CHARS));
    if (end < 0) continue;
    from = end + tail.length;
    const after = starts.findIndex((start, index) => index > line && start >= from);
    if (after >= 0 && starts[after] !== from) continue;
    marks.set(line, mark);
    if (after >= 0 && !marks.has(after)) marks.set(after, undefined);
  }
  if (marks.size === 0) return plain;
  return lines.map((line, index) => (marks.has(index) ? characterOf(marks.get(index)) + line : line)).join("\n");
}

interface Passage {
  readonly mark: Mark;
  readonly text: string;
}

/** What the structure names, in its order, as letters and digits. */
function passagesOf(visible: string): Passage[] {
  const bare = visible.replace(/<[^<>]*>/g, " ").replace(/&(?:amp|lt|gt|quot);/g, " ");
  const passages: Passage[] = [];
  for (const { mark, text } of markedPieces(bare)) {
    const letters = mark === undefined || mark === "words" ? "" : onlyLetters(text);
    if (passages.length >= MAX_PASSAGES) break;
    if (mark !== undefined && letters.length >= MIN_CHARS) passages.push({ mark, text: letters });
  }
  return passages;
}

function lettersOf(lines: readonly string[]): { letters: string; starts: number[]; lineAt: Map<number, number> } {
  const pieces: string[] = [];
  const starts: number[] = [];
  const lineAt = new Map<number, number>();
  let length = 0;
  for (const [index, line] of lines.entries()) {
    const piece = onlyLetters(line);
    starts.push(length);
    if (piece === "") continue;
    lineAt.set(length, index);
    pieces.push(piece);
    length += piece.length;
  }
  return { letters: pieces.join(""), starts, lineAt };
}

/** A passage begins where a line does. */
const MAX_PLACES = 5;

function findAtLine(
  letters: string,
  text: string,
  from: number,
  lineAt: ReadonlyMap<number, number>,
): number | undefined {
  let at = letters.indexOf(text, from);
  for (let tries = 0; at >= 0 && tries < MAX_PLACES; tries++) {
    if (lineAt.has(at)) return at;
    at = letters.indexOf(text, at + 1);
  }
  return undefined;
}

/** Without the targets of links and the names of pictures, which only one of the two forms has. */
function onlyLetters(text: string): string {
  return text
    .replace(/<(?:https?|mailto|tel):[^<>]{0,2000}>|\[(?:cid|image)[^\][]{0,300}\]/gi, "")
    .replace(/[^\p{L}\p{N}]+/gu, "");
}
