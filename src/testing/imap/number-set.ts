import { SyntaxProblem } from "./tokens.ts";

export interface NumberRange {
  readonly low: number;
  readonly high: number;
}

/** `1:3,7,9:*` as ranges. `*` is the highest number there is, so `9:*` always holds it (RFC 3501 section 9). */
export function numberRanges(text: string, highest: number): NumberRange[] {
  return text.split(",").map((range) => {
    const match = /^(\d+|\*)(?::(\d+|\*))?$/.exec(range);
    if (!match?.[1]) throw new SyntaxProblem(`${text.slice(0, 40)} is not a set of message numbers`);
    const from = bound(match[1], highest);
    const to = match[2] === undefined ? from : bound(match[2], highest);
    return { low: Math.min(from, to), high: Math.max(from, to) };
  });
}

export function isIn(ranges: readonly NumberRange[], candidate: number): boolean {
  return ranges.some(({ low, high }) => candidate >= low && candidate <= high);
}

/** `1,2,3,7` as `1:3,7`. */
export function asNumberSet(numbers: readonly number[]): string {
  const ranges: string[] = [];
  let start = 0;
  for (let at = 0; at < numbers.length; at += 1) {
    const current = numbers[at] ?? 0;
    if (numbers[at + 1] === current + 1) continue;
    ranges.push(start === at ? `${current}` : `${numbers[start]}:${current}`);
    start = at + 1;
  }
  return ranges.join(",");
}

function bound(text: string, highest: number): number {
  if (text === "*") return highest;
  const value = Number(text);
  if (value === 0) throw new SyntaxProblem("0 is not a message number");
  return value;
}
