import { isBlank, plainLine } from "./plain-line.ts";
import { HEADER_LABELS, type HeaderKind } from "./words.ts";

export interface HeaderBlock {
  /** The first line after it. */
  readonly end: number;
  readonly kinds: ReadonlySet<HeaderKind>;
  /** The line that says whose it was, in lower case. */
  readonly sender: string;
}

/** From, Sent, To, Cc, Subject, Importance, each wrapped, each with a blank line after it. */
const MAX_LINES = 40;
/** A list of recipients, wrapped. */
const MAX_CONTINUATIONS = 12;
const MAX_LABEL_CHARS = 32;
const MAX_LINE_CHARS = 4_000;

/** `From:`, `*Von:*`, `发件人：`, `| Date | … |`. */
export function headerKind(line: string): HeaderKind | undefined {
  if (line.length > MAX_LINE_CHARS) return undefined;
  // Cheap, since it is asked of every line.
  const begin = line.slice(0, 48);
  if (!begin.includes(":") && !begin.includes("：") && !begin.includes("|")) return undefined;
  const head = plainLine(line.slice(0, 80));
  if (head.startsWith("|")) return HEADER_LABELS.get((head.split("|")[1] ?? "").trim().toLowerCase().replace(/:$/, ""));
  const colon = head.search(/[:：]/);
  if (colon < 1 || colon > MAX_LABEL_CHARS) return undefined;
  return HEADER_LABELS.get(head.slice(0, colon).replace(/[*_]/g, "").trim().toLowerCase());
}

/**
 * The header of an earlier mail as programs write it above that mail: who, when, to whom, about what. Undefined for less
 * than that, and for a header as it travels, which people show to each other.
 */
export function headerBlockAt(lines: readonly string[], at: number): HeaderBlock | undefined {
  const first = headerKind(lines[at] ?? "");
  if (first === undefined || first === "other" || first === "raw") return undefined;
  const kinds = new Set<HeaderKind>();
  let end = at;
  let blanks = 0;
  let continuations = 0;
  let sender = "";
  for (let index = at; index < lines.length && index < at + MAX_LINES; index++) {
    const line = lines[index] ?? "";
    if (isBlank(line)) {
      if (++blanks > 1) break;
      continue;
    }
    const kind = headerKind(line);
    if (kind === "raw") return undefined;
    if (kind !== undefined && kind !== "other" && kinds.has(kind)) break;
    if (kind !== undefined) {
      kinds.add(kind);
      if (kind === "from") sender = line.slice(0, 1_000).toLowerCase();
      continuations = 0;
    } else if (blanks > 0 || ++continuations > MAX_CONTINUATIONS) break;
    blanks = 0;
    end = index + 1;
  }
  return kinds.has("from") && kinds.size >= 2
    ? { end: kinds.has("subject") ? afterSubject(lines, at, end) : end, kinds, sender }
    : undefined;
}

/** Whether it says as much as a program would, and not what a form about a journey asks. */
export function isComplete({ kinds, end }: HeaderBlock, lines: readonly string[], at: number): boolean {
  const said = SAID.filter((kind) => kinds.has(kind)).length;
  if (said < 3 || !(kinds.has("date") || kinds.has("subject"))) return false;
  const sign = kinds.has("subject") ? /@|\d/ : /@|\d[:.]\d\d/;
  return lines.slice(at, end).some((line) => sign.test(line.slice(0, MAX_LINE_CHARS)));
}

const SAID: readonly HeaderKind[] = ["from", "date", "to", "cc", "subject"];

/** What follows the subject without a blank line is the mail. */
function afterSubject(lines: readonly string[], at: number, end: number): number {
  for (let index = end - 1; index > at; index--) if (headerKind(lines[index] ?? "") !== undefined) return index + 1;
  return end;
}
