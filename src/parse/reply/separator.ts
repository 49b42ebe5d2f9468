import { headerBlockAt, headerKind } from "./header-block.ts";
import { isBlank, isQuoted, plainLine, unquoted } from "./plain-line.ts";
import { FORWARDED, ORIGINAL } from "./words.ts";

const MAX_CHARS = 120;
/** `-----Original Message-----`; ProtonMail writes it with U+2010. */
const DASHED = /^[-–—‐_=*~\s]{2,40}([^-–—‐_=*~\s].{1,80}?)[-–—‐_=*~\s]{2,40}:?$/u;
/** What ticket systems ask for: `##- Please type your reply above this line -##`. */
const REPLY_ABOVE =
  /^[-–—‐_=*~#]{2}.{0,30}(?:reply|respond|write|antwort|réponse|respuesta|resposta|risposta)\p{L}*.{0,30}(?:above|oberhalb|über|au-dessus|encima|acima|sopra)/iu;
const RULE = /^[-–—‐_=*~]{5,200}$/;

/** A line of nothing but dashes or underscores. */
export function isRule(line: string): boolean {
  return line.length <= 200 && RULE.test(plainLine(line));
}

/** A line that says that another mail begins: one that was answered, or one that was passed on. */
export function separatorAt(lines: readonly string[], at: number): "original" | "forwarded" | undefined {
  const raw = lines[at] ?? "";
  if (raw.length > MAX_CHARS || raw.length < 6) return undefined;
  // Cheap, since it is asked of every line.
  const line = raw.trim();
  if (!DASHES.includes(line[1] ?? " ") && !COLONS.includes(line.at(-1) ?? " ")) return undefined;
  return kindOf(plainLine(line), lines, at);
}

const DASHES = "-–—‐_=*~#";
const COLONS = ":：\u200e\u200f\u202c\u2069";

function kindOf(line: string, lines: readonly string[], at: number): "original" | "forwarded" | undefined {
  if (!/^[-–—‐_=*~#]{2}|[:：]$/.test(line)) return undefined;
  if (REPLY_ABOVE.test(line)) return "original";
  const words = DASHED.exec(line)?.[1];
  if (words !== undefined) {
    if (FORWARDED.test(words)) return "forwarded";
    if (ORIGINAL.test(words)) return "original";
    return words.split(/\s+/).length <= 6 && hasHeaderBelow(lines, at) ? "original" : undefined;
  }
  return /[:：]$/.test(line) && line.length <= 70 && FORWARDED.test(line) && isMailBelow(lines, at)
    ? "forwarded"
    : undefined;
}

function hasHeaderBelow(lines: readonly string[], at: number): boolean {
  const next = nextLine(lines, at);
  return next !== undefined && headerBlockAt(lines, next) !== undefined;
}

/** Apple Mail quotes what it passes on. */
function isMailBelow(lines: readonly string[], at: number): boolean {
  const next = nextLine(lines, at);
  if (next === undefined) return false;
  const line = lines[next] ?? "";
  return isQuoted(line)
    ? headerKind(unquoted(line)) !== undefined || unquoted(line) === ""
    : headerKind(line) !== undefined;
}

function nextLine(lines: readonly string[], at: number): number | undefined {
  for (let index = at + 1; index < lines.length && index <= at + 3; index++)
    if (!isBlank(lines[index] ?? "")) return index;
  return undefined;
}
