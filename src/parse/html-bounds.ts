/** Real mail stays below 100 levels and 30,000 elements; the parser's stack is quadratic in depth. */
const MAX_DEPTH = 300;
const MAX_ELEMENTS = 50_000;

/** A text is given in pieces, one for each entity: a long mail in Chinese may be written in nothing else. */
const MAX_TEXTS = 200_000;

export class HtmlBoundsError extends Error {
  readonly bound: "depth" | "elements";

  constructor(bound: "depth" | "elements") {
    super(`HTML beyond the bound of ${bound}`);
    this.bound = bound;
  }
}

/** Counts what a parser finds; throws HtmlBoundsError as soon as a bound is passed. */
export class HtmlBounds {
  #depth = 0;
  #elements = 0;
  #texts = 0;

  open(): void {
    if (++this.#elements > MAX_ELEMENTS) throw new HtmlBoundsError("elements");
    if (++this.#depth > MAX_DEPTH) throw new HtmlBoundsError("depth");
  }

  close(): void {
    this.#depth--;
  }

  text(): void {
    if (++this.#texts > MAX_TEXTS) throw new HtmlBoundsError("elements");
  }
}
