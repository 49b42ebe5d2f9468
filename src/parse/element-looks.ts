import type { Cascade } from "./css/cascade.ts";
import { legacyColor } from "./css/color.ts";
import type { Place, StyledElement } from "./css/element-tests.ts";
import { type Css, type Declaration, declarations } from "./css/value.ts";
import { type Look, lookBelow, PAGE } from "./hidden-style.ts";
import type { MarginsEffect } from "./hidden-boxes.ts";
import type { RemovalReason } from "./removed.ts";

type Attributes = Readonly<Record<string, string>>;

export interface OpenedElement {
  readonly name: string;
  readonly attributes: Attributes;
  readonly place: Place | undefined;
}

/** How one element looks to each of those who may read the mail. */
export interface ElementLook {
  readonly attributes: Attributes;
  /** Why none of them sees anything below it. */
  readonly hidden: RemovalReason | undefined;
  /** Why none of them sees the text in it. */
  readonly unseen: RemovalReason | undefined;
  readonly msoHidden: boolean;
  readonly looks: readonly Look[];
  /** For all of them. */
  readonly margins: MarginsEffect | undefined;
  readonly element: StyledElement;
  /** The last of its children so far. */
  child: StyledElement | undefined;
}

/** A newsletter repeats the same hundred style attributes. */
const MAX_CACHED_STYLES = 1_000;

/** Looks of elements, from the top down, by style sheets, attributes and style attributes. */
export class ElementLooks {
  readonly #cascade: Cascade;
  readonly #styles = new Map<string, readonly Declaration[]>();
  /** What stands at the top of the mail. */
  readonly #top: ElementLook;

  constructor(cascade: Cascade) {
    this.#cascade = cascade;
    const looks = Array.from({ length: cascade.readers }, () => PAGE);
    const nobody = { parent: undefined, before: undefined, index: 0, place: undefined };
    const element = { name: "", attributes: {}, id: "", classes: [], ...nobody };
    this.#top = {
      attributes: {},
      hidden: undefined,
      unseen: undefined,
      msoHidden: false,
      looks,
      margins: undefined,
      element,
      child: undefined,
    };
  }

  below(parent: ElementLook = this.#top, { name, attributes, place }: OpenedElement): ElementLook {
    const element = styledElement(parent, { name, attributes, place });
    parent.child = element;
    const styles = this.#cascade.styles(element, hints(name, attributes), this.#inline(attributes["style"]));
    const looks = styles ? looksBelow(parent.looks, styles) : parent.looks;
    const hidden = looks.every((look) => look.hidden !== undefined) ? looks[0]?.hidden : undefined;
    const seen = looks.some((look) => look.hidden === undefined && look.unseen === undefined);
    const unseen = seen ? undefined : (looks[0]?.hidden ?? looks[0]?.unseen ?? looks[1]?.unseen);
    // What a style sheet hides here and shows there has `mso-hide` for the same end.
    const msoHidden = looks.every((look) => look.msoHidden && look.hidden === undefined && look.unseen === undefined);
    const [margins] = looks.every((look) => look.margins === looks[0]?.margins) ? [looks[0]?.margins] : [];
    return { attributes, hidden, unseen, msoHidden, looks, margins, element, child: undefined };
  }

  #inline(style: string | undefined): readonly Declaration[] {
    if (style === undefined) return [];
    let found = this.#styles.get(style);
    if (!found) {
      found = declarations(style);
      if (this.#styles.size < MAX_CACHED_STYLES) this.#styles.set(style, found);
    }
    return found;
  }
}

/** Most elements look alike to everybody: then they are looked at once. */
function looksBelow(parents: readonly Look[], styles: readonly Css[]): readonly Look[] {
  const [parent = PAGE] = parents;
  const [style = NO_STYLE] = styles;
  const first = lookBelow(parent, style);
  return parents.map((other, reader) =>
    other === parent && styles[reader] === style ? first : lookBelow(other, styles[reader] ?? NO_STYLE),
  );
}

const NO_STYLE: Css = new Map();

function styledElement(parent: ElementLook, { name, attributes, place }: OpenedElement): StyledElement {
  const before = parent.child;
  const names = attributes["class"]?.trim().toLowerCase() ?? "";
  return {
    name,
    attributes,
    id: attributes["id"]?.trim().toLowerCase() ?? "",
    classes: names === "" ? [] : [...new Set(names.split(/\s+/))],
    parent: parent.element.index === 0 ? undefined : parent.element,
    before,
    index: (before?.index ?? 0) + 1,
    place,
  };
}

const LINK: readonly Declaration[] = [{ name: "color", value: "#0000ee", important: false }];
const MARK: readonly Declaration[] = [
  { name: "color", value: "#000", important: false },
  { name: "background-color", value: "#ff0", important: false },
];
const BUTTON: readonly Declaration[] = [
  { name: "color", value: "#000", important: false },
  { name: "background-color", value: "#efefef", important: false },
];
const NO_HINTS: readonly Declaration[] = [];

/** What browsers do without being told, and what attributes ask for (HTML section 15). */
function hints(name: string, attributes: Attributes): readonly Declaration[] {
  const { bgcolor, background, color, text } = attributes;
  const own =
    name === "a" && attributes["href"] !== undefined
      ? LINK
      : name === "mark"
        ? MARK
        : name === "button"
          ? BUTTON
          : NO_HINTS;
  const found: Declaration[] = [];
  if (bgcolor !== undefined) note("background-color", legacyHex(bgcolor), found);
  if (background !== undefined && background.trim() !== "") note("background-image", "url()", found);
  if (color !== undefined && (name === "font" || name === "basefont")) note("color", legacyHex(color), found);
  if (text !== undefined && name === "body") note("color", legacyHex(text), found);
  return found.length === 0 ? own : [...own, ...found];
}

function note(name: string, value: string | undefined, found: Declaration[]): void {
  if (value !== undefined) found.push({ name, value, important: false });
}

function legacyHex(value: string): string | undefined {
  const color = legacyColor(value);
  return color && `rgb(${color.r},${color.g},${color.b})`;
}
