import { highlighted } from "./highlight.ts";
import {
  CLASS_OF_TAG,
  CODE_BLOCK_STYLE,
  CODE_CELL_STYLE,
  CODE_FRAME_STYLE,
  mirrored,
  NESTED_LIST_STYLE,
  SMALL_STYLE,
  STYLE_OF_TAG,
  SUPERSCRIPT_STYLE,
  TABLE_FRAME_STYLE,
  TABLE_STYLE,
  TASK_STYLE,
} from "./html-style.ts";
import { isTask } from "./task-list.ts";
import { type Direction, firstDirection } from "./writing.ts";

/** What is used of a token of the Markdown parser. */
interface StyledToken {
  readonly type: string;
  readonly tag: string;
  readonly nesting: -1 | 0 | 1;
  readonly level: number;
  readonly hidden: boolean;
  readonly content: string;
  readonly info: string;
  readonly meta: unknown;
  readonly children: StyledToken[] | null;
  attrGet(name: string): string | number | null;
  attrSet(name: string, value: string): void;
}

/** Elements whose writing direction is said, so that Hebrew and English stand in one mail. */
const OWN_DIRECTION = new Set(["p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "th", "td"]);

const LIST_TAGS = new Set(["ul", "ol"]);

/** Styles, classes and directions. `isMixed`: some of it is written from right to left. */
export function dress(tokens: readonly StyledToken[], isMixed: boolean): void {
  const directions = isMixed ? directionsOf(tokens) : undefined;
  const lists: List[] = [];
  for (const [index, token] of tokens.entries()) {
    if (token.nesting < 0 && LIST_TAGS.has(token.tag)) lists.pop();
    if (token.nesting < 0 || token.hidden) continue;
    const direction = directions?.[index];
    if (LIST_TAGS.has(token.tag)) lists.push({ tag: token.tag, direction });
    const list = token.tag === "li" ? lists.at(-1) : undefined;
    const isStranger = list !== undefined && direction !== list.direction;
    if (direction !== undefined && !isStranger) token.attrSet("dir", direction);
    const style = list ? itemStyle(token, list, isStranger) : styleOf(token, tokens.slice(index + 1, index + 4));
    if (style !== undefined) addStyle(token, direction === "rtl" ? mirrored(style) : style, index === 0);
    for (const child of token.children ?? [])
      if (child.nesting >= 0) addStyle(child, STYLE_OF_TAG[child.tag] ?? "", false);
  }
}

function addStyle(token: StyledToken, style: string, isFirst: boolean): void {
  const className = CLASS_OF_TAG[token.tag];
  if (className !== undefined) token.attrSet("class", className);
  const own = token.attrGet("style");
  // Nothing stands above the first heading that it should keep away from.
  const wanted = isFirst ? style.replace(/margin:\d+px/, "margin:0") : style;
  if (wanted !== "") token.attrSet("style", own === null ? wanted : `${wanted};${own}`);
}

interface List {
  readonly tag: string;
  readonly direction: Direction | undefined;
}

/** The bullet of an item in another direction than its list stays with those of the others. */
function itemStyle(item: StyledToken, { tag, direction }: List, isStranger: boolean): string {
  const side = direction === "rtl" ? "right" : "left";
  return (
    STYLE_OF_TAG["li"] +
    (isTask(item) && tag === "ul" ? `;${TASK_STYLE}` : "") +
    (isStranger ? `;unicode-bidi:plaintext;text-align:${side}` : "")
  );
}

/** `after`: the next three tokens. */
function styleOf(token: StyledToken, after: readonly StyledToken[]): string | undefined {
  const [next, , third] = after;
  // The space below a quote's last paragraph is the quote's.
  if (token.tag === "p" && third?.type === "blockquote_close") return "margin:0";
  if (token.tag === "td") return STYLE_OF_TAG["td"] + cellStyle(token, shownText(next));
  if (token.type === "footnotes_open") return `${STYLE_OF_TAG["ol"]};${SMALL_STYLE}`;
  if (!LIST_TAGS.has(token.tag)) return STYLE_OF_TAG[token.tag];
  return token.level > 0 ? NESTED_LIST_STYLE[token.tag] : STYLE_OF_TAG[token.tag];
}

/** Longer than an amount with its currency, which stay together. */
const LONG_FIGURE_CHARS = 20;
/** A sentence, which would be squeezed to a column of single words. */
const SENTENCE_CHARS = 40;
/** No word of a language but an address, which may be broken anywhere. */
const HAS_ADDRESS = /\S{31}/;

/** Without Markdown's signs and the targets of links. */
function shownText(inline: StyledToken | undefined): string {
  return (inline?.children ?? []).map(({ content }) => content).join("");
}

function cellStyle(cell: StyledToken, content: string): string {
  const isFigure = String(cell.attrGet("style") ?? "").endsWith("right") && content.length < LONG_FIGURE_CHARS;
  const width = content.length > SENTENCE_CHARS ? ";min-width:180px" : "";
  const breaks = HAS_ADDRESS.test(content) ? ";overflow-wrap:anywhere;word-break:break-word" : "";
  return (isFigure ? ";white-space:nowrap" : "") + width + breaks;
}

/** From back to front: a block has the direction of the first letter that follows it. */
function directionsOf(tokens: readonly StyledToken[]): (Direction | undefined)[] {
  const directions: (Direction | undefined)[] = [];
  let next: Direction | undefined;
  for (let index = tokens.length - 1; index >= 0; index--) {
    const token = tokens[index];
    if (token?.type === "inline") next = firstDirection(token.content) ?? next;
    else if (token && token.nesting > 0 && OWN_DIRECTION.has(token.tag)) directions[index] = next;
  }
  return directions;
}

interface CodeRoom {
  /** Characters that may still be coloured: colours make code twenty times longer. */
  codeRoom?: number;
}

/** Of one mail. More than anybody reads in a mail, and the coloured text stays far below what a mail may have. */
const MAX_COLOURED_CHARS = 50_000;

/** The renderer's rules for what is more than an element with a style. */
export function htmlRules(
  escape: (text: string) => string,
): Record<string, (tokens: StyledToken[], index: number, options: unknown, env: CodeRoom) => string> {
  const code = (tokens: StyledToken[], index: number, _options: unknown, env: CodeRoom) => {
    const { content = "", info = "" } = tokens[index] ?? {};
    const text = content.replace(/\n$/, "");
    const room = env.codeRoom ?? MAX_COLOURED_CHARS;
    const isShort = text.length <= room;
    if (isShort) env.codeRoom = room - text.length;
    const language = /^[^\s{,:]+/.exec(info)?.[0] ?? "";
    return codeBlock((isShort ? highlighted(text, language, escape) : undefined) ?? escape(text));
  };
  return {
    fence: code,
    code_block: code,
    table_open: () =>
      `<div style="${TABLE_FRAME_STYLE}"><table cellpadding="0" cellspacing="0" border="0" style="${TABLE_STYLE}">\n`,
    table_close: () => "</table></div>\n",
    // The variation selector asks for the sign in the colour of the text, not for the picture.
    task_box: (tokens, index) => (tokens[index]?.content === "[ ] " ? "☐&nbsp; " : "☑\ufe0e&nbsp; "),
    footnote_ref: (tokens, index) => `<sup style="${SUPERSCRIPT_STYLE}">[${tokens[index]?.content}]</sup>`,
    footnotes_open: (tokens, index) =>
      `<hr class="${CLASS_OF_TAG["hr"]}" style="${STYLE_OF_TAG["hr"]}">\n<ol style="${tokens[index]?.attrGet("style")}">\n`,
  };
}

function codeBlock(html: string): string {
  return `<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="${CODE_FRAME_STYLE}"><tr><td class="mp-code" dir="ltr" align="left" style="${CODE_CELL_STYLE}"><pre style="${CODE_BLOCK_STYLE}"><code style="font-family:inherit">${html}</code></pre></td></tr></table>\n`;
}
