import { Cascade } from "./css/cascade.ts";
import type { Place } from "./css/element-tests.ts";
import { elementPlaces } from "./element-places.ts";
import { ElementLooks } from "./element-looks.ts";
import { BLOCKS, escapeHtml, INDENTED, isTight, KEPT, linkTarget, NO_CONTENT, VOID } from "./html-elements.ts";
import { type Frame, isClosed, NO_OUTPUT, type Output, whyDropped } from "./html-frame.ts";
import { HtmlDocument } from "./html-document.ts";
import type { HtmlHandler, HtmlReading } from "./html-handler.ts";
import { styleSheets } from "./html-styles.ts";
import { imageToken, isPixel } from "./inline-images.ts";
import type { RemovalReason, Removed } from "./removed.ts";
import { LineBreaks } from "./line-breaks.ts";
import { PulledAway } from "./pulled-away.ts";
import { Marker } from "./reply/marks.ts";
import { TableLayout } from "./table-layout.ts";

/** Each level of a quotation or list is written before every line below it; people stop at four. */
const MAX_INDENTS = 10;

export interface VisibleHtml {
  /** Clean markup of few elements: no attributes but href, nothing that a reader would not see. */
  readonly html: string;
  /** The descriptions of its pictures, which are in `html`, too. */
  readonly alts: readonly string[];
  /** False when the mail's style sheets were too much: then rather too much is taken out. */
  readonly stylesRead: boolean;
  /** Which bound was passed: beyond it there is no layout, and rather too much is taken out, too. */
  readonly beyond: HtmlReading["beyond"];
}

/** Comments to all but Outlook; `REVEALED` is what is none for everybody else. */
const CONDITIONAL = /^\[if [^\]]*\]>/;
const REVEALED = /^\[if [^\]]*\]>\s*<![\s-]*$/;
/** One pass over the document, and one before it for its style sheets. */
export function visibleHtml(html: string, removed: Removed): VisibleHtml {
  const document = new HtmlDocument(html);
  const sheets = /<style/i.test(html) ? styleSheets(document) : [];
  const cascade = new Cascade(sheets, html.length);
  const writer = new VisibleWriter(cascade, { removed, places: elementPlaces(document, sheets) });
  const { beyond } = document.read(writer);
  return { html: writer.html, alts: writer.alts, stylesRead: cascade.complete, beyond };
}

class VisibleWriter implements HtmlHandler {
  readonly #out: string[] = [];
  readonly alts: string[] = [];
  readonly #frames: Frame[] = [];
  readonly #tables = new TableLayout(this.#out);
  readonly #marker = new Marker();
  readonly #breaks = new LineBreaks();
  readonly #looks: ElementLooks;
  readonly #removed: Removed;
  readonly #places: readonly Place[] | undefined;
  #opened = 0;
  readonly #pulled = new PulledAway();
  #indents = 0;
  /** Texts that were written, and that were left out. */
  #shown = 0;
  #hidden = 0;
  /** What the last conditional comment says: Outlook's form of what follows it. */
  #outlookText = "";
  /** Between `<!--[if !mso]><!-->` and its end, where Outlook reads nothing anyway. */
  #besidesOutlook = false;
  /** Beyond the bounds: what hides all text until it is closed as often as it was opened. */
  #flatHidden: { readonly name: string; readonly reason: RemovalReason | "nothing"; count: number } | undefined;

  constructor(cascade: Cascade, { removed, places }: { removed: Removed; places: readonly Place[] | undefined }) {
    this.#looks = new ElementLooks(cascade);
    this.#removed = removed;
    this.#places = places;
  }

  open(name: string, attributes: Record<string, string>): void {
    this.#marker.open(name, attributes);
    const parent = this.#frames.at(-1);
    const above = parent?.dropped;
    const place = this.#places?.[this.#opened++];
    const look =
      parent !== undefined && above !== undefined
        ? parent.look
        : this.#looks.below(parent?.look, { name, attributes, place });
    const dropped = above ?? whyDropped(parent, name, attributes) ?? look.hidden;
    const output = dropped === undefined ? this.#open(name, attributes) : NO_OUTPUT;
    const { close, table, link } = output;
    const frame: Frame = { close, table, link, name, dropped, unseen: look.unseen, look };
    this.#frames.push(frame);
    if (name === "img") this.#image(attributes, frame);
  }

  text(text: string): void {
    const frame = this.#frames.at(-1);
    const reason = this.#flatHidden?.reason ?? (frame && this.#reason(frame, text)) ?? this.#pulled.reason;
    if (reason === undefined) {
      if (/\S/.test(text)) this.#shown++;
      this.#tables.text(text);
      if (this.#breaks.holds(text)) return;
      if (/\S/.test(text)) this.#out.push(this.#breaks.text(), this.#marker.due());
      this.#out.push(escapeHtml(text));
      return;
    }
    if (/\S/.test(text)) this.#hidden++;
    if (reason !== "nothing") this.#removed.addText(reason, text);
    // What was hidden leaves a gap, so that the words around it do not run together.
    if (frame?.dropped === undefined) this.#out.push(" ");
  }

  comment(data: string): void {
    if (REVEALED.test(data)) this.#besidesOutlook = true;
    else if (data.startsWith("<![endif]")) this.#besidesOutlook = false;
    const conditional = CONDITIONAL.test(data);
    const text = squeezed(data.replace(CONDITIONAL, "").replace(/<[^<>]*>?/g, " "));
    if (conditional && text !== "") this.#outlookText = text;
    if (text !== "[endif]") this.#removed.addText("comment", text);
  }

  close(): void {
    this.#marker.close();
    const frame = this.#frames.pop();
    if (!frame) return;
    const { link } = frame;
    this.#pulled.closed(frame, this.#frames);
    if (frame.table || (frame.close !== "" && frame.close !== "</a>")) this.#endLine();
    // The target of a link that nobody sees is no more seen than its text.
    if (link && this.#shown === link.shown && this.#hidden > link.hidden) this.#out[link.at] = "";
    else if (frame.table) this.#tables.close(frame.table);
    else if (frame.close !== "") this.#out.push(frame.close);
    if (INDENTED.has(frame.close.slice(2, -1))) this.#indents--;
  }

  flatOpen(name: string, attributes: Record<string, string>): void {
    const frame = this.#frames.at(-1);
    if (frame?.dropped !== undefined || NO_CONTENT.has(name)) return;
    this.#out.push(" ");
    if (this.#flatHidden?.name === name) this.#flatHidden.count++;
    if (this.#flatHidden) return;
    const look = this.#looks.below(frame?.look, { name, attributes, place: undefined });
    const reason = whyDropped(frame, name, attributes) ?? look.hidden ?? look.unseen;
    if (reason !== undefined) this.#flatHidden = { name, reason, count: 1 };
  }

  flatClose(name: string): void {
    if (this.#flatHidden?.name === name && --this.#flatHidden.count === 0) this.#flatHidden = undefined;
  }

  get html(): string {
    return this.#out.join("");
  }

  #reason(frame: Frame, text: string): RemovalReason | "nothing" | undefined {
    const { dropped, unseen, look } = frame;
    if (dropped !== undefined) return dropped;
    if (unseen !== undefined) return unseen;
    if (isClosed(frame)) return "closed-details";
    // The twin of a button that Outlook draws for itself is hidden from Outlook only.
    return look.msoHidden && !this.#besidesOutlook && !this.#outlookText.includes(squeezed(text))
      ? "mso-hide"
      : undefined;
  }

  #endLine(): void {
    this.#pulled.newLine();
    this.#out.push(this.#breaks.block());
  }

  #open(name: string, attributes: Record<string, string>): Output {
    const block = (open: string, close: string): Output => {
      this.#tables.block(name);
      this.#endLine();
      this.#out.push(open);
      return { close, table: undefined, link: undefined };
    };
    if (name === "table" || name === "tr" || name === "td" || name === "th") {
      this.#endLine();
      return { close: "", table: this.#tables.open(name, attributes), link: undefined };
    }
    if (name === "br") {
      this.#tables.block(name);
      this.#pulled.newLine();
      this.#out.push(this.#breaks.lineBreak());
      return NO_OUTPUT;
    }
    if (VOID.has(name)) return block(`<${name}>`, "");
    if (INDENTED.has(name) && this.#indents >= MAX_INDENTS) return block("<div>", "</div>");
    if (INDENTED.has(name)) this.#indents++;
    if (name === "p" && isTight(attributes)) return block("<div>", "</div>");
    if (KEPT.has(name)) return block(`<${name}>`, `</${name}>`);
    if (BLOCKS.has(name)) return block("<div>", "</div>");
    const href = name === "a" ? linkTarget(attributes["href"]) : undefined;
    if (href === undefined) return NO_OUTPUT;
    // Inside the link it would be part of its text.
    this.#out.push(this.#breaks.text(), this.#marker.due());
    this.#out.push(`<a href="${escapeHtml(href)}">`);
    const link = { at: this.#out.length - 1, shown: this.#shown, hidden: this.#hidden };
    return { close: "</a>", table: undefined, link };
  }

  /** By its description; a tracking pixel has nothing to say, whatever its description claims. */
  #image(attributes: Record<string, string>, frame: Frame): void {
    const { alt = "", src = "" } = attributes;
    const image = imageToken(src);
    if (alt.trim() === "" && image === "") return;
    // A picture has no colour and no size of letters; its description has those when it is not loaded.
    const { dropped, unseen } = frame;
    const veiled = unseen === "visibility-hidden" || unseen === "opacity" ? unseen : undefined;
    const reason = dropped ?? (isPixel(attributes) ? "tracking-pixel" : veiled);
    if (reason === undefined) {
      this.#shown++;
      this.#out.push(this.#breaks.text(), this.#marker.due(), escapeHtml(alt), alt && image && " ", image);
      this.alts.push(alt);
    } else if (reason !== "nothing" && alt.trim() !== "") this.#removed.addText(reason, alt);
  }
}

function squeezed(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
