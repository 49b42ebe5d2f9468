/**
 * Without the spaces, tabs and line ends around it. `String.trim` is for text that has been decoded: where a character
 * is a byte, it takes the second half of an `à` (0xc3 0xa0) for a space.
 */
export function trimAscii(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d);
}
