import { Parser } from "htmlparser2";
import { styleEffect } from "./hidden-style.ts";
import { LineBreaks } from "./line-breaks.ts";
import { Marker, withoutMarks } from "./reply/marks.ts";
import { TableLayout } from "./table-layout.ts";

/** Real mail stays below 100 levels and 30,000 elements; the parser's stack is quadratic in depth. */
const MAX_DEPTH = 300;
const MAX_ELEMENTS = 50_000;

/** A text is given in pieces, one for each entity: a long mail in Chinese may be written in nothing else. */
const MAX_TEXTS = 200_000;

/** Each level of a quotation or list is written before every line below it; people stop at four. */
const MAX_INDENTS = 10;

/** Longer links are tracking noise, not something to read. */
const MAX_HREF_CHARS = 2_000;

export class HtmlBoundsError extends Error {
  readonly bound: "depth" | "elements";

  constructor(bound: "depth" | "elements") {
    super(`HTML beyond the bound of ${bound}`);
    this.bound = bound;
  }
}

export interface VisibleHtml {
  /** Clean markup of few elements: no attributes but href, nothing that a reader would not see; with `reply/marks.ts`. */
  readonly html: string;
  /** Characters of text that were left out. */
  readonly hiddenChars: number;
}

const NEVER_SHOWN = new Set(
  "script style title template noscript svg math object embed applet iframe frame frameset noframes audio video canvas map select datalist textarea meta link base".split(
    " ",
  ),
);

/** Elements that say something about the text; whatever else there is becomes a block or nothing. */
const KEPT = new Set("p h1 h2 h3 h4 h5 h6 ul ol li blockquote pre hr".split(" "));
const BLOCKS = new Set(
  "div section article header footer main nav aside center address form fieldset figure figcaption dl dt dd details summary body caption".split(
    " ",
  ),
);
const INDENTED = new Set(["blockquote", "ul", "ol"]);
const VOID = new Set(["hr"]);

interface Frame {
  /** What closes the element in the output. */
  readonly close: string;
  readonly dropped: boolean;
  readonly tinyFont: boolean;
  readonly invisible: boolean;
  readonly transparent: boolean;
  readonly table: "table" | "row" | "cell" | undefined;
}

const TOP: Frame = {
  close: "",
  dropped: false,
  tinyFont: false,
  invisible: false,
  transparent: false,
  table: undefined,
};

/** One pass over HTML, without a tree: throws HtmlBoundsError as soon as a bound is passed. */
export function visibleHtml(html: string): VisibleHtml {
  const writer = new VisibleWriter();
  const parser = new Parser(writer, { decodeEntities: true });
  parser.write(html);
  parser.end();
  return writer.result();
}

class VisibleWriter {
  readonly #out: string[] = [];
  readonly #frames: Frame[] = [];
  readonly #tables = new TableLayout(this.#out);
  readonly #marker = new Marker();
  readonly #breaks = new LineBreaks();
  #elements = 0;
  #texts = 0;
  #indents = 0;
  #hiddenChars = 0;

  onopentag(name: string, attributes: Record<string, string>): void {
    if (++this.#elements > MAX_ELEMENTS) throw new HtmlBoundsError("elements");
    if (this.#frames.length >= MAX_DEPTH) throw new HtmlBoundsError("depth");
    this.#marker.open(name, attributes);
    const parent = this.#frames.at(-1) ?? TOP;
    const state = inherited(parent, name, attributes);
    this.#frames.push(
      state.dropped ? { ...state, close: "", table: undefined } : { ...state, ...this.#open(name, attributes, state) },
    );
  }

  ontext(text: string): void {
    if (++this.#texts > MAX_TEXTS) throw new HtmlBoundsError("elements");
    const frame = this.#frames.at(-1) ?? TOP;
    if (frame.dropped || frame.tinyFont || frame.invisible || frame.transparent) {
      this.#hiddenChars += text.trim().length;
      // What was hidden leaves a gap, so that the words around it do not run together.
      if (!frame.dropped) this.#out.push(" ");
      return;
    }
    this.#tables.text(text);
    if (this.#breaks.holds(text)) return;
    if (/\S/.test(text)) this.#out.push(this.#breaks.text(), this.#marker.due());
    this.#out.push(escapeHtml(text));
  }

  onclosetag(): void {
    this.#marker.close();
    const frame = this.#frames.pop();
    if (!frame) return;
    if (frame.table || (frame.close !== "" && frame.close !== "</a>")) this.#out.push(this.#breaks.block());
    if (frame.table) this.#tables.close(frame.table);
    else if (frame.close !== "") this.#out.push(frame.close);
    if (INDENTED.has(frame.close.slice(2, -1))) this.#indents--;
  }

  result(): VisibleHtml {
    return { html: this.#out.join(""), hiddenChars: this.#hiddenChars };
  }

  #open(name: string, attributes: Record<string, string>, state: State): Pick<Frame, "close" | "table"> {
    const block = (open: string, close: string): Pick<Frame, "close" | "table"> => {
      this.#tables.block(name);
      this.#out.push(this.#breaks.block(), open);
      return { close, table: undefined };
    };
    if (name === "table" || name === "tr" || name === "td" || name === "th") {
      this.#out.push(this.#breaks.block());
      return { close: "", table: this.#tables.open(name, attributes) };
    }
    if (name === "br") {
      this.#tables.block(name);
      this.#out.push(this.#breaks.lineBreak());
      return { close: "", table: undefined };
    }
    if (VOID.has(name)) return block(`<${name}>`, "");
    if (INDENTED.has(name) && this.#indents >= MAX_INDENTS) return block("<div>", "</div>");
    if (INDENTED.has(name)) this.#indents++;
    if (name === "p" && isTight(attributes)) return block("<div>", "</div>");
    if (KEPT.has(name)) return block(`<${name}>`, `</${name}>`);
    if (BLOCKS.has(name)) return block("<div>", "</div>");
    if (name === "img") this.#image(attributes, state);
    const href = name === "a" ? linkTarget(attributes["href"]) : undefined;
    if (href === undefined) return { close: "", table: undefined };
    // Inside the link it would be part of its text.
    this.#out.push(this.#breaks.text(), this.#marker.due(), `<a href="${escapeHtml(href)}">`);
    return { close: "</a>", table: undefined };
  }

  /** By its description; a tracking pixel has nothing to say, whatever its description claims. */
  #image({ alt = "", width = "", height = "" }: Record<string, string>, state: State): void {
    const pixel = /^\s*[01](?:px)?\s*$/;
    if (alt.trim() === "") return;
    if (state.invisible || pixel.test(width) || pixel.test(height)) this.#hiddenChars += alt.trim().length;
    else this.#out.push(this.#breaks.text(), this.#marker.due(), escapeHtml(alt));
  }
}

type State = Omit<Frame, "close" | "table">;

function inherited(parent: Frame, name: string, attributes: Record<string, string>): State {
  const { tinyFont, invisible, transparent } = parent;
  if (parent.dropped || NEVER_SHOWN.has(name) || isHiddenByAttribute(attributes)) {
    return { dropped: true, tinyFont, invisible, transparent };
  }
  const { style } = attributes;
  if (style === undefined) return { dropped: false, tinyFont, invisible, transparent };
  const effect = styleEffect(style);
  return {
    dropped: effect.hidden,
    tinyFont: effect.fontSize === undefined ? tinyFont : effect.fontSize === "zero",
    invisible: effect.visibility === undefined ? invisible : effect.visibility === "hidden",
    transparent: effect.color === undefined ? transparent : effect.color === "transparent",
  };
}

/** A paragraph of Outlook's is a line: the style sheet takes its margins away, or its own style does. */
function isTight(attributes: Record<string, string>): boolean {
  const style = (attributes["style"] ?? "").slice(0, 500);
  return /^Mso(?:Normal|PlainText|NoSpacing|ListParagraph)/.test(attributes["class"] ?? "") || NO_MARGIN.test(style);
}

const NO_MARGIN =
  /(?:^|[;\s])margin\s*:\s*0(?:px|pt|cm|in|em)?\s*(?:;|$|!)|(?:^|[;\s])margin-bottom\s*:\s*0(?:px|pt|cm|in|em)?\s*(?:;|$|!)/i;

function isHiddenByAttribute(attributes: Record<string, string>): boolean {
  return attributes["hidden"] !== undefined || attributes["aria-hidden"]?.trim().toLowerCase() === "true";
}

/** What a person could follow; scripts, anchors within the mail and pictures in the mail are not that. */
function linkTarget(href = ""): string | undefined {
  const target = href.replace(/[\u0000-\u001f]+/g, "").trim();
  return target.length <= MAX_HREF_CHARS && /^(?:https?:|mailto:|tel:)/i.test(target) ? target : undefined;
}

function escapeHtml(written: string): string {
  const text = withoutMarks(written);
  if (!/[&<>"]/.test(text)) return text;
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
