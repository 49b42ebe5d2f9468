import { BLACK, type Color, WHITE } from "./css/color.ts";
import { type Css, keepsInherited, px, withVariables } from "./css/value.ts";
import { COLLAPSED_PX, cutsOff, marginsEffect, type MarginsEffect, whyHidden } from "./hidden-boxes.ts";
import type { RemovalReason } from "./removed.ts";
import {
  backgroundsOf,
  drawnAlike,
  fillColor,
  INVISIBLE_OPACITY,
  moreColors,
  textColor,
  whyColorless,
} from "./text-colors.ts";

/** What an element hands down to the text in it, as one reader sees it. */
export interface Look {
  /** Why it is hidden, with no way back further down. */
  readonly hidden: RemovalReason | undefined;
  /** Why text here is not seen; a child may undo this: newsletters put `font-size:0` on every table and a size on every text. */
  readonly unseen: RemovalReason | undefined;
  /** Why nobody sees it for its colours alone. */
  readonly colors: RemovalReason | undefined;
  readonly visible: boolean;
  readonly fontPx: number;
  readonly opacity: number;
  /** What letters are drawn with: their fill, or else their colour. */
  readonly color: Color;
  readonly textColor: Color;
  readonly fill: Color | undefined;
  /** Others that the text is drawn with, such as a shadow's. */
  readonly moreColors: readonly Color[];
  /** Any of these may lie behind it; none: a picture does, and nobody knows. */
  readonly backgrounds: readonly Color[];
  /** Not shown by Outlook. */
  readonly msoHidden: boolean;
  readonly variables: Css;
  /** Lines have no height. */
  readonly flatLines: boolean;
  /** Lines have no height in a box that is as high as its lines and shows nothing beyond. */
  readonly crushed: boolean;
  /** What its margins do to what follows it, or those in it to what follows them; not handed down. */
  readonly margins: MarginsEffect | undefined;
}

export const PAGE: Look = {
  hidden: undefined,
  unseen: undefined,
  colors: undefined,
  visible: true,
  fontPx: 16,
  opacity: 1,
  color: BLACK,
  textColor: BLACK,
  fill: undefined,
  moreColors: [],
  backgrounds: [WHITE],
  msoHidden: false,
  variables: new Map(),
  flatLines: false,
  crushed: false,
  margins: undefined,
};

/** Below this, text is not meant to be read. */
const UNREADABLE_FONT_PX = 5;

/** The look of an element below `parent` that has these declarations. */
export function lookBelow(parent: Look, declared: Css): Look {
  if (declared.size === 0) return parent.margins ? { ...parent, margins: undefined } : parent;
  const variables = ownVariables(parent.variables, declared);
  const css = resolved(declared, variables);
  const [color, fill] = [textColor(css, parent.textColor), fillColor(css, parent.fill)];
  const flatLines = hasFlatLines(css) ?? parent.flatLines;
  const look = {
    hidden: parent.hidden ?? whyHidden(css),
    visible: visibility(css) ?? parent.visible,
    fontPx: fontPx(css, parent.fontPx),
    opacity: parent.opacity * opacityOf(css),
    color: fill ?? color,
    textColor: color,
    fill,
    moreColors: moreColors(css, parent.moreColors),
    backgrounds: backgroundsOf(css, parent.backgrounds, color),
    msoHidden: css.has("mso-hide") ? css.get("mso-hide") === "all" : parent.msoHidden,
    variables,
    flatLines,
    crushed: flatLines && (parent.crushed || (cutsOff(css) && !css.has("height"))),
    margins: marginsEffect(css),
  };
  const colors = drawnAlike(look, parent) ? parent.colors : whyColorless(look);
  return { ...look, colors, unseen: whyUnseen(look) ?? colors };
}

function whyUnseen({
  visible,
  opacity,
  fontPx: size,
  crushed,
}: Pick<Look, "visible" | "opacity" | "fontPx" | "crushed">): RemovalReason | undefined {
  if (!visible) return "visibility-hidden";
  if (opacity <= INVISIBLE_OPACITY) return "opacity";
  if (size < UNREADABLE_FONT_PX) return "tiny-text";
  return crushed ? "collapsed" : undefined;
}

const MAX_VARIABLES = 200;

/** Custom properties are handed down (CSS Custom Properties section 2). */
function ownVariables(inherited: Css, declared: Css): Css {
  let own: [string, string][] | undefined;
  for (const [name, value] of declared) if (name.startsWith("--")) (own ??= []).push([name, value]);
  return own === undefined ? inherited : new Map([...inherited, ...own].slice(-MAX_VARIABLES));
}

function resolved(declared: Css, variables: Css): Css {
  let css: Map<string, string> | undefined;
  for (const [name, value] of declared) {
    if (name.startsWith("--") || !value.includes("var(")) continue;
    css ??= new Map(declared);
    css.set(name, withVariables(withVariables(value, variables), variables).trim());
  }
  return css ?? declared;
}

function opacityOf(css: Css): number {
  const value = css.get("opacity");
  const number = Number.parseFloat(value ?? "1");
  if (Number.isNaN(number)) return 1;
  return Math.min(1, Math.max(0, value?.endsWith("%") === true ? number / 100 : number));
}

/** Undefined: as in what is around it. */
function hasFlatLines(css: Css): boolean | undefined {
  const value = css.get("line-height");
  if (value === undefined || keepsInherited(value)) return undefined;
  const height = Number.parseFloat(value);
  return height <= (value.endsWith("px") ? COLLAPSED_PX : 0.05);
}

const FONT_SIZES: Readonly<Record<string, number>> = {
  "xx-small": 9,
  "x-small": 10,
  small: 13,
  medium: 16,
  large: 18,
  "x-large": 24,
  "xx-large": 32,
  "xxx-large": 48,
  initial: 16,
};

function fontPx(css: Css, inherited: number): number {
  const value = css.get("font-size");
  if (value === undefined) return inherited;
  const size =
    FONT_SIZES[value] ?? (value === "smaller" ? inherited / 1.2 : value === "larger" ? inherited * 1.2 : px(value));
  if (size === undefined) return inherited;
  if (/(?:\dr?em|\d\.?r?em)$/.test(value)) return value.endsWith("rem") ? size : (size / 16) * inherited;
  if (/e[xm]$|ch$/.test(value)) return (size / 16) * inherited;
  return value.endsWith("%") ? (Number.parseFloat(value) / 100) * inherited : size;
}

function visibility(css: Css): boolean | undefined {
  const value = css.get("visibility");
  if (value === undefined || keepsInherited(value)) return undefined;
  return value !== "hidden" && value !== "collapse";
}
