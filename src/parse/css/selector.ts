import {
  attributeIs,
  classIs,
  type Count,
  idIs,
  nameIs,
  nth,
  type StyledElement,
  type Test,
  type Walk,
} from "./element-tests.ts";
import { unescapeCss } from "./value.ts";

interface Compound {
  readonly tests: readonly Test[];
  /** What the rule is filed under: `#id`, `.class`, a name, or `*`. */
  readonly key: string;
  readonly specificity: number;
}

export interface Selector {
  readonly compound: Compound;
  /** How the element is related to what the rest asks for. */
  readonly combinator: " " | ">" | "+" | "~" | undefined;
  readonly rest: Selector | undefined;
  readonly specificity: number;
}

const MAX_SELECTOR_CHARS = 500;
const MAX_PSEUDO_DEPTH = 3;
const NAME = String.raw`(?:[-\w\u0080-\uffff]|\\[\da-fA-F]{1,6}\s?|\\[^])+`;
const TOKEN = new RegExp(
  String.raw`(\s*[>+~]\s*|\s+)|(\*|${NAME})|#(${NAME})|\.(${NAME})|\[\s*(${NAME})\s*(?:([~|^$*]?=)\s*("[^"]*"|'[^']*'|${NAME})\s*[is]?\s*)?\]|(::?)(${NAME})(\()?`,
  "y",
);

/** Undefined: one that this cannot match, or that matches nothing in a mail. */
export function parseSelector(text: string, depth = 0): Selector | undefined {
  const source = text.trim();
  if (source === "" || source.length > MAX_SELECTOR_CHARS || depth > MAX_PSEUDO_DEPTH) return undefined;
  let selector: Selector | undefined;
  let combinator: Selector["combinator"];
  let builder = new CompoundBuilder(depth);
  TOKEN.lastIndex = 0;
  for (let at = 0; at < source.length;) {
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(source);
    if (!token || token[0] === "") return undefined;
    at = TOKEN.lastIndex;
    if (token[1] === undefined) {
      const end = builder.take(token, source, at);
      if (end === undefined) return undefined;
      at = end;
      continue;
    }
    if (builder.empty) return undefined;
    selector = linked(builder.done(), combinator, selector);
    combinator = (token[1].trim() || " ") as Selector["combinator"];
    builder = new CompoundBuilder(depth);
  }
  return builder.empty ? undefined : linked(builder.done(), combinator, selector);
}

function linked(compound: Compound, combinator: Selector["combinator"], rest: Selector | undefined): Selector {
  return { compound, combinator, rest, specificity: compound.specificity + (rest?.specificity ?? 0) };
}

/** At commas outside of parentheses, brackets and quotes. */
export function splitSelectors(list: string): string[] {
  if (!/[("'[\\]/.test(list)) return list.split(",");
  const pieces: string[] = [];
  let start = 0;
  let depth = 0;
  let quote = "";
  for (let i = 0; i < list.length; i++) {
    const char = list.charAt(i);
    if (char === "\\") i++;
    else if (quote !== "") quote = char === quote ? "" : quote;
    else if (char === '"' || char === "'") quote = char;
    else if (char === "(" || char === "[") depth++;
    else if (char === ")" || char === "]") depth--;
    else if (char === "," && depth === 0) {
      pieces.push(list.slice(start, i));
      start = i + 1;
    }
  }
  return [...pieces, list.slice(start)];
}

class CompoundBuilder {
  readonly #depth: number;
  readonly #tests: Test[] = [];
  #key = "*";
  #specificity = 0;
  empty = true;

  constructor(depth: number) {
    this.#depth = depth;
  }

  /** Gives where the next token begins; undefined when the selector cannot be understood. */
  take(token: RegExpExecArray, source: string, at: number): number | undefined {
    const first = this.empty;
    this.empty = false;
    const [, , tag, id, className, attribute, operator, operand, colons, pseudo, open] = token;
    if (tag !== undefined) {
      if (!first) return undefined;
      if (tag !== "*") this.#add(lower(tag), 1, nameIs(lower(tag)));
    } else if (id !== undefined) this.#add(`#${lower(id)}`, 10_000, idIs(lower(id)));
    else if (className !== undefined) this.#add(`.${lower(className)}`, 100, classIs(lower(className)));
    else if (attribute !== undefined) {
      this.#add(
        undefined,
        100,
        attributeIs(lower(attribute), operator, lower((operand ?? "").replace(/^["']|["']$/g, ""))),
      );
    } else if (pseudo !== undefined) {
      if (colons === "::") return undefined;
      const end = open === undefined ? at : closingParenthesis(source, at);
      const test = end === undefined ? undefined : this.#pseudo(lower(pseudo), source.slice(at, end - (open ? 1 : 0)));
      if (!test) return undefined;
      this.#add(undefined, pseudo.toLowerCase() === "where" ? 0 : 100, test);
      return end;
    }
    return at;
  }

  done(): Compound {
    return { tests: this.#tests, key: this.#key, specificity: this.#specificity };
  }

  /** Ids are rarer than classes, classes rarer than names. */
  #add(key: string | undefined, specificity: number, test: Test): void {
    if (key !== undefined && rank(key) > rank(this.#key)) this.#key = key;
    this.#specificity += specificity;
    this.#tests.push(test);
  }

  #pseudo(name: string, inside: string): Test | undefined {
    switch (name) {
      case "root":
        return ({ name: tag }) => tag === "html";
      case "link":
      case "any-link":
        return ({ name: tag, attributes }) => tag === "a" && attributes["href"] !== undefined;
      case "first-child":
      case "last-child":
      case "first-of-type":
      case "last-of-type":
        return nth("1", COUNTS[name]);
      case "only-child":
        return (element) => COUNTS["first-child"](element) === 1 && COUNTS["last-child"](element) === 1;
      case "only-of-type":
        return (element) => COUNTS["first-of-type"](element) === 1 && COUNTS["last-of-type"](element) === 1;
      case "checked":
        return ({ attributes }) => attributes["checked"] !== undefined;
      case "nth-child":
      case "nth-last-child":
      case "nth-of-type":
      case "nth-last-of-type":
        return nth(inside, COUNTS[name]);
      case "not":
      case "is":
      case "where":
      case "matches":
      case "-webkit-any": {
        const list = splitSelectors(inside).map((one) => parseSelector(one, this.#depth + 1));
        if (list.includes(undefined)) return undefined;
        const any: Test = (element, walk) => list.some((one) => one !== undefined && matches(one, element, walk));
        return name === "not" ? (element, walk) => !any(element, walk) : any;
      }
      case "hover":
      case "active":
      case "focus":
      case "focus-within":
      case "focus-visible":
      case "visited":
      case "target":
        // Nobody has touched the mail yet.
        return () => false;
      default:
        return undefined;
    }
  }
}

const index: Count = (element) => element.index;
const fromEnd: Count = ({ place }) => place?.fromEnd ?? 0;
const ofType: Count = ({ place }) => place?.ofType ?? 0;
const ofTypeFromEnd: Count = ({ place }) => place?.ofTypeFromEnd ?? 0;
const COUNTS = {
  "first-child": index,
  "last-child": fromEnd,
  "first-of-type": ofType,
  "last-of-type": ofTypeFromEnd,
  "nth-child": index,
  "nth-last-child": fromEnd,
  "nth-of-type": ofType,
  "nth-last-of-type": ofTypeFromEnd,
} as const;

function lower(text: string): string {
  return unescapeCss(text).toLowerCase();
}

function rank(key: string): number {
  if (key.startsWith("#")) return 3;
  return key.startsWith(".") ? 2 : key === "*" ? 0 : 1;
}

function closingParenthesis(source: string, from: number): number | undefined {
  for (let i = from, depth = 1; i < source.length; i++) {
    const char = source.charAt(i);
    if (char === "(") depth++;
    else if (char === ")" && --depth === 0) return i + 1;
  }
  return undefined;
}

/** Whether the element is meant. Each look at an element costs a step; without any left nothing matches. */
export function matches(selector: Selector, element: StyledElement, walk: Walk): boolean {
  walk.steps -= 1 + selector.compound.tests.length + (element.classes.length >> 3);
  if (walk.steps < 0 || !selector.compound.tests.every((test) => test(element, walk))) return false;
  const { rest, combinator } = selector;
  if (!rest) return true;
  const far = combinator === " " || combinator === "~";
  const next = (from: StyledElement): StyledElement | undefined =>
    combinator === " " || combinator === ">" ? from.parent : from.before;
  for (let other = next(element); other; other = next(other)) {
    if (matches(rest, other, walk)) return true;
    if (!far || walk.steps < 0) return false;
  }
  return false;
}
