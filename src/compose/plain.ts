import { imageAlt, type Token } from "./markdown.ts";
import { displayWidth, wrapLine } from "./plain-wrap.ts";
import { type TableCell, tableLines } from "./plain-table.ts";

/** RFC 5322 section 2.1.1: lines SHOULD be no longer than 78 characters; two are left for one level of `> `. */
const LINE_WIDTH = 76;

/** Deeply nested text still gets lines that can be read. */
const MIN_WIDTH = 20;
const RULE_WIDTH = 40;

/** A token with all that stands between it and its closing one. */
export interface Node {
  readonly token: Token;
  readonly children: Node[];
}

/** What somebody with a text-only mail program reads: laid out like a letter, without Markdown's signs. */
export function plainText(tokens: readonly Token[]): string {
  return `${blockLines(nest(tokens), LINE_WIDTH).join("\n").trimEnd()}\n`;
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
function blockLines(nodes: readonly Node[], width: number): string[] {
  const lines: string[] = [];
  let previous: Node | undefined;
  for (const node of nodes) {
    if (previous && !previous.token.hidden) lines.push("");
    for (const line of nodeLines(node, Math.max(width, MIN_WIDTH))) lines.push(line);
    previous = node;
  }
  return lines;
}

function nodeLines({ token, children }: Node, width: number): string[] {
  switch (token.type) {
    case "paragraph_open":
      return textLines(children, width);
    case "heading_open":
      return headingLines(token.tag, textLines(children, width));
    case "bullet_list_open":
      return listLines(children, () => "- ", width);
    case "ordered_list_open":
      return listLines(children, (index) => `${Number(token.attrGet("start") ?? 1) + index}. `, width);
    case "blockquote_open":
      return blockLines(children, width - 2).map((line) => (line === "" ? ">" : `> ${line}`));
    case "fence":
    case "code_block":
      return token.content.replace(/\n$/, "").split("\n");
    case "hr":
      return ["-".repeat(Math.min(RULE_WIDTH, width))];
    case "table_open":
      return tableLines(tableRows(children), width);
    case "inline":
      return inlineText(token.children ?? [])
        .split("\n")
        .flatMap((line) => wrapLine(line, width));
    default:
      return blockLines(children, width);
  }
}

function textLines(children: readonly Node[], width: number): string[] {
  return children.flatMap((child) => nodeLines(child, width));
}

function headingLines(tag: string, lines: readonly string[]): string[] {
  const underline = tag === "h1" ? "=" : tag === "h2" ? "-" : "";
  const longest = lines.reduce((widest, line) => Math.max(widest, displayWidth(line)), 1);
  return underline === "" ? [...lines] : [...lines, underline.repeat(longest)];
}

function listLines(items: readonly Node[], marker: (index: number) => string, width: number): string[] {
  const loose = items.some(({ children }) =>
    children.some(({ token }) => token.type === "paragraph_open" && !token.hidden),
  );
  const lines: string[] = [];
  for (const [index, item] of items.entries()) {
    const mark = marker(index);
    const indent = " ".repeat(mark.length);
    const body = blockLines(item.children, width - mark.length);
    if (loose && index > 0) lines.push("");
    lines.push(`${mark}${body[0] ?? ""}`.trimEnd());
    for (const line of body.slice(1)) lines.push(line === "" ? "" : indent + line);
  }
  return lines;
}

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
