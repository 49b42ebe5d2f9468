/** One `method=result` of an Authentication-Results header (RFC 8601 section 2.2). */
export interface MethodResult {
  /** Lower case, like `result` and the names of the properties. */
  readonly method: string;
  readonly result: string;
  /** `header.from` and the like; a property that was given twice says nothing, and is empty. */
  readonly properties: ReadonlyMap<string, string>;
}

export interface AuthenticationResults {
  /** As it stands, quotes undone; undefined when there is none, as Microsoft 365 writes it. */
  readonly authservId: string | undefined;
  /** A bare token, with no comment at it and no version but 1: as honest servers write it. */
  readonly plainId: boolean;
  /** Something in it could not be read: what it says must not count in anybody's favour. */
  readonly broken: boolean;
  readonly results: readonly MethodResult[];
}

/** Real ones have a few hundred characters; a quarter of a megabyte of header is all that is ever looked at. */
const MAX_CHARS = 64 << 10;
/** Servers write four or five. */
const MAX_RESULTS = 100;

const SPACE = /[ \t\r\n]+/y;
const TOKEN = /[^\s;="()\\]+/y;
/** Unlike the grammar's `pvalue` it may hold "=": bounce addresses and base64 do. */
const VALUE = /[^\s;"()\\]+/y;
const COMMENT_TEXT = /[^()\\]+|\\./sy;
const QUOTED_STRING = /"((?:[^"\\]|\\.)*)"/sy;
const UNTIL_SEMICOLON = /[^;"()]+/y;

/** Reads one header value, folds undone; each character is looked at a fixed number of times. */
export function readAuthenticationResults(value: string): AuthenticationResults {
  const reader = new Reader(value.slice(0, MAX_CHARS));
  const { authservId, plainId } = readId(reader);
  const results: MethodResult[] = [];
  while (!reader.atEnd && results.length < MAX_RESULTS) {
    reader.skip();
    if (reader.take(";") || reader.atEnd) continue;
    const result = readResult(reader);
    if (result !== undefined) results.push(result);
  }
  if (value.length > MAX_CHARS || !reader.atEnd) reader.broken = true;
  return { authservId, plainId, broken: reader.broken, results };
}

function readId(reader: Reader): { authservId: string | undefined; plainId: boolean } {
  const commentsBefore = reader.skip();
  const quoted = reader.quoted();
  const authservId = quoted ?? reader.match(TOKEN);
  const commentsAfter = reader.skip();
  if (quoted === undefined && reader.peek("=")) {
    reader.restart();
    return { authservId: undefined, plainId: false };
  }
  const version = reader.match(TOKEN);
  const commentsAtEnd = reader.skip();
  const ended = reader.take(";") || reader.atEnd;
  if (!ended || authservId === undefined) reader.broken = true;
  const commented = commentsBefore || commentsAfter || commentsAtEnd;
  const plainVersion = version === undefined || version === "1";
  return { authservId, plainId: ended && quoted === undefined && !commented && plainVersion };
}

/** Up to the next semicolon. Undefined for `none`, and for what is no result. */
function readResult(reader: Reader): MethodResult | undefined {
  const [method = ""] = (reader.match(TOKEN) ?? "").toLowerCase().split("/");
  reader.skip();
  if (!reader.take("=")) {
    if (method !== "none") reader.broken = true;
    reader.skipRest();
    return undefined;
  }
  reader.skip();
  const result = (reader.match(TOKEN) ?? "").toLowerCase();
  if (method === "" || result === "") reader.broken = true;
  const properties = new Map<string, string>();
  for (reader.skip(); !reader.atEnd && !reader.peek(";"); reader.skip()) readProperty(reader, properties);
  return { method, result, properties };
}

function readProperty(reader: Reader, properties: Map<string, string>): void {
  const name = reader.match(TOKEN)?.toLowerCase();
  reader.skip();
  if (name === undefined || !reader.take("=")) {
    // A bare word is of no use, but does no harm; anything else is not to be got on with.
    if (name === undefined) {
      reader.broken = true;
      reader.skipRest();
    }
    return;
  }
  reader.skip();
  let value = "";
  for (let piece: string | undefined; (piece = reader.quoted() ?? reader.match(VALUE)) !== undefined;) value += piece;
  properties.set(name, properties.has(name) ? "" : value);
}

/** A place in the text; everything it does leads onward. */
class Reader {
  broken = false;
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get atEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  peek(char: string): boolean {
    return this.#text[this.#at] === char;
  }

  take(char: string): boolean {
    const found = this.peek(char);
    if (found) this.#at++;
    return found;
  }

  match(sticky: RegExp): string | undefined {
    sticky.lastIndex = this.#at;
    const found = sticky.exec(this.#text)?.[0];
    this.#at += found?.length ?? 0;
    return found;
  }

  quoted(): string | undefined {
    if (!this.peek('"')) return undefined;
    const found = this.match(QUOTED_STRING);
    if (found === undefined) this.#giveUp();
    return found?.slice(1, -1).replace(/\\(.)/gs, "$1");
  }

  /** White space and comments, nested as they may be (RFC 5322 section 3.2.2); whether there was a comment. */
  skip(): boolean {
    let comments = false;
    for (;;) {
      this.match(SPACE);
      if (!this.take("(")) return comments;
      comments = true;
      let depth = 1;
      while (depth > 0 && !this.atEnd) {
        if (this.take("(")) depth++;
        else if (this.take(")")) depth--;
        else if (this.match(COMMENT_TEXT) === undefined) this.#at++;
      }
      if (depth > 0) this.broken = true;
    }
  }

  skipRest(): void {
    while (!this.atEnd && !this.peek(";")) {
      if (this.peek('"')) this.quoted();
      else if (this.peek("(")) this.skip();
      else if (this.match(UNTIL_SEMICOLON) === undefined) this.#at++;
    }
  }

  restart(): void {
    this.#at = 0;
  }

  #giveUp(): void {
    this.broken = true;
    this.#at = this.#text.length;
  }
}
