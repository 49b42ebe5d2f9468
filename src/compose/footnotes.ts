/** What is used of the Markdown parser. */
interface FootnoteToken {
  type: string;
  content: string;
  meta: unknown;
  hidden: boolean;
  children: FootnoteToken[] | null;
}

type NewToken<Token> = new (type: string, tag: string, nesting: -1 | 0 | 1) => Token;

interface BlockState<Env> {
  readonly src: string;
  readonly bMarks: readonly number[];
  readonly eMarks: readonly number[];
  readonly tShift: readonly number[];
  readonly sCount: readonly number[];
  readonly blkIndent: number;
  readonly level: number;
  readonly env: Env;
  line: number;
  isEmpty(line: number): boolean;
  getLines(begin: number, end: number, indent: number, keepLastLF: boolean): string;
}

interface InlineState<Env> {
  readonly src: string;
  readonly env: Env;
  pos: number;
  push(type: string, tag: string, nesting: -1 | 0 | 1): FootnoteToken;
}

interface CoreState<Token, Env> {
  tokens: Token[];
  readonly env: Env;
  readonly Token: NewToken<Token>;
}

export interface FootnoteRules<Token, Env> {
  /** Block rule: a definition becomes tokens that are kept aside. */
  readonly define: (state: BlockState<Env>, startLine: number, endLine: number, silent: boolean) => boolean;
  /** Inline rule. A label without a definition is just text. */
  readonly refer: (state: InlineState<Env>, silent: boolean) => boolean;
  /** Core rule before the inline ones: the footnotes go to the end. */
  readonly append: (state: CoreState<Token, Env>) => void;
  /** Core rule after the inline ones: numbers in the order of the first references, and the footnotes in that order. */
  readonly number: (state: CoreState<Token, Env>) => void;
}

const DEFINITION = /^\[\^([^\]\s]{1,100})\]:[ \t]*/;
const REFERENCE = /^\[\^([^\]\s]{1,100})\]/;
const MAX_REFERENCE_CHARS = 103;
/** What belongs to a footnote after its first line is indented by so much. */
const INDENT = 2;

/**
 * Footnotes: `[^label]` in the text, `[^label]: what it says` on a line of its own, at the end of the mail. One that is never
 * referred to is listed last, rather than lost. `parse` makes block tokens of what a footnote says.
 */
export function footnoteRules<Token extends FootnoteToken, Env extends object>(
  parse: (text: string, env: Env) => Token[],
): FootnoteRules<Token, Env> {
  const notesOf = new WeakMap<Env, Map<string, Token[]>>();
  const inside = new WeakSet<Env>();
  return {
    define(state, startLine, endLine, silent) {
      if (state.level > 0 || inside.has(state.env) || indentOf(state, startLine) > 3) return false;
      const start = (state.bMarks[startLine] ?? 0) + (state.tShift[startLine] ?? 0);
      if (!state.src.startsWith("[^", start)) return false;
      const line = state.src.slice(start, state.eMarks[startLine]);
      const found = DEFINITION.exec(line);
      if (!found || silent) return found !== null;
      const end = endOfNote(state, startLine + 1, endLine);
      inside.add(state.env);
      const rest = state.getLines(startLine + 1, end, 4, false);
      const tokens = parse(`${line.slice(found[0].length)}\n${rest}`, state.env);
      inside.delete(state.env);
      const notes = notesOf.get(state.env) ?? new Map<string, Token[]>();
      notesOf.set(state.env, notes);
      const known = notes.get(labelOf(found[1]));
      // Of two with one label nobody knows which is meant: what the second says stands with the first.
      if (known) for (const token of tokens) known.push(token);
      else notes.set(labelOf(found[1]), tokens);
      state.line = end;
      return true;
    },
    refer(state, silent) {
      const notes = notesOf.get(state.env);
      if (notes === undefined || !state.src.startsWith("[^", state.pos)) return false;
      const found = REFERENCE.exec(state.src.slice(state.pos, state.pos + MAX_REFERENCE_CHARS));
      if (!found || !notes.has(labelOf(found[1]))) return false;
      if (!silent) state.push("footnote_ref", "", 0).meta = { label: labelOf(found[1]) };
      state.pos += found[0].length;
      return true;
    },
    append(state) {
      const all = [...(notesOf.get(state.env) ?? [])].map(([label, tokens]) => {
        const open = new state.Token("footnote_open", "li", 1);
        open.meta = { label };
        return [open, ...tokens, new state.Token("footnote_close", "li", -1)];
      });
      state.tokens = [...state.tokens, ...all.flat()];
    },
    number(state) {
      if (notesOf.has(state.env)) state.tokens = numbered(state);
    },
  };
}

function indentOf<Env>(state: BlockState<Env>, line: number): number {
  return (state.sCount[line] ?? 0) - state.blkIndent;
}

function endOfNote<Env>(state: BlockState<Env>, from: number, endLine: number): number {
  let end = from;
  for (let line = from; line < endLine; line++) {
    const isEmpty = state.isEmpty(line);
    if (!isEmpty && indentOf(state, line) < INDENT) break;
    if (!isEmpty) end = line + 1;
  }
  return end;
}

function numbered<Token extends FootnoteToken, Env>(state: CoreState<Token, Env>): Token[] {
  const first = state.tokens.findIndex(({ type }) => type === "footnote_open");
  const body = state.tokens.slice(0, first);
  const notes = new Map<string, Token[]>();
  let label = "";
  for (const token of state.tokens.slice(first)) {
    if (token.type === "footnote_open") notes.set((label = labelIn(token)), []);
    notes.get(label)?.push(token);
  }
  const order = new Map<string, number>();
  numberReferences(body, order);
  // One footnote may refer to another: that one is reached later in this very loop.
  for (const known of order.keys()) numberReferences(notes.get(known) ?? [], order);
  for (const known of notes.keys()) {
    numberOf(known, order);
    numberReferences(notes.get(known) ?? [], order);
  }
  const listed = [...order].flatMap(([known, number]) => {
    const [open, ...rest] = notes.get(known) ?? [];
    if (open === undefined) return [];
    open.content = String(number);
    hideOnlyParagraph(rest);
    return [open, ...rest];
  });
  const { Token: NewToken } = state;
  return [...body, new NewToken("footnotes_open", "ol", 1), ...listed, new NewToken("footnotes_close", "ol", -1)];
}

/** As in a list without empty lines. */
function hideOnlyParagraph(tokens: readonly FootnoteToken[]): void {
  if (tokens.length !== 4) return;
  for (const token of tokens) if (token.type.startsWith("paragraph_")) token.hidden = true;
}

function numberReferences(tokens: readonly FootnoteToken[], order: Map<string, number>): void {
  for (const { children } of tokens)
    for (const child of children ?? [])
      if (child.type === "footnote_ref") child.content = String(numberOf(labelIn(child), order));
}

function numberOf(label: string, order: Map<string, number>): number {
  const number = order.get(label) ?? order.size + 1;
  order.set(label, number);
  return number;
}

function labelIn({ meta }: FootnoteToken): string {
  return typeof meta === "object" && meta !== null && "label" in meta ? String(meta.label) : "";
}

function labelOf(label: string | undefined): string {
  return (label ?? "").toLowerCase();
}
