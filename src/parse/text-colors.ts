import { BLACK, canBeRead, type Color, colorsIn, over, parseColor } from "./css/color.ts";
import { type Css, keepsInherited } from "./css/value.ts";
import type { RemovalReason } from "./removed.ts";

/** With what a text is drawn, and on what. */
export interface Drawing {
  readonly color: Color;
  /** Others that it is drawn with, such as a shadow's. */
  readonly moreColors: readonly Color[];
  /** Any of these may lie behind it; none: a picture does, and nobody knows. */
  readonly backgrounds: readonly Color[];
  readonly opacity: number;
}

/** Opacity at and below which nothing is seen. */
export const INVISIBLE_OPACITY = 0.1;

export function drawnAlike(one: Drawing, other: Drawing): boolean {
  return (
    one.color === other.color &&
    one.moreColors === other.moreColors &&
    one.backgrounds === other.backgrounds &&
    one.opacity === other.opacity
  );
}

/** Why nobody sees it for its colours; undefined when somebody does, or nobody knows. */
export function whyColorless({ color, moreColors: more, backgrounds, opacity }: Drawing): RemovalReason | undefined {
  const colors = (more.length === 0 ? [color] : [color, ...more]).filter(({ a }) => a > INVISIBLE_OPACITY);
  if (colors.length === 0) return "transparent-text";
  if (backgrounds.length === 0) return undefined;
  const seen = colors.some((one) =>
    backgrounds.some((background) => canBeRead({ ...one, a: one.a * opacity }, background)),
  );
  return seen ? undefined : "same-color";
}

export function textColor(css: Css, inherited: Color): Color {
  return colorOf(css.get("color"), inherited);
}

/** What letters are filled with, whatever their colour is; undefined: with that. */
export function fillColor(css: Css, inherited: Color | undefined): Color | undefined {
  const value = css.get("-webkit-text-fill-color");
  if (value === undefined || keepsInherited(value)) return inherited;
  return value === "currentcolor" || value === "initial" ? undefined : (parseColor(value) ?? BLACK);
}

const NO_COLORS: readonly Color[] = [];

export function moreColors(css: Css, inherited: readonly Color[]): readonly Color[] {
  const shadow = css.get("text-shadow");
  if (shadow === undefined && !css.has("background-clip") && !css.has("-webkit-background-clip")) return inherited;
  const shadows = shadow === undefined || shadow === "inherit" ? inherited : colorsIn(shadow).slice(0, 5);
  // Letters cut out of a background are drawn with its colours.
  const letters = isCutOut(css)
    ? colorsIn(`${css.get("background-image") ?? ""} ${css.get("background-color") ?? ""}`)
    : NO_COLORS;
  return letters.length === 0 ? shadows : [...shadows, ...letters].slice(0, 10);
}

function isCutOut(css: Css): boolean {
  return (css.get("background-clip") ?? css.get("-webkit-background-clip")) === "text";
}

/** A colour that this does not know is one that can be seen. */
function colorOf(value: string | undefined, inherited: Color): Color {
  if (value === undefined || value === "currentcolor" || keepsInherited(value)) return inherited;
  return parseColor(value) ?? BLACK;
}

export function backgroundsOf(css: Css, behind: readonly Color[], current: Color): readonly Color[] {
  const value = css.get("background-color");
  const image = css.get("background-image") ?? "none";
  if ((value === undefined && image === "none") || isCutOut(css)) return behind;
  if (/url\(|image/.test(image)) return NO_COLORS;
  const gradient = image.includes("gradient(") ? colorsIn(image).slice(0, 8) : NO_COLORS;
  if (value === "inherit") return behind;
  const own = value === undefined ? undefined : value === "currentcolor" ? current : parseColor(value);
  if (own === undefined && value?.includes("(") === true) return NO_COLORS;
  const below = own && own.a > 0 ? layered(own, behind) : behind;
  return gradient.length > 0 ? gradient.flatMap((color) => layered(color, below)).slice(0, 8) : below;
}

function layered(color: Color, below: readonly Color[]): readonly Color[] {
  if (color.a >= 1) return [color];
  return below.map((background) => over(color, background));
}
