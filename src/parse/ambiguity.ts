import { executableExtension, knownTypeOfName } from "./attachment-name.ts";
import type { Defects } from "./defects.ts";
import { type RawParameter, rawParameters, writtenForms } from "./mime-parameters.ts";

/** One field of a part's header. */
export interface MimeField {
  /** Lower case. */
  readonly key: string;
  /** The whole of it, name and folds included. */
  readonly line: string;
}

const SINGLE_MIME_FIELDS = new Map(
  ["Content-Type", "Content-Transfer-Encoding", "Content-Disposition", "Content-ID"].map((name) => [
    name.toLowerCase(),
    name,
  ]),
);

/** Those that say what a part is, and how it is to be read: where two of them differ, so do two readers of the mail. */
const DECISIVE_FIELDS = new Set(["content-type", "content-transfer-encoding", "content-disposition"]);
const DECISIVE_PARAMETERS = new Set(["boundary", "charset", "filename", "name"]);

/** A field this long has no honest end; what comes behind it would not be looked at. */
const MAX_FIELD_CHARS = 64 * 1024;

/**
 * Names what in one part's header two readers may read in two ways (security.md 3.5, "Inbox Invasion"). The same thing said
 * twice in the same words is a defect and no more: old scripts do that, and nobody is deceived by it.
 */
export function noteAmbiguities(fields: readonly MimeField[], defects: Defects): void {
  const seen = new Map<string, string>();
  const names: string[] = [];
  for (const { key, line } of fields) {
    const shown = SINGLE_MIME_FIELDS.get(key);
    if (!shown) continue;
    const said = essence(line);
    const before = seen.get(key);
    if (before !== undefined) noteRepeated(defects, `duplicate-header:${shown}`, before !== said && isDecisive(key));
    seen.set(key, said);
    if (isMalformed(line)) defects.addAmbiguous("malformed-header");
    if (isDecisive(key)) names.push(...noteParameters(line, defects));
  }
  if (contradict(names)) defects.addAmbiguous("contradictory-names");
  if (!seen.has("content-type") && names.some((name) => executableExtension(name)))
    defects.addAmbiguous("untyped-executable");
  noteEncoding(seen.get("content-transfer-encoding"), defects);
}

function isDecisive(key: string): boolean {
  return DECISIVE_FIELDS.has(key);
}

/** The value, in the form in which two of the same meaning are the same text. */
function essence(line: string): string {
  return line
    .slice(line.indexOf(":") + 1, MAX_FIELD_CHARS)
    .replace(/\s+/g, " ")
    .trim();
}

type Repeated = `duplicate-header:${string}` | `duplicate-parameter:${string}`;

function noteRepeated(defects: Defects, name: Repeated, differs: boolean): void {
  if (differs) defects.addAmbiguous(name);
  else defects.add(name);
}

/** A line end or NUL that only some readers see, or white space where only some readers take what follows for a value. */
function isMalformed(line: string): boolean {
  return line.length > MAX_FIELD_CHARS || /\r(?!\n)./s.test(line) || line.includes("\0") || /^[^:]*\s:/.test(line);
}

/** Gives the file names that the field has. */
function noteParameters(line: string, defects: Defects): string[] {
  if (!line.includes(";")) return [];
  const { list, isOpenQuote } = rawParameters(line.slice(0, MAX_FIELD_CHARS));
  if (isOpenQuote) defects.addAmbiguous("malformed-header");
  const byName = new Map<string, RawParameter[]>();
  for (const parameter of list) {
    const same = byName.get(parameter.name);
    if (same) same.push(parameter);
    else byName.set(parameter.name, [parameter]);
  }
  for (const [name, parameters] of byName) if (parameters.length > 1) noteForms(name, parameters, defects);
  return ["filename", "name"].flatMap((name) => writtenForms(byName.get(name) ?? []));
}

function noteForms(name: string, parameters: readonly RawParameter[], defects: Defects): void {
  const whole = parameters.filter(({ piece }) => piece === undefined);
  const plain = whole.filter(({ isExtended }) => !isExtended);
  const extended = whole.filter(({ isExtended }) => isExtended);
  const pieces = parameters.flatMap(({ piece }) => (piece === undefined ? [] : [piece]));
  const numbers = new Set(pieces);
  // A plain form beside an RFC 2231 form, for old readers, is what careful programs write of names; of a boundary none does.
  const forms = name === "boundary" ? [whole] : [plain, extended];
  const repeated = forms.filter((values) => values.length > 1);
  const differs =
    repeated.some((values) => new Set(values.map(({ value }) => value)).size > 1) || numbers.size < pieces.length;
  if (repeated.length > 0 || numbers.size < pieces.length)
    noteRepeated(defects, `duplicate-parameter:${name}`, differs && DECISIVE_PARAMETERS.has(name));
  // RFC 2231 section 3: numbered from 0 without a gap, in any order.
  const hasGap = pieces.length > 0 && [...numbers].some((number) => number >= numbers.size);
  if (hasGap && DECISIVE_PARAMETERS.has(name)) defects.addAmbiguous(`broken-parameter:${name}`);
}

/** Names that make a file two different kinds of file; one that has no extension, or none that is known, says nothing. */
function contradict(names: readonly string[]): boolean {
  return new Set(names.flatMap((name) => knownTypeOfName(name) ?? [])).size > 1;
}

const KNOWN_ENCODINGS = new Set(["7bit", "8bit", "binary", "quoted-printable", "base64"]);

/** What people's programs write and everybody reads as "not encoded at all". */
const PLAIN_ENCODINGS =
  /^(?:(?:7|8|16)[ -]?bits?|none|plain|text(?:\/plain)?|utf-?8|(?:us-)?ascii|iso-8859-\d{1,2}|windows-125\d|binary-data)$/;

/** Encodings that only some readers know: what others take for text is a file to them. */
function noteEncoding(value: string | undefined, defects: Defects): void {
  const said = (value ?? "")
    .replace(/\([^()]*\)/g, "")
    .trim()
    .toLowerCase();
  if (said === "" || KNOWN_ENCODINGS.has(said)) return;
  if (PLAIN_ENCODINGS.test(said)) defects.add("unknown-encoding");
  else defects.addAmbiguous("unknown-encoding");
}
