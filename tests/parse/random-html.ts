import type { Random } from "../fuzz/random.ts";

const COLORS =
  "#fff white #000 rgb(255,255,255) rgba(0,0,0,0) transparent #fefefe red currentColor inherit var(--c) #333".split(
    " ",
  );
const LENGTHS = "0 1px 2px 12px -9999px -100px 100% 1em 200% calc(0px) var(--l) 5000px".split(" ");
const PROPERTIES: readonly (readonly [name: string, values: readonly string[]])[] = [
  ["display", ["none", "block", "inline", "inline-block", "flex", "none !important", "block !important", "list-item"]],
  ["visibility", ["hidden", "visible", "collapse", "hidden !important", "inherit"]],
  ["opacity", ["0", "1", "0.05", "50%", ".9"]],
  ["font-size", ["0", "1px", "4px", "12px", "1em", "200%", "var(--l)", "0.1em"]],
  ["font", ["0/0 a", "12px arial", "italic 0px/1 serif"]],
  ["line-height", ["0", "1.5", "0px"]],
  ["color", COLORS],
  ["background", COLORS],
  ["background-color", COLORS],
  ["height", ["1px", "20px", "auto"]],
  ["max-height", ["0", "100px", "none"]],
  ["width", ["100px", "auto"]],
  ["overflow", ["hidden", "visible", "auto", "hidden visible"]],
  ["position", ["absolute", "relative", "static", "absolute;clip:rect(0,0,0,0)"]],
  ["left", LENGTHS],
  ["top", LENGTHS],
  ["text-indent", ["-9999px", "2em", "0"]],
  ["margin-left", ["-9999px", "0", "-8px"]],
  ["margin-top", ["-9999px", "0"]],
  ["transform", ["scale(0)", "translateX(-9999px)", "none", "rotate(3deg)"]],
  ["clip-path", ["inset(100%)", "circle(0)", "none"]],
  ["filter", ["opacity(0)", "none", "blur(1px)"]],
  ["-webkit-text-fill-color", ["transparent", "#fff", "black"]],
  ["--c", ["#fff", "black", "transparent"]],
  ["--l", ["0px", "12px"]],
  ["all", ["unset", "initial"]],
];
const BLOCKS = ["div", "p", "center", "section", "td", "li"];
const TAGS = [...BLOCKS, "span", "b", "font", "a"];
const CLASSES = ["a", "b", "c", "d"];
const MEDIA = [
  "@media screen",
  "@media (max-width:600px)",
  "@media print",
  "@media not all",
  "@media (prefers-color-scheme:dark)",
  "@supports (display:grid)",
];
const PSEUDO =
  ":first-child :last-child :only-child :nth-child(2n+1) :last-of-type :nth-last-child(2) :first-of-type".split(" ");
const MAX_DEPTH = 4;

/** A mail with random styles and badly nested tags, each of whose words is another: `W7x0`, `W7x1` … of seed 7. */
export function randomHtml(seed: number, random: Random): string {
  const writer = new Writer(seed, random);
  const sheet = writer.sheet();
  const body = writer.some(3, () => writer.element(0)).join("");
  return `<!doctype html><html><head><style>${sheet}</style></head><body><p>visible</p>${body}</body></html>`;
}

class Writer {
  readonly #seed: number;
  readonly #random: Random;
  #words = 0;

  constructor(seed: number, random: Random) {
    this.#seed = seed;
    this.#random = random;
  }

  /** At least one. */
  some(most: number, one: () => string): string[] {
    return Array.from({ length: 1 + this.#random.below(most) }, one);
  }

  sheet(): string {
    return this.some(3, () =>
      this.#random.chance(0.25) ? `${this.#random.pick(MEDIA)}{${this.#rule()}}` : this.#rule(),
    ).join("");
  }

  element(depth: number): string {
    const random = this.#random;
    const tag = random.pick(TAGS);
    const attributes = [
      random.chance(0.4) ? ` class="${random.pick(CLASSES)} ${random.pick(CLASSES)}"` : "",
      random.chance(0.15) ? ` id=i${random.below(4)}` : "",
      // Beyond blocks much of it has no effect, and none that a sender could want.
      BLOCKS.includes(tag) && random.chance(0.5) ? ` style="${this.#declarations()}"` : "",
      random.chance(0.03) ? " hidden" : "",
    ].join("");
    const inside = this.some(3, () =>
      depth < MAX_DEPTH && random.chance(0.5) ? this.element(depth + 1) : ` W${this.#seed}x${this.#words++} `,
    ).join("");
    const stray = random.chance(0.05) ? `</${random.pick(TAGS)}>` : "";
    const element = `<${tag}${attributes}>${inside}${stray}${random.chance(0.05) ? "" : `</${tag}>`}`;
    if (tag === "td") return `<table><tr>${element}</tr></table>`;
    return tag === "li" ? `<ul>${element}</ul>` : element;
  }

  #rule(): string {
    return `${this.#selector()}{${this.#declarations()}}`;
  }

  #declarations(): string {
    const declaration = (): string => {
      const [name, values] = this.#random.pick(PROPERTIES);
      return `${name}:${this.#random.pick(values)}`;
    };
    return this.some(3, declaration).join(";");
  }

  #selector(): string {
    const random = this.#random;
    let selector = `${random.pick(BLOCKS)}.${random.pick(CLASSES)}`;
    for (let count = random.below(2); count > 0; count--)
      selector += random.pick([" ", " > ", " + ", " ~ "]) + random.pick(BLOCKS) + random.pick([...PSEUDO, ""]);
    return random.chance(0.2) ? `${selector}, .${random.pick(CLASSES)}${random.pick(PSEUDO)}` : selector;
  }
}
