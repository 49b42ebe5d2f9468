/** Those who may read the mail: what one of them sees is no hidden text. */
interface Reader {
  readonly width: number;
  readonly height: number;
  readonly dark: boolean;
  readonly touch: boolean;
}

const READERS: readonly Reader[] = [
  { width: 1280, height: 800, dark: false, touch: false },
  { width: 390, height: 844, dark: false, touch: true },
  { width: 1280, height: 800, dark: true, touch: false },
];

export const READER_COUNT: number = READERS.length;

/** A set of readers, one bit for each. */
export type ReaderSet = number;

export const EVERYBODY: ReaderSet = (1 << READER_COUNT) - 1;

const MAX_QUERY_CHARS = 1_000;

/** For whom a media query list is true (Media Queries Level 4). */
export function readersOf(queries: string): ReaderSet {
  const text = queries.toLowerCase().replace(/\s+/g, " ").trim().slice(0, MAX_QUERY_CHARS);
  if (text === "") return EVERYBODY;
  return text.split(",").reduce((readers, query) => readers | readersOfQuery(query.trim()), 0);
}

function readersOfQuery(query: string): ReaderSet {
  const negated = /^not (?!\()/.test(query);
  const parts = query.replace(/^(?:not|only) (?!\()/, "").split(/ and /);
  const readers = READERS.reduce(
    (set, reader, bit) => (parts.every((part) => isTrue(part.trim(), reader)) ? set | (1 << bit) : set),
    0,
  );
  return negated ? EVERYBODY & ~readers : readers;
}

function isTrue(part: string, reader: Reader): boolean {
  if (part === "all" || part === "screen") return true;
  if (part.startsWith("not (")) return !isTrue(part.slice(4), reader);
  if (part.includes(") or (")) return part.split(/ or /).some((one) => isTrue(one.replace(/^\(\(|\)\)$/g, ""), reader));
  const [, feature = "", value = ""] = /^\(+\s*([\w-]+)\s*(?::\s*([^()]*?))?\s*\)+$/.exec(part) ?? [];
  if (feature === "") return isInRange(part, reader);
  const [, bound, name = feature] = /^(min|max)-(.+)$/.exec(feature.replace(/^-(?:webkit|moz)-/, "")) ?? [];
  const have = dimension(name, reader);
  if (have !== undefined) return value === "" ? have > 0 : compares(have, bound ?? "exactly", length(value));
  return hasFeature(name.replace(/^-(?:webkit|moz)-/, ""), value, reader);
}

function dimension(name: string, { width, height }: Reader): number | undefined {
  if (name === "width" || name === "device-width") return width;
  return name === "height" || name === "device-height" ? height : undefined;
}

function length(value: string): number {
  const number = Number.parseFloat(value);
  return /r?em$/.test(value) ? number * 16 : number;
}

function compares(have: number, how: string, wanted: number): boolean {
  if (how === "min") return have >= wanted;
  return how === "max" ? have <= wanted : have === wanted;
}

/** `(width <= 600px)`, `(400px < width < 700px)`. */
function isInRange(part: string, reader: Reader): boolean {
  const pattern = /^\(\s*(?:([\d.]+[a-z]*)\s*(<=?|>=?)\s*)?(width|height)\s*(?:(<=?|>=?|=)\s*([\d.]+[a-z]*)\s*)?\)$/;
  const [all, left, leftSign, name = "", rightSign, right] = pattern.exec(part) ?? [];
  const have = dimension(name, reader);
  if (all === undefined || have === undefined) return false;
  return (
    (left === undefined || holds(length(left), leftSign, have)) &&
    (right === undefined || holds(have, rightSign, length(right)))
  );
}

function holds(one: number, sign: string | undefined, other: number): boolean {
  if (sign === "=") return one === other;
  return sign?.startsWith("<") === true
    ? one < other || (sign === "<=" && one === other)
    : one > other || (sign === ">=" && one === other);
}

function hasFeature(name: string, value: string, { width, height, dark, touch }: Reader): boolean {
  switch (name) {
    case "prefers-color-scheme":
      return value === (dark ? "dark" : "light") || value === "";
    case "orientation":
      return value === (width >= height ? "landscape" : "portrait");
    case "hover":
    case "any-hover":
      return value === (touch ? "none" : "hover") || (value === "" && !touch);
    case "pointer":
    case "any-pointer":
      return value === (touch ? "coarse" : "fine") || value === "";
    case "prefers-reduced-motion":
    case "prefers-contrast":
    case "prefers-reduced-transparency":
    case "prefers-reduced-data":
      return value === "no-preference";
    case "resolution":
    case "device-pixel-ratio":
    case "aspect-ratio":
    case "device-aspect-ratio":
    case "color":
    case "color-gamut":
    case "color-index":
      return true;
    case "monochrome":
    case "grid":
      return value === "0";
    case "forced-colors":
    case "inverted-colors":
    case "scripting":
      return value === "none";
    default:
      return false;
  }
}
