import { isBlank, plainLine } from "./plain-line.ts";
import { FORWARDED, OPENER, WROTE } from "./words.ts";

/**
 * `On 23 Nov 2026 at 10:12, Ann <ann@example.org> wrote:`. `certain`: it says who and when, as only a program does.
 * Otherwise it is what a person may have written, too, and only what follows tells.
 */
export interface Attribution {
  /** Its first line; its last is the one that was asked for. */
  readonly from: number;
  readonly certain: boolean;
  /** Says enough to be one even where no quotation mark follows. */
  readonly complete: boolean;
  readonly hasAddress: boolean;
}

/** A long name and a long address, wrapped at 76. */
const MAX_LINES = 4;
const MAX_CHARS = 400;

const BESIDE_AT = /[^\s<>"'@()]@[^\s<>"'@()]/;
const TIME = /\d{1,2}\s?[:：h時点시]\s?\d{2}|\d{1,2}\.\d{2}(?![\d.]*[./]\s?\d)|\d\s?[ap]\.?m\b/i;
const DATE = /(?:19|20)\d\d|\d{1,2}[./-]\s?\d{1,2}[./-]\s?\d{2}|\d{1,2}月\d{1,2}|\d{1,2}월/;
const ENDS = /[:：]$|[-–—‐_]{2,}$/;
/** Zoho and others: `---- On … wrote ----`. */
const DASHED = /^[-–—‐_]{2,}\s?[^-–—‐_\s].{0,380}[^-–—‐_\s]\s?[-–—‐_]{2,}:?$/;
/** What cannot be the beginning of one: an address, or the verb alone. */
const CONTINUATION =
  /^(?:[<(:,]|mailto:|[^\s@<>]{1,64}@|(?:wrote|a écrit|schrieb|escribió|ha scritto|schreef|escreveu|skrev|napisał|написал|пишет|пише|writes|geschreven|kirjoitti|yazdı|írta|scris|έγραψε|kirjutas)(?![\p{L}\p{N}])|작성|写道|寫道|のメール|님이)/iu;

/** The attribution that ends with line `at`. */
export function attributionAt(lines: readonly string[], at: number, first: number): Attribution | undefined {
  const last = lines[at] ?? "";
  if (last.length > MAX_CHARS || last.length < 3) return undefined;
  const end = last.at(-1) === " " ? (last.trimEnd().at(-1) ?? "") : (last.at(-1) ?? "");
  // Cheap, since it is asked of every line: nearly all end otherwise.
  if (!":：*_->–—‐ـ\u00a0\u200e\u200f\u202c\u2069".includes(end)) return undefined;
  let text = stripped(last);
  if (!ENDS.test(text) || (!/[:：]$/.test(text) && !DASHED.test(text))) return undefined;
  if (!/[\d@]/.test(text) && !WROTE.test(text)) return undefined;
  let from = at;
  let found = judge(text);
  while (from > first && at - from + 1 < MAX_LINES) {
    const head = stripped(lines[from] ?? "");
    if (found.certain && OPENER.test(head)) break;
    const above = lines[from - 1] ?? "";
    if (isBlank(above) || above.length + text.length > MAX_CHARS) break;
    const upper = stripped(above);
    const longer = `${upper} ${text}`;
    const belongs = CONTINUATION.test(head) || continues(upper, found, judge(longer));
    if (!belongs || upper.startsWith(">")) break;
    from--;
    text = longer;
    found = judge(text);
  }
  if (!found.certain && !found.possible) return undefined;
  return { from, certain: found.certain, complete: found.complete, hasAddress: found.hasAddress };
}

/** Whether the line above is its beginning: it opens one, or brings what was missing. */
function continues(upper: string, found: Judgement, longer: Judgement): boolean {
  if (/[.!?。！？:：;,]$/.test(upper) && !/\d|(?:^|\s)\p{L}{1,5}\.$|,$/u.test(upper)) return false;
  if (OPENER.test(upper) && /\d/.test(upper)) return true;
  return !found.certain && longer.certain;
}

interface Judgement {
  readonly certain: boolean;
  readonly possible: boolean;
  readonly complete: boolean;
  readonly hasAddress: boolean;
}

const NOTHING: Judgement = { certain: false, possible: false, complete: false, hasAddress: false };

function judge(text: string): Judgement {
  const address = text.includes("@") && BESIDE_AT.test(text);
  const time = TIME.test(text);
  const date = DATE.test(text);
  const wrote = WROTE.test(text);
  if (!wrote && (!address || FORWARDED.test(text))) return NOTHING;
  const certain = (wrote && (address || time || date)) || (address && time && (date || /\d{1,2}/.test(text)));
  return {
    certain,
    possible: wrote || (address && (date || time)),
    complete: certain && (address ? time || date : wrote && time && date),
    hasAddress: address,
  };
}

function stripped(line: string): string {
  return plainLine(line)
    .replace(/^[*_\s]{1,4}|[*_\s]{1,4}$/g, "")
    .trim();
}

/** Yahoo on a telephone goes on in the same line: `On …, Ann<ann@example.org> wrote:   Hello`. */
export function attributionInLine(line: string): boolean {
  const address = line.length > 5 * MAX_CHARS ? line.slice(0, MAX_CHARS).indexOf("@") : line.indexOf("@");
  if (address < 0 || address > MAX_CHARS) return false;
  const colon = line.slice(address, address + MAX_CHARS).search(/[:：]\s/);
  if (colon < 0) return false;
  const head = stripped(line.slice(0, address + colon + 1));
  return OPENER.test(head) && WROTE.test(head.slice(-40)) && TIME.test(head) && DATE.test(head) && judge(head).complete;
}

/** Whether the line itself is an attribution that somebody quoted: `> On … wrote:`. */
export function isCertainAttribution(line: string): boolean {
  return attributionAt([line], 0, 0)?.certain ?? false;
}
