/** An argument of an IMAP command (RFC 3501 section 9). `text` is latin1: one character, one byte. */
export type Token =
  | { readonly kind: "atom"; readonly text: string }
  | { readonly kind: "string"; readonly text: string }
  | { readonly kind: "literal"; readonly text: string; readonly bytes: Buffer }
  | { readonly kind: "list"; readonly items: readonly Token[] };

/** A command as it came: text, with the bytes of a literal where one was announced. */
export type CommandPart = string | Buffer;

/** What the client wrote cannot be understood: answered with BAD. */
export class SyntaxProblem extends Error {}

/** Deeper nesting than any real command has; the parser recurses. */
const MAX_LIST_DEPTH = 50;

export function tokenize(parts: readonly CommandPart[]): Token[] {
  const scanner = new Scanner(parts);
  const tokens = scanner.tokens(0);
  if (!scanner.done) throw new SyntaxProblem("unexpected )");
  return tokens;
}

/** The text of a word: an atom, a quoted string or a literal. */
export function textOf(token: Token | undefined, what: string): string {
  if (token === undefined || token.kind === "list") throw new SyntaxProblem(`${what} expected`);
  return token.text;
}

export function listOf(token: Token | undefined, what: string): readonly Token[] {
  if (token?.kind !== "list") throw new SyntaxProblem(`${what} expected in parentheses`);
  return token.items;
}

class Scanner {
  readonly #parts: readonly CommandPart[];
  #part = 0;
  #at = 0;

  constructor(parts: readonly CommandPart[]) {
    this.#parts = parts;
  }

  get done(): boolean {
    return this.#part >= this.#parts.length;
  }

  tokens(depth: number): Token[] {
    if (depth > MAX_LIST_DEPTH) throw new SyntaxProblem("too many parentheses");
    const tokens: Token[] = [];
    for (let next = this.#next(depth); next !== undefined; next = this.#next(depth)) tokens.push(next);
    return tokens;
  }

  /** The next token, or undefined at a closing parenthesis (left for the caller) or at the end. */
  #next(depth: number): Token | undefined {
    for (;;) {
      const part = this.#parts[this.#part];
      if (part === undefined) return undefined;
      if (typeof part !== "string") {
        this.#advancePart();
        return { kind: "literal", text: part.toString("latin1"), bytes: part };
      }
      if (this.#at >= part.length) {
        this.#advancePart();
      } else if (part[this.#at] === " ") {
        this.#at += 1;
      } else {
        return this.#word(part, depth);
      }
    }
  }

  #word(part: string, depth: number): Token | undefined {
    const first = part[this.#at];
    if (first === ")") return this.#closing(depth);
    if (first === "(") return this.#list(depth);
    if (first === '"') return this.#quoted(part);
    return this.#atom(part);
  }

  #closing(depth: number): undefined {
    if (depth === 0) throw new SyntaxProblem("unexpected )");
    return undefined;
  }

  #list(depth: number): Token {
    this.#at += 1;
    const items = this.tokens(depth + 1);
    const part = this.#parts[this.#part];
    if (typeof part !== "string" || part[this.#at] !== ")") throw new SyntaxProblem(") expected");
    this.#at += 1;
    return { kind: "list", items };
  }

  #quoted(part: string): Token {
    const quoted = /"((?:[^"\\]|\\.)*)"/y;
    quoted.lastIndex = this.#at;
    const match = quoted.exec(part);
    if (!match) throw new SyntaxProblem('closing " expected');
    this.#at = quoted.lastIndex;
    return { kind: "string", text: (match[1] ?? "").replace(/\\(.)/g, "$1") };
  }

  /** An atom may carry a section, which may hold spaces and parentheses: `BODY.PEEK[HEADER.FIELDS (FROM TO)]<0.100>`. */
  #atom(part: string): Token {
    const atom = /(?:\[[^\]]*\]|[^\s()"[])+/y;
    atom.lastIndex = this.#at;
    const match = atom.exec(part);
    if (!match) throw new SyntaxProblem(`unexpected ${part[this.#at]}`);
    this.#at = atom.lastIndex;
    return { kind: "atom", text: match[0] };
  }

  #advancePart(): void {
    this.#part += 1;
    this.#at = 0;
  }
}
