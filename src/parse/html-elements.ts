import type { RemovalReason } from "./removed.ts";
import { withoutMarks } from "./reply/marks.ts";

const NEVER_SHOWN: ReadonlySet<string> = new Set(
  "script style title template noscript svg math object embed applet iframe frame frameset noframes audio video canvas map select datalist textarea meta link base dialog rp".split(
    " ",
  ),
);
/** What is in them is no text to anybody. */
const NO_TEXT: ReadonlySet<string> = new Set(["script", "style"]);

/** Elements that say something about the text; whatever else there is becomes a block or nothing. */
export const KEPT: ReadonlySet<string> = new Set("p h1 h2 h3 h4 h5 h6 ul ol li blockquote pre hr".split(" "));
export const BLOCKS: ReadonlySet<string> = new Set(
  "div section article header footer main nav aside center address form fieldset figure figcaption dl dt dd details summary body caption".split(
    " ",
  ),
);
export const INDENTED: ReadonlySet<string> = new Set(["blockquote", "ul", "ol"]);
export const VOID: ReadonlySet<string> = new Set(["hr"]);
export const NO_CONTENT: ReadonlySet<string> = new Set(
  "br hr img input meta link base wbr col area source track param embed".split(" "),
);

/** A paragraph of Outlook's is a line: the style sheet takes its margins away, or its own style does. */
export function isTight(attributes: Record<string, string>): boolean {
  const style = (attributes["style"] ?? "").slice(0, 500);
  return /^Mso(?:Normal|PlainText|NoSpacing|ListParagraph)/.test(attributes["class"] ?? "") || NO_MARGIN.test(style);
}

const NO_MARGIN =
  /(?:^|[;\s])margin\s*:\s*0(?:px|pt|cm|in|em)?\s*(?:;|$|!)|(?:^|[;\s])margin-bottom\s*:\s*0(?:px|pt|cm|in|em)?\s*(?:;|$|!)/i;

/** Why neither an element nor anything in it is shown, whatever its styles. */
export function whyNotRendered(
  name: string,
  attributes: Record<string, string>,
): RemovalReason | "nothing" | undefined {
  if (NO_TEXT.has(name)) return "nothing";
  if (NEVER_SHOWN.has(name) && !(name === "dialog" && attributes["open"] !== undefined)) return "not-rendered";
  if (attributes["hidden"] !== undefined || attributes["popover"] !== undefined) return "hidden-attribute";
  return attributes["aria-hidden"]?.trim().toLowerCase() === "true" ? "aria-hidden" : undefined;
}

/** Longer links are tracking noise, not something to read. */
const MAX_HREF_CHARS = 2_000;

/** What a person could follow; scripts, anchors within the mail and pictures in the mail are not that. */
export function linkTarget(href = ""): string | undefined {
  const target = href.replace(/[\u0000-\u001f]+/g, "").trim();
  return target.length <= MAX_HREF_CHARS && /^(?:https?:|mailto:|tel:)/i.test(target) ? target : undefined;
}

/** Also without the marks that are ours alone to make. */
export function escapeHtml(written: string): string {
  const text = withoutMarks(written);
  if (!/[&<>"]/.test(text)) return text;
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
