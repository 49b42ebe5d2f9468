import { type Css, px } from "./css/value.ts";
import type { RemovalReason } from "./removed.ts";

/** What nobody can see: measures below and beyond which text is not meant to be read. */
export const COLLAPSED_PX: number = 1;
const OFF_SCREEN_PX = 200;
const FAR_AWAY_PX = 3_000;
const UNREADABLE_BLUR_PX = 6;
/** Designs overlap by some hundred pixels. */
const PULLED_AWAY_PX = 1_000;

/** Why nothing of an element's box is seen. */
export function whyHidden(css: Css): RemovalReason | undefined {
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

export function cutsOff(css: Css): boolean {
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

/**
 * `pull-up`: what follows in the same box is drawn far above it. `pull-left`: what follows in the same line, far to its left.
 * `end-here`: the box is laid out by itself.
 */
export type MarginsEffect = "pull-up" | "pull-left" | "end-here";

export function marginsEffect(css: Css): MarginsEffect | undefined {
  const is = (name: string, pattern: RegExp): boolean => pattern.test(css.get(name) ?? "");
  const isOutOfFlow = is("position", /^(?:absolute|fixed)$/) || is("float", /^(?:left|right)$/);
  const taken = (one: string, other: string): number =>
    Math.min(0, px(css.get(one)) ?? 0) + Math.min(0, px(css.get(other)) ?? 0);
  if (!isOutOfFlow && !is("display", /^none/)) {
    if (taken("margin-top", "margin-bottom") <= -PULLED_AWAY_PX && !is("display", /^inline/)) return "pull-up";
    if (taken("margin-left", "margin-right") <= -PULLED_AWAY_PX) return "pull-left";
  }
  return isOutOfFlow || cutsOff(css) || is("display", /flex|grid|flow-root|table|inline-block/)
    ? "end-here"
    : undefined;
}
