import { BLACK, type Color, WHITE } from "./css/color.ts";
import { type Css, px, withVariables } from "./css/value.ts";
import type { RemovalReason } from "./removed.ts";
import { backgroundsOf, drawnAlike, INVISIBLE_OPACITY, moreColors, textColor, whyColorless } from "./text-colors.ts";

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
  readonly color: Color;
  /** Others that the text is drawn with, such as a shadow's. */
  readonly moreColors: readonly Color[];
  /** Any of these may lie behind it; none: a picture does, and nobody knows. */
  readonly backgrounds: readonly Color[];
  /** Not shown by Outlook. */
  readonly msoHidden: boolean;
  readonly variables: Css;
}

export const PAGE: Look = {
  hidden: undefined,
  unseen: undefined,
  colors: undefined,
  visible: true,
  fontPx: 16,
  opacity: 1,
  color: BLACK,
  moreColors: [],
  backgrounds: [WHITE],
  msoHidden: false,
  variables: new Map(),
};

/** What nobody can see: measures below and beyond which text is not meant to be read. */
const UNREADABLE_FONT_PX = 5;
const COLLAPSED_PX = 1;
const OFF_SCREEN_PX = 200;
const FAR_AWAY_PX = 3_000;
const UNREADABLE_BLUR_PX = 6;

/** The look of an element below `parent` that has these declarations. */
export function lookBelow(parent: Look, declared: Css): Look {
  if (declared.size === 0) return parent;
  const variables = ownVariables(parent.variables, declared);
  const css = resolved(declared, variables);
  const look = {
    hidden: parent.hidden ?? whyHidden(css),
    visible: visibility(css) ?? parent.visible,
    fontPx: fontPx(css, parent.fontPx),
    opacity: parent.opacity * opacityOf(css),
    color: textColor(css, parent.color),
    moreColors: moreColors(css, parent.moreColors),
    backgrounds: backgroundsOf(css, parent.backgrounds),
    msoHidden: css.has("mso-hide") ? css.get("mso-hide") === "all" : parent.msoHidden,
    variables,
  };
  const colors = drawnAlike(look, parent) ? parent.colors : whyColorless(look);
  return { ...look, colors, unseen: whyUnseen(look) ?? colors };
}

function whyUnseen({
  visible,
  opacity,
  fontPx: size,
}: Pick<Look, "visible" | "opacity" | "fontPx">): RemovalReason | undefined {
  if (!visible) return "visibility-hidden";
  if (opacity <= INVISIBLE_OPACITY) return "opacity";
  return size < UNREADABLE_FONT_PX ? "tiny-text" : undefined;
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

function whyHidden(css: Css): RemovalReason | undefined {
  const is = (name: string, pattern: RegExp): boolean => pattern.test(css.get(name) ?? "");
  if (is("display", /^none$/) || is("content-visibility", /^hidden$/)) return "display-none";
  if (is("filter", /opacity\(\s*(?:0?\.?0+|0)%?\s*\)/) || blur(css) >= UNREADABLE_BLUR_PX) return "opacity";
  if (isCollapsed(css)) return "collapsed";
  if (isClipped(css)) return "clipped";
  return isOffScreen(css) ? "off-screen" : undefined;
}

function blur(css: Css): number {
  return px(/blur\(\s*([^()]{1,20})\)/.exec(css.get("filter") ?? "")?.[1]) ?? 0;
}

function opacityOf(css: Css): number {
  const value = css.get("opacity");
  const number = Number.parseFloat(value ?? "1");
  if (Number.isNaN(number)) return 1;
  return Math.min(1, Math.max(0, value?.endsWith("%") === true ? number / 100 : number));
}

function cutsOff(css: Css): boolean {
  if (!css.has("overflow-x") && !css.has("overflow-y")) return false;
  return /hidden|clip/.test(`${css.get("overflow-x") ?? ""} ${css.get("overflow-y") ?? ""}`);
}

const SIZES = ["max-height", "height", "max-width", "width"];

function isCollapsed(css: Css): boolean {
  if (cutsOff(css) && SIZES.some((name) => (px(css.get(name)) ?? Infinity) <= COLLAPSED_PX)) return true;
  const zoom = css.get("zoom");
  if (zoom !== undefined && Number.parseFloat(zoom) / (zoom.endsWith("%") ? 100 : 1) < 0.2) return true;
  const spacing = css.get("letter-spacing");
  return spacing !== undefined && (px(spacing) ?? 0) <= -10;
}

function isClipped(css: Css): boolean {
  const rect = /^rect\(([^)]*)\)/.exec(css.get("clip") ?? "")?.[1];
  if (rect !== undefined && /^(?:absolute|fixed)$/.test(css.get("position") ?? "absolute")) {
    const [top = 0, right = 0, bottom = 0, left = 0] = rect
      .trim()
      .split(/[\s,]+/)
      .map((edge) => px(edge) ?? Infinity);
    if (right - left <= COLLAPSED_PX || bottom - top <= COLLAPSED_PX) return true;
  }
  const path = css.get("clip-path") ?? css.get("-webkit-clip-path") ?? "";
  return /inset\(\s*(?:[5-9]\d|100)(?:\.\d+)?%|(?:circle|ellipse)\(\s*0|polygon\(\s*(?:0(?:px|%)?[\s,]*)+\)/.test(path);
}

function isOffScreen(css: Css): boolean {
  const by = (name: string): number => px(css.get(name)) ?? 0;
  if (["text-indent", "margin-left", "margin-top"].some((name) => by(name) <= -OFF_SCREEN_PX)) return true;
  if (by("margin-left") >= FAR_AWAY_PX || by("text-indent") >= FAR_AWAY_PX) return true;
  if (cutsOff(css) && (/^(?:[1-9]\d{2,})%$/.test(css.get("text-indent") ?? "") || by("text-indent") >= 1_000))
    return true;
  if (["transform", "scale", "translate"].some((name) => css.has(name)) && isTransformedAway(css)) return true;
  const placed = /^(?:absolute|fixed|relative|sticky)$/.test(css.get("position") ?? "");
  return (
    placed && ["left", "top", "right", "bottom"].some((name) => by(name) <= -OFF_SCREEN_PX || by(name) >= FAR_AWAY_PX)
  );
}

/** The individual transform properties, written as functions. */
function named(css: Css, name: string): string {
  const value = css.get(name);
  return value === undefined || value === "none" ? "" : `${name}(${value.replace(/ /g, ",")})`;
}

function isTransformedAway(css: Css): boolean {
  const transform = `${css.get("transform") ?? ""} ${named(css, "scale")} ${named(css, "translate")}`;
  if (/scale(?:[xy]|3d)?\(\s*(?:[^(),]{1,20},\s*)?0(?:\.0\d*)?%?\s*[,)]/.test(transform)) return true;
  if (/rotate[xy]\(\s*-?(?:90|270)deg/.test(transform) || /matrix\(\s*0\s*,\s*0\s*,\s*0\s*,\s*0/.test(transform))
    return true;
  const moved = /translate(?:[xy]|3d)?\(\s*([^,)]*)(?:,([^,)]*))?/.exec(transform);
  return (
    moved !== null &&
    [moved[1], moved[2]].some(
      (by) => Math.abs(px(by) ?? 0) >= (by?.includes("-") === true ? OFF_SCREEN_PX : FAR_AWAY_PX),
    )
  );
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
  if (value === undefined || /^(?:inherit|unset|revert)/.test(value)) return undefined;
  return value !== "hidden" && value !== "collapse";
}
