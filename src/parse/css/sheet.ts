import { type ReaderSet, readersOf } from "./media.ts";
import { parseSelector, type Selector, splitSelectors } from "./selector.ts";
import { type Declaration, declarations } from "./value.ts";

export interface Rule {
  readonly selector: Selector;
  readonly declarations: readonly Declaration[];
  readonly readers: ReaderSet;
  /** Later ones win. */
  readonly order: number;
}

/** Real mail has some hundreds. */
const MAX_RULES = 20_000;
const MAX_NESTING = 6;

export interface StyleText {
  readonly text: string;
  /** The `media` attribute of the element. */
  readonly media: string;
}

/** The rules of a mail's style sheets that can make a difference to what is seen; `complete` is false beyond the bound. */
export function parseSheets(sheets: readonly StyleText[]): { rules: Rule[]; complete: boolean } {
  const reader = new SheetReader();
  for (const { text, media } of sheets) {
    const css = text.replace(/\/\*[^]*?(?:\*\/|$)/g, " ").replace(/<!--|-->/g, " ");
    reader.read(css, { readers: readersOf(media), parents: undefined, depth: 0 });
  }
  return { rules: reader.rules, complete: reader.complete };
}

interface Context {
  readonly readers: ReaderSet;
  /** Selectors of the rule around it (CSS Nesting). */
  readonly parents: readonly string[] | undefined;
  readonly depth: number;
}

class SheetReader {
  readonly rules: Rule[] = [];
  complete = true;

  /** Gives what stands between the blocks: inside a rule, its declarations. */
  read(css: string, context: Context): string {
    const between: string[] = [];
    let at = 0;
    while (at < css.length && this.complete) {
      const open = findOutside(css, at, context.parents || /^\s*@/.test(css.slice(at, at + 200)) ? "{;" : "{");
      if (open < 0) break;
      if (css.charAt(open) === ";") {
        between.push(css.slice(at, open + 1));
        at = open + 1;
        continue;
      }
      const close = closingBrace(css, open + 1);
      this.#block(css.slice(at, open).trim(), css.slice(open + 1, close), context);
      at = close + 1;
    }
    between.push(css.slice(at));
    return between.join("");
  }

  #block(prelude: string, content: string, context: Context): void {
    if (context.depth >= MAX_NESTING || prelude === "") return;
    const inner = { ...context, depth: context.depth + 1 };
    if (!prelude.startsWith("@")) return this.#rule(prelude, content, inner);
    const [, name = "", condition = ""] = /^@(-?[a-z-]+)\s*([^]*)$/i.exec(prelude) ?? [];
    const kind = name.toLowerCase();
    if (kind === "media") inner.readers &= readersOf(condition);
    else if (
      kind === "supports"
        ? /^not\b/i.test(condition)
        : !/^(?:layer|container|scope|starting-style|-moz-document)$/.test(kind)
    )
      return;
    if (inner.readers === 0) return;
    const own = this.read(content, inner);
    if (context.parents) this.#add(context.parents, own, inner);
  }

  #rule(prelude: string, content: string, context: Context): void {
    const selectors = splitSelectors(prelude.replace(/\s+/g, " ")).map((one) => one.trim());
    const full = context.parents ? nested(selectors, context.parents) : selectors;
    const own = content.includes("{") ? this.read(content, { ...context, parents: full }) : content;
    this.#add(full, own, context);
  }

  #add(selectors: readonly string[], style: string, { readers }: Context): void {
    const found = declarations(style);
    if (found.length === 0) return;
    for (const text of selectors) {
      const selector = parseSelector(text);
      if (!selector) continue;
      if (this.rules.length >= MAX_RULES) {
        this.complete = false;
        return;
      }
      this.rules.push({ selector, declarations: found, readers, order: this.rules.length });
    }
  }
}

const MAX_NESTED_SELECTORS = 50;

function nested(selectors: readonly string[], parents: readonly string[]): string[] {
  return parents
    .flatMap((parent) => selectors.map((own) => (own.includes("&") ? own.replaceAll("&", parent) : `${parent} ${own}`)))
    .slice(0, MAX_NESTED_SELECTORS);
}

/** The first of these characters that is not in quotes or parentheses; -1 when there is none. */
function findOutside(css: string, from: number, wanted: string): number {
  let depth = 0;
  for (let i = from; i < css.length; i++) {
    const char = css.charAt(i);
    if (char === "\\") i++;
    else if (char === '"' || char === "'") i = endOfString(css, i);
    else if (char === "(") depth++;
    else if (char === ")") depth = Math.max(0, depth - 1);
    else if (wanted.includes(char) && (depth === 0 || char === "{")) return i;
  }
  return -1;
}

/** The end of the block that has been opened; without one, the end of the sheet. */
function closingBrace(css: string, from: number): number {
  for (let i = from, depth = 1; i < css.length; i++) {
    const char = css.charAt(i);
    if (char === "\\") i++;
    else if (char === '"' || char === "'") i = endOfString(css, i);
    else if (char === "{") depth++;
    else if (char === "}" && --depth === 0) return i;
  }
  return css.length;
}

/** A string ends at its quote, or broken at the end of the line (CSS Syntax section 4.3.5). */
function endOfString(css: string, from: number): number {
  const quote = css.charAt(from);
  for (let i = from + 1; i < css.length; i++) {
    const char = css.charAt(i);
    if (char === "\\") i++;
    else if (char === quote || char === "\n") return i;
  }
  return css.length;
}
