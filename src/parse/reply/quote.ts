import { isCertainAttribution } from "./attribution.ts";
import { headerBlockAt, isComplete } from "./header-block.ts";
import { isBlank, isQuoted, unquoted } from "./plain-line.ts";
import type { Segment, SegmentInput } from "./segment.ts";

/** Nobody quotes more mails than that in one. */
const MAX_ATTRIBUTED = 50;
const MAX_HEADER_LINES = 12;
/** Below that a line is not full, so its last words would not have been wrapped. */
const MIN_WRAPPED_CHARS = 60;

/** The quotation that begins with this line; `count`: how many there were, with this one. */
export function quoteAt(input: SegmentInput, from: number, count: number): Segment {
  const { lines, marks } = input;
  let to = from + 1;
  for (let at = from + 1; at < lines.length; at++) {
    const line = lines[at] ?? "";
    if (isQuoted(line) || marks?.[at] === "cited") to = at + 1;
    else if (!isBlank(line) && !(to === at && isWrapped(lines, at))) break;
  }
  const own = marks?.slice(from, to) ?? [];
  const cited =
    own.some((mark) => mark === "cited" || mark === "rest") ||
    (own.every((mark) => mark === undefined) ? undefined : false);
  return {
    kind: "quote",
    from,
    to,
    cited,
    attributionLines: count > MAX_ATTRIBUTED ? 0 : attributionLines(lines, from, to) || headerLines(input, from, to),
  };
}

/** The last words of a quoted line that was too long for whoever sent it: no answer, which would begin like one. */
function isWrapped(lines: readonly string[], at: number): boolean {
  const above = lines[at - 1] ?? "";
  const line = lines[at] ?? "";
  return (
    isQuoted(above) &&
    isQuoted(lines[at + 1] ?? "") &&
    above.length >= MIN_WRAPPED_CHARS &&
    line.length < above.length &&
    /^[\p{Ll}\p{N}]/u.test(line)
  );
}

/** Programs of old quoted the header of the mail, too; who passes a mail on shows it. */
function headerLines({ lines, context }: SegmentInput, from: number, to: number): number {
  if (context.isForward) return 0;
  const quoted = lines.slice(from, Math.min(to, from + MAX_HEADER_LINES)).map(unquoted);
  const block = headerBlockAt(quoted, 0);
  return block && isComplete(block, quoted, 0) ? block.end : 0;
}

/** iOS quotes its own attribution. */
function attributionLines(lines: readonly string[], from: number, to: number): number {
  let text = "";
  for (let at = from; at < Math.min(to, from + 3); at++) {
    const line = unquoted(lines[at] ?? "").trim();
    if (line === "" || isQuoted(line)) return 0;
    text = `${text} ${line}`.trim();
    if (!isCertainAttribution(text)) continue;
    let end = at + 1;
    while (end < to && isBlank(unquoted(lines[end] ?? "").trim())) end++;
    return end - from;
  }
  return 0;
}
