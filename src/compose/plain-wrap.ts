/** Anything else takes one column, so most lines need no look at their characters. */
const ASCII = /^[\u0000-\u007f]*$/;
/** Unicode Standard Annex 11: W and F. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}\p{Emoji_Presentation}]/u;
const NO_WIDTH = /\p{M}|\p{Emoji_Modifier}|[\u200b-\u200f\u2060]/u;
/** Signs of which several make one picture: families, flags, skin tones, and those that ask for the picture. */
const JOINED = /[\u200d\ufe0f\u{1f1e6}-\u{1f1ff}]/u;
const FLAG_OR_PICTURE = /^(?:[\u{1f1e6}-\u{1f1ff}]{2}|.*\ufe0f)/u;

const graphemes = new Intl.Segmenter();

/** Columns of a fixed-width font. */
export function displayWidth(text: string): number {
  if (ASCII.test(text)) return text.length;
  let width = 0;
  if (!JOINED.test(text)) {
    for (const character of text) width += widthOf(character);
    return width;
  }
  for (const { segment } of graphemes.segment(text)) {
    const [first = ""] = segment;
    width += FLAG_OR_PICTURE.test(segment) ? 2 : widthOf(first);
  }
  return width;
}

function widthOf(character: string): number {
  return NO_WIDTH.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
}

export interface WrappedLine {
  readonly text: string;
  /** The line goes on in the next one; between the two stood a space. */
  readonly isSoft: boolean;
}

/**
 * Breaks at spaces, and between the characters of Chinese and Japanese, which have none. A word longer than the line, such as
 * a URL, stays whole: broken, it could not be followed.
 */
export function wrapLine(line: string, width: number): WrappedLine[] {
  if (line.length <= width && ASCII.test(line)) return [{ text: line.trimEnd(), isSoft: false }];
  const lines: WrappedLine[] = [];
  let current = "";
  let currentWidth = 0;
  const finish = (isSoft: boolean) => {
    // A line of two dashes begins the signature, where mail programs stop reading (RFC 3676 section 4.3).
    lines.push({ text: current.trimEnd(), isSoft: isSoft && current.trimEnd() !== "--" });
    current = "";
    currentWidth = 0;
  };
  for (const [index, word] of line.split(" ").entries()) {
    const [first = "", ...rest] = breakable(word);
    const gap = index === 0 ? 0 : 1;
    if (current.trim() !== "" && currentWidth + gap + displayWidth(first) > width) finish(true);
    else if (gap > 0) [current, currentWidth] = [`${current} `, currentWidth + 1];
    [current, currentWidth] = [current + first, currentWidth + displayWidth(first)];
    for (const piece of rest) {
      const pieceWidth = displayWidth(piece);
      if (currentWidth + pieceWidth > width) finish(false);
      [current, currentWidth] = [current + piece, currentWidth + pieceWidth];
    }
  }
  finish(false);
  return lines;
}

/** Han and Kana; not Hangul, which has spaces. */
const WITHOUT_SPACES = "\\p{sc=Han}\\u3000-\\u30ff\\uff01-\\uff60";
/** What must not begin a line, and what must not end one (JIS X 4051). */
const NOT_FIRST = "、。，．・：；？！ー）」』】〉》〕］｝ぁぃぅぇぉっゃゅょァィゥェォッャュョ々〜…";
const NOT_LAST = "（「『【〈《〔［｛";
const UNIT = new RegExp(
  `[${NOT_LAST}]*(?:[${WITHOUT_SPACES}]|[^${WITHOUT_SPACES}]+)[${NOT_FIRST}]*|[${NOT_LAST}]+`,
  "gu",
);
const HAS_UNITS = new RegExp(`[${WITHOUT_SPACES}]`, "u");

/** The pieces that a word may be broken into; one for most. */
function breakable(word: string): readonly string[] {
  return ASCII.test(word) || !HAS_UNITS.test(word) || word.includes("://") ? [word] : (word.match(UNIT) ?? [word]);
}
