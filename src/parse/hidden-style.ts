/**
 * What one style attribute does to the text below it. `hidden` cannot be undone further down. The others are inherited
 * and a child may set them back: newsletters put `font-size:0` on every table and a size on every text.
 */
export interface StyleEffect {
  readonly hidden: boolean;
  readonly fontSize: "zero" | "visible" | undefined;
  readonly visibility: "hidden" | "visible" | undefined;
  readonly color: "transparent" | "visible" | undefined;
}

const NO_EFFECT: StyleEffect = { hidden: false, fontSize: undefined, visibility: undefined, color: undefined };

/** What nobody can see: measures below and beyond which text is not meant to be read. */
const UNREADABLE_FONT_PX = 3;
const INVISIBLE_OPACITY = 0.05;
const COLLAPSED_PX = 1;
const OFF_SCREEN_PX = -200;

export function styleEffect(style: string): StyleEffect {
  if (!style.includes(":") && !style.includes("\\")) return NO_EFFECT;
  const css = declarations(style);
  if (css.size === 0) return NO_EFFECT;
  return { hidden: isHidden(css), fontSize: fontSize(css), visibility: visibility(css), color: color(css) };
}

type Css = ReadonlyMap<string, string>;

/** The declarations that win, names and values in lower case (CSS Syntax section 5.4, CSS Cascade section 6.4). */
function declarations(style: string): Css {
  const css = new Map<string, string>();
  const important = new Set<string>();
  for (const piece of splitDeclarations(normalized(style))) {
    const colon = piece.indexOf(":");
    if (colon <= 0) continue;
    const name = piece.slice(0, colon).trim().toLowerCase();
    const written = piece
      .slice(colon + 1)
      .trim()
      .toLowerCase();
    const value = written.replace(/ ?! ?important$/, "");
    if (value.length < written.length) important.add(name);
    else if (important.has(name)) continue;
    css.set(name, value.slice(0, MAX_VALUE_CHARS));
  }
  for (const [name, value] of css)
    if (value.includes("var(")) css.set(name, withVariables(value, css).slice(0, MAX_VALUE_CHARS));
  return css;
}

/** Longer values exist for fonts and pictures only; the patterns below must not run over a megabyte. */
const MAX_VALUE_CHARS = 500;

/** Without comments, escapes and long white space (CSS Syntax sections 4.3.2 and 4.3.7). */
function normalized(style: string): string {
  return unescapeCss(style.replace(/\/\*[^]*?(?:\*\/|$)/g, " ")).replace(/\s+/g, " ");
}

/** At semicolons outside of quotes and parentheses, as in `url(data:a;b)`. */
function splitDeclarations(style: string): string[] {
  if (!/["'(]/.test(style)) return style.split(";");
  const pieces: string[] = [];
  let start = 0;
  let depth = 0;
  let quote = "";
  for (let i = 0; i < style.length; i++) {
    const char = style.charAt(i);
    if (quote !== "") quote = char === quote ? "" : quote;
    else if (char === '"' || char === "'") quote = char;
    else if (char === "(") depth++;
    else if (char === ")") depth = Math.max(0, depth - 1);
    else if (char === ";" && depth === 0) {
      pieces.push(style.slice(start, i));
      start = i + 1;
    }
  }
  return [...pieces, style.slice(start)];
}

function unescapeCss(text: string): string {
  if (!text.includes("\\")) return text;
  return text.replace(/\\(?:([0-9a-f]{1,6})\s?|([^]))/gi, (_, hex: string | undefined, char: string | undefined) => {
    const code = hex === undefined ? undefined : Number.parseInt(hex, 16);
    return code === undefined ? (char ?? "") : code <= 0x10ffff ? String.fromCodePoint(code) : "";
  });
}

/** One level is enough: what a mail hides behind two variables is beyond what mail programs resolve. */
function withVariables(value: string, css: Css): string {
  return value.replace(
    /var\(\s*(--[\w-]{1,100})\s*(?:,([^()]{0,200}))?\)/g,
    (_, name: string, fallback: string | undefined) => (css.get(name) ?? fallback ?? "").trim(),
  );
}

function isHidden(css: Css): boolean {
  const is = (name: string, pattern: RegExp): boolean => pattern.test(css.get(name) ?? "");
  return (
    is("display", /^none$/) ||
    is("mso-hide", /^all$/) ||
    is("content-visibility", /^hidden$/) ||
    opacity(css.get("opacity")) <= INVISIBLE_OPACITY ||
    is("filter", /opacity\(\s*0?\.?0*%?\s*\)/) ||
    isCollapsed(css) ||
    isClipped(css) ||
    isOffScreen(css)
  );
}

function opacity(value: string | undefined): number {
  const number = Number.parseFloat(value ?? "1");
  if (Number.isNaN(number)) return 1;
  return value?.endsWith("%") ? number / 100 : number;
}

function isCollapsed(css: Css): boolean {
  const cutsOff = /hidden|clip/.test(
    `${css.get("overflow") ?? ""} ${css.get("overflow-y") ?? ""} ${css.get("overflow-x") ?? ""}`,
  );
  return (
    cutsOff &&
    ["max-height", "height", "max-width", "width"].some((name) => (px(css.get(name)) ?? Infinity) <= COLLAPSED_PX)
  );
}

function isClipped(css: Css): boolean {
  const rect = /^rect\(([^)]*)\)/.exec(css.get("clip") ?? "")?.[1];
  if (rect !== undefined) {
    const [top = 0, right = 0, bottom = 0, left = 0] = rect.split(/[\s,]+/).map((edge) => px(edge) ?? Infinity);
    if (right - left <= COLLAPSED_PX || bottom - top <= COLLAPSED_PX) return true;
  }
  return /inset\(\s*(?:[5-9]\d|100)(?:\.\d+)?%|circle\(\s*0/.test(css.get("clip-path") ?? "");
}

function isOffScreen(css: Css): boolean {
  const far = (name: string): boolean => (px(css.get(name)) ?? 0) <= OFF_SCREEN_PX;
  if (far("text-indent") || far("margin-left") || far("margin-top")) return true;
  const transform = css.get("transform") ?? "";
  if (/scale[xy]?\(\s*0(?:\.0+)?\s*[,)]/.test(transform)) return true;
  const moved = /translate[xy]?\(\s*([^,)]*)(?:,([^)]*))?\)/.exec(transform);
  if (moved && [moved[1], moved[2]].some((by) => (px(by) ?? 0) <= OFF_SCREEN_PX)) return true;
  return (
    /^(?:absolute|fixed|relative)$/.test(css.get("position") ?? "") && ["left", "top", "right", "bottom"].some(far)
  );
}

function fontSize(css: Css): StyleEffect["fontSize"] {
  const shorthand = /(?:^|\s)(\d{0,9}\.?\d{1,9}(?:px|pt|em|rem|ex|ch|%|vw|vh|mm|cm|in)?)\s*(?:\/|\s|$)/.exec(
    css.get("font") ?? "",
  )?.[1];
  const value = css.get("font-size") ?? shorthand;
  if (value === undefined) return undefined;
  const size = px(value);
  if (size !== undefined) return size < UNREADABLE_FONT_PX ? "zero" : relative(value) ? undefined : "visible";
  return /^(?:xx-small|x-small|small|medium|large|x-large|xx-large|xxx-large|initial)$/.test(value)
    ? "visible"
    : undefined;
}

/** A size relative to the parent's: nothing of nothing is nothing. */
function relative(value: string): boolean {
  return /(?:\dem|\dex|\dch|%)$/.test(value);
}

function visibility(css: Css): StyleEffect["visibility"] {
  const value = css.get("visibility");
  if (value === undefined || value === "inherit") return undefined;
  return value === "hidden" || value === "collapse" ? "hidden" : "visible";
}

/** Text in the colour of its background belongs here, too, once backgrounds are followed. */
function color(css: Css): StyleEffect["color"] {
  const value = css.get("color");
  if (value === undefined || value === "inherit" || value === "currentcolor") return undefined;
  const transparent =
    /^transparent$|^(?:rgb|hsl)a?\([^)]*[,/]\s*(?:0|0?\.0+|0+%)\s*\)$|^#(?:[\da-f]{3}0|[\da-f]{6}00)$/;
  // rgb(0,0,0) ends in a zero that is blue, not opacity.
  const opaque = /^(?:rgb|hsl)\((?:[^,/]*,){2}[^,/]*\)$/.test(value);
  return transparent.test(value) && !opaque ? "transparent" : "visible";
}

const PX_PER_UNIT: Readonly<Record<string, number>> = {
  "": 1,
  px: 1,
  pt: 4 / 3,
  pc: 16,
  em: 16,
  rem: 16,
  ex: 8,
  ch: 8,
  "%": 0.16 * 16,
  vw: 10,
  vh: 8,
  in: 96,
  cm: 38,
  mm: 3.8,
};

/** A length in pixels of an ordinary screen; only its order of magnitude matters here. */
function px(value: string | undefined): number | undefined {
  const match = /^\s*([+-]?\d{0,9}\.?\d{1,9})(px|pt|pc|em|rem|ex|ch|%|vw|vh|in|cm|mm)?\s*$/.exec(value ?? "");
  return match ? Number(match[1]) * (PX_PER_UNIT[match[2] ?? ""] ?? 1) : undefined;
}
