/** Anything else takes one column, so most lines need no look at their characters. */
const ASCII = /^[\u0000-\u007f]*$/;
const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u3000-\u303f\uff01-\uff60\uffe0-\uffe6]/u;
const NO_WIDTH = /\p{M}|[\u200b-\u200f\u2060]/u;

/** Columns of a fixed-width font. */
export function displayWidth(text: string): number {
  if (ASCII.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += WIDE.test(character) ? 2 : NO_WIDTH.test(character) ? 0 : 1;
  return width;
}

/** Breaks at spaces. A word longer than the line, such as a URL, stays whole: broken, it could not be followed. */
export function wrapLine(line: string, width: number): string[] {
  if (line.length <= width && ASCII.test(line)) return [line.trimEnd()];
  const lines: string[] = [];
  let current = "";
  let currentWidth = 0;
  for (const word of line.split(" ")) {
    const wordWidth = displayWidth(word);
    if (current !== "" && currentWidth + 1 + wordWidth > width) {
      lines.push(current.trimEnd());
      current = word;
      currentWidth = wordWidth;
    } else {
      current = current === "" ? word : `${current} ${word}`;
      currentWidth += wordWidth + (currentWidth === 0 ? 0 : 1);
    }
  }
  lines.push(current.trimEnd());
  return lines;
}
