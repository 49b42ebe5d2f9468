/** One parameter of a MIME field as it stands there (RFC 2045 section 5.1, RFC 2231): `filename*0*` is a name. */
export interface RawParameter {
  /** Lower case, without the RFC 2231 marks. */
  readonly name: string;
  /** Number of the piece; undefined for one that is whole. */
  readonly piece: number | undefined;
  /** Percent-encoded. */
  readonly isExtended: boolean;
  readonly value: string;
}

export interface RawParameters {
  readonly list: readonly RawParameter[];
  /** A quotation that does not end: where the next parameter begins is up to the reader. */
  readonly isOpenQuote: boolean;
}

/** Every parameter of a field, in one pass; a quoted string hides its semicolons, a backslash in it the next character. */
export function rawParameters(field: string): RawParameters {
  const list: RawParameter[] = [];
  let start = field.indexOf(";") + 1;
  if (start === 0) return { list, isOpenQuote: false };
  let isQuoted = false;
  for (let at = start; at < field.length; at++) {
    const char = field[at];
    if (isQuoted && char === "\\") at++;
    else if (char === '"') isQuoted = !isQuoted;
    else if (char === ";" && !isQuoted) {
      addTo(list, field.slice(start, at));
      start = at + 1;
    }
  }
  addTo(list, field.slice(start));
  return { list, isOpenQuote: isQuoted };
}

function addTo(list: RawParameter[], text: string): void {
  const equals = text.indexOf("=");
  if (equals < 0) return;
  const [, name, piece, mark] = PARAMETER_NAME.exec(text.slice(0, equals).trim().toLowerCase()) ?? [];
  if (name === undefined) return;
  list.push({
    name,
    piece: piece === undefined ? undefined : Number(piece),
    isExtended: mark !== undefined,
    value: unquoted(text.slice(equals + 1).trim()),
  });
}

const PARAMETER_NAME = /^([a-z-]{1,30})(?:\*(\d{1,6}))?(\*)?$/;

function unquoted(value: string): string {
  return value.startsWith('"') ? value.slice(1, value.endsWith('"') ? -1 : undefined).replace(/\\(.)/g, "$1") : value;
}

/** Every form in which this parameter is given, decoded as far as its letters A to Z go: all that an extension has. */
export function writtenForms(parameters: readonly RawParameter[]): string[] {
  const whole = parameters.filter(({ piece }) => piece === undefined);
  const pieces = parameters
    .flatMap((parameter) => (parameter.piece === undefined ? [] : [{ ...parameter, piece: parameter.piece }]))
    .toSorted((a, b) => a.piece - b.piece);
  const forms = whole.map(({ isExtended, value }) => (isExtended ? fromPercent(value) : fromWords(value)));
  return pieces.length === 0 ? forms : [...forms, pieces.map(pieceText).join("")];
}

function pieceText({ isExtended, value }: RawParameter): string {
  return isExtended ? fromPercent(value) : value;
}

function fromPercent(value: string): string {
  return value.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** RFC 2047 forbids encoded words in parameters, and every mail program writes them. */
function fromWords(value: string): string {
  if (!value.includes("=?")) return value;
  return value.replace(ENCODED_WORD, (_, encoding: string, text: string) =>
    encoding.toLowerCase() === "b"
      ? Buffer.from(text, "base64").toString("latin1")
      : text.replace(/[=]([0-9a-f]{2})/gi, (__, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
  );
}

const ENCODED_WORD = /=\?[^?\s]{1,60}\?([bq])\?([^?\s]{0,1000})\?=\s{0,10}/gi;
