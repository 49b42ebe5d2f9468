import { announcesInlineAnswers } from "./announced.ts";
import { isBlank, unquoted } from "./plain-line.ts";
import type { Piece } from "./pieces.ts";
import type { Segment, SegmentInput } from "./segment.ts";
import { isRule } from "./separator.ts";
import { endOfWords, trimmedEnd } from "./signature.ts";

/** What stays of the mail; undefined for all of it. */
export function choose(all: readonly Segment[], input: SegmentInput): readonly Piece[] | undefined {
  const first = all.find(({ kind }) => kind !== "words");
  if (first?.kind === "forward") return undefined;
  const said = all
    .map((segment, index) => withoutTail(segment, all.slice(index + 1, index + 3), input))
    .filter(hasLines(input));
  if (!said.some(({ kind }) => kind === "words")) return undefined;
  const kept = withoutHistory(said, input);
  if (!kept.some(({ kind }) => kind === "words")) return undefined;
  const whole = kept.reduce((sum, { from, to }) => sum + to - from, 0);
  return whole === input.lines.length ? undefined : kept;
}

/** A signature stands where the words end: above the history and at the end of the mail. */
function withoutTail(segment: Segment, [next, afterNext]: readonly Segment[], { lines, marks }: SegmentInput): Segment {
  if (segment.kind !== "words") return segment;
  const isEnd = next?.kind !== "quote" || afterNext === undefined;
  if (!isEnd) return segment;
  const { from } = segment;
  let to = trimmedEnd(lines, from, segment.to);
  const written = to;
  while (to > from && marks?.[to - 1] === "signature") to = trimmedEnd(lines, from, to - 1);
  if (to < written && isRule(lines[to - 1] ?? "")) to--;
  return { kind: "words", from, to: endOfWords(lines, from, to) };
}

function hasLines({ lines }: SegmentInput): (segment: Segment) => boolean {
  return ({ kind, from, to }) => {
    if (kind !== "words") return to > from;
    for (let index = from; index < to; index++) if (!isBlank(lines[index] ?? "")) return true;
    return false;
  };
}

function withoutHistory(said: readonly Segment[], input: SegmentInput): readonly Segment[] {
  const items = [...said];
  let trailing = false;
  for (let last = items.at(-1); last !== undefined; last = items.at(-1)) {
    if (last.kind === "words" || last.kind === "forward") break;
    if (last.kind === "rest" && announcesInlineAnswers(wordsOf(items, input))) return said;
    const above = items.at(-2);
    if (last.kind === "quote" && !isHistory(last, above, input)) break;
    if (last.kind === "quote") trailing = true;
    items.pop();
  }
  const quotes = items.filter(({ kind }) => kind === "quote").length;
  return quotes === 1 && !trailing
    ? belowOneQuote(items)
    : items.flatMap((item, index) => withoutAttribution(item, index));
}

/** A quotation at the end that nobody answered. In a mail that answers none it may be something shown. */
function isHistory(
  quote: Extract<Segment, { kind: "quote" }>,
  above: Segment | undefined,
  { context, lines }: SegmentInput,
): boolean {
  if (isEmptyQuote(lines, quote) || (above?.kind === "words" && isSigned(lines, above.to, quote.from))) return true;
  if (quote.cited === true || quote.attributionLines > 0) return true;
  if (above?.kind === "attribution") return above.certain || context.isReply;
  return context.isReply && quote.cited === undefined;
}

function isEmptyQuote(lines: readonly string[], { from, to }: Segment): boolean {
  return to - from <= 3 && lines.slice(from, to).every((line) => isBlank(unquoted(line).trim()));
}

/** A motto, with quotation marks, in a signature. */
function isSigned(lines: readonly string[], from: number, to: number): boolean {
  return lines.slice(from, to).includes("-- ");
}

/** Written below the one quotation: that is the answer, and the quotation is the mail that is answered. */
function belowOneQuote(items: readonly Segment[]): readonly Segment[] {
  const at = items.findIndex(({ kind }) => kind === "quote");
  const quote = items[at];
  const above = items[at - 1];
  const attributed = above?.kind === "attribution" && (above.certain || at === 1);
  const own = quote?.kind === "quote" && quote.attributionLines > 0;
  if (!attributed && !own) return items;
  return items.filter((item) => item !== quote && !(attributed && item === above));
}

/** Between quoted lines the answers need those lines, but not the line that says whose they are. */
function withoutAttribution(item: Segment, index: number): Segment[] {
  if (item.kind === "attribution") return item.certain || index === 0 ? [] : [item];
  if (item.kind === "quote" && item.attributionLines > 0) return [{ ...item, from: item.from + item.attributionLines }];
  return [item];
}

function wordsOf(items: readonly Segment[], { lines }: SegmentInput): string {
  return items
    .filter(({ kind }) => kind === "words")
    .map(({ from, to }) => lines.slice(from, Math.min(to, from + 20)).join("\n"))
    .join("\n");
}
