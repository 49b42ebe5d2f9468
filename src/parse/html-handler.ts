/** Real mail stays below 100 levels and 30,000 elements; parsers' stacks are quadratic in depth. */
export const MAX_DEPTH: number = 300;
export const MAX_ELEMENTS: number = 50_000;

/** A text may be given in pieces, one for each entity: a long mail in Chinese may be written in nothing else. */
export const MAX_TEXTS: number = 300_000;

type Attributes = Record<string, string>;

/** What is found in HTML, in its order. */
export interface HtmlHandler {
  open(name: string, attributes: Attributes): void;
  /** The element that was opened last. */
  close(name: string): void;
  text(text: string): void;
  comment(data: string): void;
  /** Beyond the bounds elements are no longer kept apart: these are all said to be in the one that was open last. */
  flatOpen(name: string, attributes: Attributes): void;
  flatClose(name: string): void;
}

export interface HtmlReading {
  /** Which bound was passed. */
  readonly beyond: "depth" | "elements" | "texts" | undefined;
}
