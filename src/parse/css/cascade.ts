import { EVERYBODY, READER_COUNT, type ReaderSet } from "./media.ts";
import type { StyledElement, Walk } from "./element-tests.ts";
import { matches } from "./selector.ts";
import { parseSheets, type Rule, type StyleText } from "./sheet.ts";
import { ALL_PROPERTIES, type Css, type Declaration } from "./value.ts";

/** Looks at an element for each character of the mail, and some for the start; a newsletter needs a tenth of that. */
const STEPS_PER_CHAR = 2;
const FREE_STEPS = 200_000;
/** What a rule costs that matches: it is sorted, and its declarations are gone through for each reader. */
const STEPS_PER_MATCH = 8;

/** The mail's own style sheets (CSS Cascade section 6). */
export class Cascade {
  /** Readers that may see different things; when all see the same, one stands for all. */
  readonly readers: number;
  readonly #rules = new Map<string, Rule[]>();
  readonly #walk: Walk;
  readonly #complete: boolean;
  /** Beyond the bounds: what any hiding rule is filed under is hidden, whatever else the rule asks for. */
  #hiding: Set<string> | undefined;

  constructor(sheets: readonly StyleText[], htmlChars: number) {
    const { rules, complete } = parseSheets(sheets);
    this.#complete = complete;
    this.#walk = { steps: FREE_STEPS + STEPS_PER_CHAR * htmlChars };
    this.readers = rules.some(({ readers }) => readers !== EVERYBODY) ? READER_COUNT : 1;
    for (const rule of rules) {
      if (rule.readers === 0) continue;
      const { key } = rule.selector.compound;
      const filed = this.#rules.get(key);
      if (filed) filed.push(rule);
      else this.#rules.set(key, [rule]);
    }
  }

  /** False when there were too many rules, or matching them cost too much. */
  get complete(): boolean {
    return this.#complete && this.#hiding === undefined;
  }

  /** The declarations that win, for each reader; undefined when there are none. `hints` are weaker than any rule. */
  styles(
    element: StyledElement,
    hints: readonly Declaration[],
    inline: readonly Declaration[],
  ): readonly Css[] | undefined {
    const found = this.#matching(element);
    if (found.length === 0 && inline.length === 0 && hints.length === 0) return undefined;
    const css = winners(hints, found, { inline, readers: EVERYBODY });
    if (found.every(({ readers }) => readers === EVERYBODY)) return Array.from({ length: this.readers }, () => css);
    return Array.from({ length: this.readers }, (_, reader) => winners(hints, found, { inline, readers: 1 << reader }));
  }

  #matching(element: StyledElement): Rule[] {
    if (this.#rules.size === 0) return [];
    const found: Rule[] = [];
    for (const key of keysOf(element)) {
      const rules = this.#rules.get(key);
      if (!rules) continue;
      if (this.#hiding?.has(key) === true) return rules.filter(hides);
      for (const rule of rules) {
        if (matches(rule.selector, element, this.#walk)) {
          found.push(rule);
          this.#walk.steps -= STEPS_PER_MATCH + rule.declarations.length;
        }
        if (this.#walk.steps < 0) return this.#giveUp(rules);
      }
    }
    return found.length < 2
      ? found
      : found.toSorted(
          (one, other) => one.selector.specificity - other.selector.specificity || one.order - other.order,
        );
  }

  /** Hides rather too much than too little, and says so. */
  #giveUp(rules: readonly Rule[]): Rule[] {
    this.#hiding ??= new Set([...this.#rules].filter(([, filed]) => filed.some(hides)).map(([key]) => key));
    this.#rules.forEach((filed, key) => this.#rules.set(key, filed.filter(hides).slice(0, 1)));
    return rules.filter(hides).slice(0, 1);
  }
}

function hides({ declarations }: Rule): boolean {
  return declarations.some(
    ({ name, value }) =>
      (name === "display" && value === "none") ||
      (name === "visibility" && value !== "visible") ||
      (name === "opacity" && Number.parseFloat(value) < 0.1),
  );
}

function keysOf({ name, id, classes }: StyledElement): string[] {
  return [...(id === "" ? [] : [`#${id}`]), ...classes.map((one) => `.${one}`), name, "*"];
}

function winners(
  hints: readonly Declaration[],
  rules: readonly Rule[],
  { inline, readers }: { inline: readonly Declaration[]; readers: ReaderSet },
): Css {
  const css = new Map<string, string>();
  apply(hints, false, css);
  for (const important of [false, true]) {
    for (const rule of rules) if ((rule.readers & readers) !== 0) apply(rule.declarations, important, css);
    apply(inline, important, css);
  }
  return css;
}

function apply(declared: readonly Declaration[], important: boolean, css: Map<string, string>): void {
  for (const declaration of declared) {
    if (declaration.important !== important) continue;
    if (declaration.name === "all") for (const name of ALL_PROPERTIES) css.set(name, declaration.value);
    else css.set(declaration.name, declaration.value);
  }
}
