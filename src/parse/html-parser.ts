import { Parser } from "htmlparser2";

/** Real mail stays below 100 levels and 30,000 elements; the parser's stack is quadratic in depth. */
const MAX_DEPTH = 300;
const MAX_ELEMENTS = 50_000;

/** A text is given in pieces, one for each entity: a long mail in Chinese may be written in nothing else. */
const MAX_TEXTS = 300_000;

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

/** One pass without a tree, in a time that grows with the length of the HTML and with nothing else. */
export function readHtml(
  html: string,
  handler: HtmlHandler,
  options: { readonly decodeEntities: boolean },
): HtmlReading {
  let depth = 0;
  let elements = 0;
  let texts = 0;
  let beyond: HtmlReading["beyond"];
  const parser = new FlatParser(
    {
      onopentag(name, attributes) {
        beyond ??= depth >= MAX_DEPTH ? "depth" : ++elements > MAX_ELEMENTS ? "elements" : undefined;
        if (beyond === "depth" || beyond === "elements") {
          parser.flatten(html, (closed) => handler.flatClose(closed));
          return handler.flatOpen(name, attributes);
        }
        depth++;
        handler.open(name, attributes);
      },
      onclosetag(name) {
        if (parser.flat) return;
        depth--;
        handler.close(name);
      },
      ontext(text) {
        if (++texts > MAX_TEXTS) beyond ??= "texts";
        if (texts <= MAX_TEXTS) handler.text(text);
      },
      oncomment: (data) => handler.comment(data),
    },
    options,
  );
  parser.write(html);
  parser.end();
  return { beyond };
}

/** A parser that can stop to keep a stack. */
class FlatParser extends Parser {
  #html: string | undefined;
  #onClose: (name: string) => void = () => {};

  get flat(): boolean {
    return this.#html !== undefined;
  }

  /** From now on no element has content. `html` is all that is written. */
  flatten(html: string, onClose: (name: string) => void): void {
    this.#html = html;
    this.#onClose = onClose;
  }

  protected override isVoidElement(name: string): boolean {
    return this.flat || super.isVoidElement(name);
  }

  override onclosetag(start: number, endIndex: number): void {
    if (this.#html !== undefined) this.#onClose(this.#html.slice(start, endIndex).toLowerCase());
    super.onclosetag(start, endIndex);
  }
}
