import { Parser } from "htmlparser2";
import { type HtmlHandler, type HtmlReading, MAX_DEPTH, MAX_ELEMENTS, MAX_TEXTS } from "./html-handler.ts";

/** One pass without a tree, in a time that grows with the length of the HTML and with nothing else: for HTML beyond all bounds. */
export function readFlatHtml(html: string, handler: HtmlHandler): HtmlReading {
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
    { decodeEntities: true },
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
