import { fixed, flowedText, laidOut, type PlainLine, quoted } from "./flowed.ts";
import { imageAlt, type Token } from "./markdown.ts";
import { displayWidth, wrapLine } from "./plain-wrap.ts";
import { type TableCell, tableLines } from "./plain-table.ts";
import { isTask } from "./task-list.ts";

/** RFC 3676 section 4.2: lines SHOULD be no longer than 78 characters, with the space that flows them. */
const LINE_WIDTH = 76;

/** Deeply nested text still gets lines that can be read. */
const MIN_WIDTH = 20;
const RULE_WIDTH = 40;

/** A token with all that stands between it and its closing one. */
export interface Node {
  readonly token: Token;
  readonly children: Node[];
}

/** What somebody with a text-only mail program reads: laid out like a letter, without Markdown's signs; flowed. */
export function plainText(tokens: readonly Token[]): string {
  return flowedText(plainLines(tokens)).replace(/\n{2,}$/, "\n");
}

export function plainLines(tokens: readonly Token[]): PlainLine[] {
  return blockLines(nest(tokens), LINE_WIDTH);
}

function nest(tokens: readonly Token[]): Node[] {
  const root: Node[] = [];
  const open: Node[][] = [root];
  for (const token of tokens) {
    const node = { token, children: [] };
    if (token.nesting < 0) {
      open.pop();
      continue;
    }
    open.at(-1)?.push(node);
    if (token.nesting > 0) open.push(node.children);
  }
  return root;
}

/** Blocks with an empty line between them, except below a tight list item's own text. */
function blockLines(nodes: readonly Node[], width: number): PlainLine[] {
  const lines: PlainLine[] = [];
  let previous: Node | undefined;
  for (const node of nodes) {
    if (previous && !previous.token.hidden) lines.push(fixed(""));
    for (const line of nodeLines(node, Math.max(width, MIN_WIDTH))) lines.push(line);
    previous = node;
  }
  return lines;
}

function nodeLines({ token, children }: Node, width: number): PlainLine[] {
  switch (token.type) {
    case "paragraph_open":
      return textLines(children, width);
    case "heading_open":
      return headingLines(token.tag, textLines(children, width));
    case "bullet_list_open":
      return listLines(children, ({ token: item }) => (isTask(item) ? "" : "- "), width);
    case "ordered_list_open":
      return listLines(
        children,
        (_, index) => `${Number(token.attrGet("start") ?? 1) + index}${token.markup || "."} `,
        width,
      );
    case "footnotes_open":
      return [fixed("-".repeat(RULE_WIDTH)), ...listLines(children, ({ token: item }) => `[${item.content}] `, width)];
    case "blockquote_open":
      return blockLines(children, width - 2).map(quoted);
    case "fence":
    case "code_block":
      return token.content.replace(/\n$/, "").split("\n").map(fixed);
    case "hr":
      return [fixed("-".repeat(Math.min(RULE_WIDTH, width)))];
    case "table_open":
      return tableLines(tableRows(children), width).map(fixed);
    case "inline":
      return inlineText(token.children ?? [])
        .split("\n")
        .flatMap((line) => wrapLine(line, width))
        .map((line) => ({ ...line, quote: 0 }));
    default:
      return blockLines(children, width);
  }
}

function textLines(children: readonly Node[], width: number): PlainLine[] {
  return children.flatMap((child) => nodeLines(child, width));
}

function headingLines(tag: string, lines: readonly PlainLine[]): PlainLine[] {
  const underline = tag === "h1" ? "=" : tag === "h2" ? "-" : "";
  const longest = lines.reduce((widest, { text }) => Math.max(widest, displayWidth(text)), 1);
  return underline === "" ? [...lines] : [...lines, fixed(underline.repeat(longest))];
}

function listLines(items: readonly Node[], marker: (item: Node, index: number) => string, width: number): PlainLine[] {
  const loose = items.some(({ children }) =>
    children.some(({ token }) => token.type === "paragraph_open" && !token.hidden),
  );
  const lines: PlainLine[] = [];
  for (const [index, item] of items.entries()) {
    const mark = marker(item, index);
    const indent = " ".repeat(mark === "" ? TASK_INDENT : mark.length);
    const [first = fixed(""), ...rest] = blockLines(item.children, width - indent.length);
    if (loose && index > 0) lines.push(fixed(""));
    // What is short flows nowhere, and a hanging indent cannot flow: its spaces would end up inside the sentence.
    lines.push(laidOut(mark, first));
    for (const line of rest) lines.push(line.text === "" ? fixed("") : laidOut(indent, line));
  }
  return lines;
}

/** The box of a task is part of its text. */
const TASK_INDENT = "[ ] ".length;

function tableRows(groups: readonly Node[]): TableCell[][] {
  return groups.flatMap(({ children: rows }) => rows.map(({ children: cells }) => cells.map(tableCell)));
}

function tableCell({ token, children }: Node): TableCell {
  const style = String(token.attrGet("style") ?? "");
  const align = style.endsWith("text-align:right") ? "right" : style.endsWith("text-align:center") ? "center" : "left";
  return { text: children.map((child) => inlineText(child.token.children ?? [])).join(" "), align };
}

/** Inline text on as many lines as the author broke it into. A link is `text <url>`, as RFC 3986 appendix C advises. */
function inlineText(children: readonly Token[]): string {
  const pieces: string[] = [];
  let linkStart = 0;
  let linkUrl = "";
  for (const token of children) {
    if (token.type === "link_open") {
      linkStart = pieces.length;
      linkUrl = String(token.attrGet("href") ?? "");
    } else if (token.type === "link_close") {
      pieces.push(linkTarget(pieces.slice(linkStart).join(""), linkUrl));
    } else {
      pieces.push(pieceText(token));
    }
  }
  return pieces.join("");
}

function pieceText(token: Token): string {
  switch (token.type) {
    case "softbreak":
    case "hardbreak":
      return "\n";
    case "code_inline":
      return `\`${token.content}\``;
    case "s_open":
    case "s_close":
      // Without its mark, what was struck out would read as if it stood.
      return "~";
    case "html_inline":
      // A link's real target, for those who read the HTML; here it stands behind every link.
      return "";
    case "image":
      return `[${imageAlt(token)}]`;
    case "footnote_ref":
      return `[${token.content}]`;
    default:
      return token.content;
  }
}

function linkTarget(text: string, url: string): string {
  const shown = text.trim();
  return shown === url || `mailto:${shown}` === url || decodedEquals(shown, url) ? "" : ` <${url}>`;
}

/** A bare URL is shown decoded and linked encoded; saying it twice helps nobody. */
function decodedEquals(shown: string, url: string): boolean {
  try {
    return decodeURI(url) === shown || decodeURI(url) === decodeURI(shown);
  } catch {
    return false;
  }
}
