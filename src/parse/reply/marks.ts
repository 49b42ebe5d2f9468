/**
 * What the structure of an HTML mail says of a text, told inside the text made of it: a mark stands before the first
 * character that it is for, and is in force until the next. Marks are noncharacters, which no mail needs (Unicode
 * Standard, section 23.7); whoever writes one himself loses it.
 */
const CHARACTERS: Readonly<Record<Mark, string>> = {
  words: "\u{1fffe}",
  attribution: "\u{1ffff}",
  cited: "\u{2fffe}",
  rest: "\u{2ffff}",
  signature: "\u{3fffe}",
};
/** Stands in an empty line, which would not be one otherwise. */
export const EMPTY_LINE = "\u{3ffff}";
/** Nothing is known again, of a plain text. */
const UNKNOWN = "\u{4fffe}";
/** Begins a text that was HTML: in it every quotation would have a mark. */
const WAS_HTML = "\u{4ffff}";
/** Stands before a picture of the mail, until its name does: see `inline-images.ts`. */
export const IMAGE = "\u{5fffe}";
const MARK = /[\u{1fffe}\u{1ffff}\u{2fffe}\u{2ffff}\u{3fffe}\u{3ffff}\u{4fffe}\u{4ffff}\u{5fffe}]/u;
const MARKS = new RegExp(MARK, "gu");
/** The same in halves of characters, which costs nothing for a text in ASCII or Latin-1. */
const MARK_FAST = /[\ud83f\ud87f\ud8bf\ud8ff\ud93f][\udffe\udfff]/;
const NAMES = new Map((Object.keys(CHARACTERS) as Mark[]).map((mark) => [CHARACTERS[mark], mark]));

/** `words`: nothing known. `cited`: a quotation by its mark-up. `rest`: an earlier mail begins, and ends with this one. */
export type Mark = "words" | "attribution" | "cited" | "rest" | "signature";

/** Marked as text that was HTML, in which every quotation would have a mark. */
export function markedAsHtml(text: string): string {
  return text.replace(/\S/, (first) => WAS_HTML + first);
}

export function withoutMarks(text: string): string {
  return MARK_FAST.test(text) ? text.replace(MARKS, "") : text;
}

/** The mark to write before a text; `undefined` ends the one before. */
export function characterOf(mark: Mark | undefined): string {
  return mark === undefined ? UNKNOWN : CHARACTERS[mark];
}

/** The text between marks, each with the mark before it. */
export function markedPieces(text: string): { readonly mark: Mark | undefined; readonly text: string }[] {
  const found = text.match(MARKS) ?? [];
  return text.split(MARKS).map((piece, index) => ({ mark: NAMES.get(found[index - 1] ?? ""), text: piece }));
}

/** Lines without marks, and the mark in force where each begins to say something; undefined without any marks. */
export function readMarks(text: string): {
  readonly lines: string[];
  readonly marks: (Mark | undefined)[] | undefined;
} {
  const lines = text.split("\n");
  if (!MARK_FAST.test(text)) return { lines, marks: undefined };
  let current: Mark | undefined = text.includes(WAS_HTML) ? "words" : undefined;
  const marks = lines.map((line, index) => {
    const found = line.match(MARKS)?.filter((mark) => mark !== EMPTY_LINE && mark !== WAS_HTML) ?? [];
    lines[index] = line.replace(MARKS, "");
    if (found.length === 0) return current;
    // Quotation marks and bullets are written before the text that is marked.
    const begins = !/[^\s>*\d.)•-]/.test(line.slice(0, line.search(MARK)));
    const first = begins ? NAMES.get(found[0] ?? "") : current;
    current = NAMES.get(found.at(-1) ?? "");
    return first;
  });
  return { lines, marks };
}

/** Follows the elements of an HTML mail and says which mark is due before a text. */
export class Marker {
  readonly #open: Mark[] = [];
  #rest = false;
  #signed = false;
  #written: Mark = "words";

  open(name: string, attributes: Readonly<Record<string, string>>): void {
    const inherited = this.#open.at(-1) ?? "words";
    const own = markOf(name, attributes);
    if (own === "rest") this.#rest = true;
    if (name === "hr" && isFoxmailRule(attributes)) this.#signed = true;
    this.#open.push(own ?? inherited);
  }

  close(): void {
    this.#open.pop();
  }

  /** The mark to write before a text, or nothing when it is already in force. */
  due(): string {
    const mark = this.#rest ? "rest" : this.#signed ? "signature" : (this.#open.at(-1) ?? "words");
    if (mark === this.#written) return "";
    this.#written = mark;
    return CHARACTERS[mark];
  }
}

/** Outlook on the web puts `x_` before the names of what it quotes. */
const REST_IDS =
  /^(?:x_)*(?:divRplyFwdMsg|appendonsend|mail-editor-reference-message-container|OLK_SRC_BODY_SECTION|isReplyContent|isForwardContent|reply139content|origbody|oriMsgHtmlSeperator|replySplit|ms-outlook-mobile-body-separator-line-ref)$/i;
const REST_CLASSES =
  /(?:^|\s)(?:yahoo_quoted|ms-outlook-mobile-reference-message|zmail_extra|ntes-mailmaster-quote|OutlookMessageHeader|ik_mail_quote|WordSection1_quoted|x_gmail_quote_outlook)(?:\s|$)/i;
const CITED_CLASSES =
  /(?:^|\s)(?:gmail_quote|protonmail_quote|tutanota_quote|zmail_extra|yahoo_quoted|quote|moz-cite|cite|mcntQuote|sh-quoted|spark_quote|front-blockquote|missive_quote|iosymail|replybq)(?:\s|$)/i;
const ATTRIBUTION_CLASSES = /(?:^|\s)(?:moz-cite-prefix|gmail_attr|zmail_extra_hdr|kmail_attribution)(?:\s|$)/i;
const SIGNATURE_CLASSES =
  /(?:^|\s)(?:(?:x_)*gmail_signature|moz-signature|protonmail_signature_block|protonmail_signature_block-user|ms-outlook-mobile-signature|AppleMailSignature|tutanota_signature|spark_signature|front-signature|missive_signature|sh-signature|editorUserSignature|ik_mail_signature|yahoo-signature|ydp\w{0,20}signature|zmail_signature_below)(?:\s|$)/i;
const SIGNATURE_IDS =
  /^(?:x_)*(?:Signature|AppleMailSignature|ms-outlook-mobile-signature|Zm-_Id_-Sgn|spark-signature|ymail_android_signature|composer_signature|composerSignature|mobile-?signature|lineBreakAtBeginningOfSignature)$/i;
/** The line that Outlook draws above the header of the mail that it answers. */
const OUTLOOK_RULE = /border(?:-top)?\s*:\s*(?:none\s*;\s*border-top\s*:\s*)?solid\s+#(?:E1E1E1|B5C4DF)/i;
const OUTLOOK_PADDING = /padding\s*:\s*3(?:\.0)?pt\s+0/i;

/** Foxmail draws it above a signature, which is in no element of its own. */
function isFoxmailRule({ color = "", style = "" }: Readonly<Record<string, string>>): boolean {
  return color.toLowerCase() === "#b5c4df" && /width\s*:\s*210px/i.test(style.slice(0, 200));
}

/** What one element says. The names are bounded, for what is longer is none of them. */
function markOf(name: string, attributes: Readonly<Record<string, string>>): Mark | undefined {
  const id = (attributes["id"] ?? "").slice(0, 100);
  const classes = (attributes["class"] ?? "").slice(0, 200);
  if (name === "blockquote") {
    const type = (attributes["type"] ?? "").toLowerCase();
    if (type === "cite" || attributes["cite"] !== undefined || CITED_CLASSES.test(classes) || id === "replyBlockquote")
      return "cited";
  }
  if (id !== "") {
    if (REST_IDS.test(id)) return "rest";
    if (SIGNATURE_IDS.test(id)) return "signature";
  }
  if (classes !== "") {
    if (ATTRIBUTION_CLASSES.test(classes)) return "attribution";
    if (SIGNATURE_CLASSES.test(classes)) return "signature";
    if (REST_CLASSES.test(classes) && name !== "blockquote") return "rest";
  }
  if (attributes["data-smartmail"] === "gmail_signature") return "signature";
  const style = name === "div" || name === "td" ? (attributes["style"] ?? "").slice(0, 300) : "";
  return style !== "" && OUTLOOK_RULE.test(style) && OUTLOOK_PADDING.test(style) ? "rest" : undefined;
}
