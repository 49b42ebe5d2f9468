export interface JsonFault {
  readonly line: number;
  readonly column: number;
  readonly what: string;
}

/**
 * What is wrong with a JSON text (RFC 8259), with its place; undefined when nothing is. Unlike `JSON.parse` it refuses a key
 * that stands twice in one object (of two allow-lists one would silently be lost), and never quotes the text, which holds secrets.
 */
export function jsonFault(text: string): JsonFault | undefined {
  try {
    const scan = new Scanner(text);
    scan.value(0);
    scan.end();
    return undefined;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const before = text.slice(0, error.offset).split("\n");
    return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1, what: error.message };
  }
}

class Fault extends Error {
  readonly offset: number;

  constructor(offset: number, message: string) {
    super(message);
    this.offset = offset;
  }
}

/** A configuration is never this deep; the call stack is not endless. */
const MAX_DEPTH = 100;
const SPACE = /[ \t\r\n]*/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*"/y;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

class Scanner {
  readonly #text: string;
  #offset = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): void {
    if (depth > MAX_DEPTH) this.#fail("nested too deeply");
    const next = this.#peek();
    if (next === "{") this.#object(depth);
    else if (next === "[") this.#array(depth);
    else if (next === '"') this.#string();
    else if (this.#match(SCALAR) === undefined) this.#unexpected("a value");
  }

  end(): void {
    if (this.#peek() !== "") this.#fail("nothing may follow the closing bracket");
  }

  #object(depth: number): void {
    const keys = new Set<string>();
    this.#offset++;
    if (this.#peek() === "}") return void this.#offset++;
    for (;;) {
      if (this.#peek() !== '"') this.#unexpected("a key in double quotes");
      const at = this.#offset;
      const key = String(JSON.parse(this.#string()));
      if (keys.has(key)) throw new Fault(at, "this key stands twice in the same object");
      keys.add(key);
      if (this.#peek() !== ":") this.#unexpected('":" after the key');
      this.#offset++;
      this.value(depth + 1);
      if (this.#closes("}")) return;
    }
  }

  #array(depth: number): void {
    this.#offset++;
    if (this.#peek() === "]") return void this.#offset++;
    for (;;) {
      this.value(depth + 1);
      if (this.#closes("]")) return;
    }
  }

  /** True at the closing bracket, false after a comma that something follows. */
  #closes(bracket: string): boolean {
    const next = this.#peek();
    if (next !== bracket && next !== ",") this.#unexpected(`"," or "${bracket}"`);
    this.#offset++;
    if (next === bracket) return true;
    if (this.#peek() === bracket) this.#fail("a comma before the closing bracket is one too many");
    return false;
  }

  #string(): string {
    return (
      this.#match(STRING) ??
      this.#fail("this text is not closed, or holds a line break or a backslash that JSON does not know")
    );
  }

  #peek(): string {
    SPACE.lastIndex = this.#offset;
    SPACE.test(this.#text);
    this.#offset = SPACE.lastIndex;
    return this.#text.charAt(this.#offset);
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#offset;
    const match = pattern.exec(this.#text)?.[0];
    if (match !== undefined) this.#offset += match.length;
    return match;
  }

  #unexpected(wanted: string): never {
    const next = this.#text.charAt(this.#offset);
    if (next === "") this.#fail(`expected ${wanted}, but the file ends here`);
    this.#fail(next === "/" || next === "#" ? "JSON has no comments" : `expected ${wanted}`);
  }

  #fail(what: string): never {
    throw new Fault(this.#offset, what);
  }
}
