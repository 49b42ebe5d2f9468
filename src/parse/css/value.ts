import { colorsIn } from "./color.ts";

/** Longhand properties that decide whether text is seen; names and values in lower case. */
export type Css = ReadonlyMap<string, string>;

export interface Declaration {
  readonly name: string;
  readonly value: string;
  readonly important: boolean;
}

/** Longer values exist for fonts and pictures only; the patterns below must not run over a megabyte. */
const MAX_VALUE_CHARS = 500;

const LONGHANDS = new Set(
  `display visibility opacity filter font-size line-height color background-color background-image background-clip
  -webkit-background-clip -webkit-text-fill-color text-shadow mso-hide content-visibility overflow-x overflow-y
  max-height height max-width width clip clip-path -webkit-clip-path text-indent margin-left margin-right margin-top margin-bottom
  position float left top right bottom transform translate scale zoom letter-spacing`.split(/\s+/),
);
const RELEVANT = new Set([...LONGHANDS, "all", "font", "background", "overflow", "margin", "inset"]);

/** What `all` sets (CSS Cascade section 3.2); Outlook's own property is none of CSS. */
export const ALL_PROPERTIES: readonly string[] = [...LONGHANDS].filter((name) => name !== "mso-hide");

/** What a style attribute or a rule's block declares, in order, shorthands taken apart (CSS Syntax section 5.4). */
export function declarations(style: string): Declaration[] {
  const found: Declaration[] = [];
  if (!style.includes(":") && !style.includes("\\")) return found;
  for (const piece of splitDeclarations(normalized(style))) {
    const colon = piece.indexOf(":");
    if (colon <= 0) continue;
    const name = piece.slice(0, colon).trim().toLowerCase();
    if (!RELEVANT.has(name) && !name.startsWith("--")) continue;
    const written = piece
      .slice(colon + 1)
      .trim()
      .toLowerCase();
    const value = written.replace(/ ?! ?important$/, "");
    const important = value.length < written.length;
    for (const [longhand, part] of longhands(name, value.slice(0, MAX_VALUE_CHARS))) {
      if (isValid(longhand, part)) found.push({ name: longhand, value: part, important });
    }
  }
  return found;
}

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

export function unescapeCss(text: string): string {
  if (!text.includes("\\")) return text;
  return text.replace(/\\(?:([0-9a-f]{1,6})\s?|([^]))/gi, (_, hex: string | undefined, char: string | undefined) => {
    const code = hex === undefined ? undefined : Number.parseInt(hex, 16);
    return code === undefined ? (char ?? "") : code <= 0x10ffff ? String.fromCodePoint(code) : "";
  });
}

function longhands(name: string, value: string): readonly (readonly [string, string])[] {
  if (name === "font") return fontShorthand(value);
  if (name === "background") return backgroundShorthand(value);
  if (name === "overflow") {
    const [x = "", y = x] = value.split(" ");
    return [
      ["overflow-x", x],
      ["overflow-y", y],
    ];
  }
  if (name === "margin" || name === "inset") {
    const [top = "", right = top, bottom = top, left = right] = value.split(" ");
    return name === "margin"
      ? [
          ["margin-top", top],
          ["margin-bottom", bottom],
          ["margin-left", left],
          ["margin-right", right],
        ]
      : [
          ["top", top],
          ["right", right],
          ["bottom", bottom],
          ["left", left],
        ];
  }
  return [[name, value]];
}

function fontShorthand(value: string): [string, string][] {
  const size = /(?:^|\s)(\d{0,9}\.?\d{1,9}(?:px|pt|em|rem|ex|ch|%|vw|vh|mm|cm|in)?)\s*(?:\/|\s|$)/.exec(value)?.[1];
  if (size === undefined) return [];
  const lineHeight = /\/\s*([\w.%+-]{1,20})/.exec(value)?.[1] ?? "normal";
  return [
    ["font-size", size],
    ["line-height", lineHeight],
  ];
}

function backgroundShorthand(value: string): [string, string][] {
  if (value.includes("var(")) return [["background-color", value]];
  const image = /(?:url|gradient|image|image-set)\(/.test(value);
  const color = image ? colorsIn(value.replace(/[\w-]*(?:url|gradient)\([^]*\)/, " ")) : colorsIn(value);
  if (value === "currentcolor") return [["background-color", value]];
  const known = color.length > 0 || /^(?:none|transparent|0|0 0|initial|inherit|unset)\b/.test(value) || image;
  if (!known) return [];
  return [
    ["background-color", color.length > 0 || !image ? (colorWord(value, image) ?? "transparent") : "transparent"],
    ["background-image", image ? value : "none"],
    ...(/(?:^| )text(?: |$)/.test(value) ? [["background-clip", "text"] as [string, string]] : []),
  ];
}

/** The colour as it is written in a `background`. */
function colorWord(value: string, image: boolean): string | undefined {
  const rest = image ? value.replace(/[\w-]*(?:url|gradient)\([^]*\)/, " ") : value;
  return rest.match(/#[\da-f]{3,8}\b|[a-z]{2,20}\([^()]*\)|[a-z]{3,30}/g)?.find((word) => colorsIn(word).length > 0);
}

const DISPLAYS =
  /^(?:none|block|inline|inline-block|flex|inline-flex|grid|inline-grid|flow-root|contents|list-item|run-in|table(?:-[a-z-]+)?|inline-table|ruby(?:-[a-z-]+)?|-webkit-(?:inline-)?box|(?:block|inline) [a-z ]+)$/;
/** Whether an inherited property stays as it is around the element. */
export function keepsInherited(value: string): boolean {
  return /^(?:inherit|unset|revert)/.test(value);
}

const WIDE = /^(?:inherit|initial|unset|revert|revert-layer)$/;

/** A declaration that a browser does not understand changes nothing: `display:none;display:x` hides. */
function isValid(name: string, value: string): boolean {
  if (value.includes("var(") || WIDE.test(value)) return true;
  if (name === "all") return false;
  if (name === "display") return DISPLAYS.test(value);
  if (name === "visibility") return /^(?:visible|hidden|collapse)$/.test(value);
  if (name === "opacity") return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?%?$|^calc\(/.test(value);
  if (name === "color" || name === "background-color" || name === "-webkit-text-fill-color")
    return colorsIn(value).length > 0 || /^(?:currentcolor|transparent)$/.test(value) || /^[a-z-]+\(/.test(value);
  if (name === "font-size")
    return (
      (px(value) ?? -1) >= 0 ||
      /^(?:[a-z]+-)*(?:small|medium|large|smaller|larger)$|^(?:calc|min|max|clamp)\(/.test(value)
    );
  return value !== "";
}

/**
 * One level is enough: what a mail hides behind two variables is beyond what mail programs resolve. A value that names one
 * which is not there is as if it had not been written (CSS Custom Properties section 3.1).
 */
export function withVariables(value: string, variables: Css): string {
  let isMissing = false;
  const text = value.replace(
    /var\(\s*(--[\w-]{1,100})\s*(?:,([^()]{0,200}))?\)/g,
    (_, name: string, fallback: string | undefined) => {
      const found = variables.get(name) ?? fallback;
      isMissing ||= found === undefined;
      return (found ?? "").trim();
    },
  );
  return isMissing ? "unset" : text.slice(0, MAX_VALUE_CHARS);
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
  vmin: 8,
  vmax: 10,
  in: 96,
  cm: 38,
  mm: 3.8,
  q: 0.95,
};

/** A length in pixels of an ordinary screen; only its order of magnitude matters here. */
export function px(value: string | undefined): number | undefined {
  const match =
    /^\s*(?:calc\(\s*)?([+-]?\d{0,9}\.?\d{1,9})\.?(px|pt|pc|em|rem|ex|ch|%|vw|vh|vmin|vmax|in|cm|mm|q)?\s*\)?\s*$/.exec(
      value ?? "",
    );
  return match ? Number(match[1]) * (PX_PER_UNIT[match[2] ?? ""] ?? 1) : undefined;
}
