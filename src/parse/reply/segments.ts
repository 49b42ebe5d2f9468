import { attributionAt, attributionInLine } from "./attribution.ts";
import { headerBlockAt, headerKind, isComplete } from "./header-block.ts";
import { isBlank, isQuoted, plainLine } from "./plain-line.ts";
import { quoteAt } from "./quote.ts";
import type { Segment, SegmentInput } from "./segment.ts";
import { isRule, separatorAt } from "./separator.ts";
import { FORWARDED } from "./words.ts";

/** Nobody writes more lines than that above what he answers; lines with quotation marks are not counted. */
const MAX_LOOKED_AT = 3_000;
/** One pass from the top: what comes first decides what the lines below it are. */
export function segments(input: SegmentInput): Segment[] {
  const { lines, marks } = input;
  const out: Segment[] = [];
  const finder = new BoundaryFinder(input);
  let start = 0;
  let at = 0;
  let quotes = 0;
  const add = (segment: Segment): void => {
    if (segment.from > start) out.push({ kind: "words", from: start, to: segment.from });
    out.push(segment);
    start = segment.to;
    at = segment.to;
  };
  while (at < lines.length) {
    const line = lines[at] ?? "";
    if (line === "") at++;
    else if (isQuoted(line) || marks?.[at] === "cited") add(quoteAt(input, at, ++quotes));
    else if (marks === undefined && saysNothing(line)) at++;
    else {
      const found = finder.at(at, start);
      if (found) add(found);
      else at++;
    }
  }
  if (start < lines.length) out.push({ kind: "words", from: start, to: lines.length });
  return out;
}

/** Most lines of most mails: ends like a sentence, has no colon near its beginning and no address. */
function saysNothing(line: string): boolean {
  const end = line.charCodeAt(line.length - 1);
  const isLetter = (end >= 0x61 && end <= 0x7a) || (end >= 0x41 && end <= 0x5a);
  if (!isLetter && end !== 0x2e && end !== 0x2c && end !== 0x21 && end !== 0x3f) return false;
  const colon = line.indexOf(":");
  if (colon >= 0 && colon < 48) return false;
  return !line.includes("@") && !line.includes("：") && line.charCodeAt(0) !== 0x7c;
}

class BoundaryFinder {
  readonly #input: SegmentInput;
  #lookedAt = 0;
  /** The end of a header that somebody shows as it travels. */
  #shownEnd = 0;

  constructor(input: SegmentInput) {
    this.#input = input;
  }

  /** What begins or ends with this line, if it is the first of it or the last of an attribution. */
  at(at: number, start: number): Segment | undefined {
    const { lines, marks, context } = this.#input;
    if (++this.#lookedAt > MAX_LOOKED_AT) return undefined;
    const mark = marks?.[at];
    if (mark === "rest") return this.#earlier(this.#isForwardNear(at) ? "forward" : "rest", at, start);
    if (mark === "attribution") return this.#marked(at, start);
    const separator = separatorAt(lines, at);
    if (separator !== undefined) return this.#earlier(separator === "forwarded" ? "forward" : "rest", at, start);
    const kind = at < this.#shownEnd ? undefined : headerKind(lines[at] ?? "");
    if (kind === "raw") this.#shownEnd = nextBlank(lines, at);
    else if (kind !== undefined) {
      const block = headerBlockAt(lines, at);
      const ruled = at > start && isRule(lines[previousLine(lines, at, start)] ?? "");
      // With nothing above it, it is no mail that was answered, but what the person has to say.
      if (block && at === firstLine(lines, start) && start === 0 && !context.isForward) this.#shownEnd = block.end;
      else if (block && (ruled || isComplete(block, lines, at))) {
        if (context.isForward) return this.#earlier("forward", at, start);
        const isOurs = context.recipients.some((address) => block.sender.includes(address));
        if (context.isReply || ruled || isOurs) return this.#earlier("rest", at, start);
      }
    }
    return this.#attribution(at, start);
  }

  #attribution(at: number, start: number): Segment | undefined {
    const { lines, marks, context } = this.#input;
    const found = attributionAt(lines, at, start);
    if (!found)
      return attributionInLine(lines[at] ?? "") && context.isReply ? this.#earlier("rest", at, start) : undefined;
    const { from, certain } = found;
    const next = nextLine(lines, at);
    if (next === undefined) return undefined;
    if (isQuoted(lines[next] ?? "") || marks?.[next] === "cited")
      return { kind: "attribution", from, to: at + 1, certain };
    const alone = from === start || isBlank(lines[from - 1] ?? "");
    const believed = found.complete && alone && (context.isReply || found.hasAddress);
    return believed ? this.#earlier("rest", from, start) : undefined;
  }

  /** Lines that the mark-up calls an attribution. */
  #marked(at: number, start: number): Segment {
    const { lines, marks } = this.#input;
    let to = at + 1;
    while (to < lines.length && (marks?.[to] === "attribution" || isBlank(lines[to] ?? ""))) to++;
    if (this.#isForwardNear(at)) return this.#earlier("forward", at, start);
    const next = lines[to] ?? "";
    if (to < lines.length && !isQuoted(next) && marks?.[to] !== "cited") return this.#earlier("rest", at, start);
    return { kind: "attribution", from: at, to, certain: true };
  }

  /** To the end, with the rule above it. */
  #earlier(kind: "rest" | "forward", at: number, start: number): Segment {
    const { lines } = this.#input;
    const above = previousLine(lines, at, start);
    const from = above >= start && above < at && isRule(lines[above] ?? "") ? above : at;
    return { kind, from, to: lines.length };
  }

  #isForwardNear(at: number): boolean {
    const { lines, context } = this.#input;
    if (context.isForward) return true;
    for (let index = at; index < Math.min(at + 3, lines.length); index++) {
      if (separatorAt(lines, index) === "forwarded") return true;
      const line = lines[index] ?? "";
      if (line.length < 100 && /^[-–—]{2}|[:：]$/.test(plainLine(line)) && FORWARDED.test(line)) return true;
    }
    return false;
  }
}

function nextLine(lines: readonly string[], at: number): number | undefined {
  for (let index = at + 1; index < lines.length && index <= at + 4; index++)
    if (!isBlank(lines[index] ?? "")) return index;
  return undefined;
}

function firstLine(lines: readonly string[], start: number): number {
  let index = start;
  while (index < lines.length && isBlank(lines[index] ?? "")) index++;
  return index;
}

function nextBlank(lines: readonly string[], at: number): number {
  let index = at;
  while (index < lines.length && !isBlank(lines[index] ?? "")) index++;
  return index;
}

/** The last line above that says anything, or the line itself. */
function previousLine(lines: readonly string[], at: number, start: number): number {
  for (let index = at - 1; index >= start && index >= at - 4; index--) if (!isBlank(lines[index] ?? "")) return index;
  return at;
}
