import createParser, { type MarkdownIt, type StateCore, type Token } from "markdown-it";
import { STYLE_OF_TAG, TABLE_FRAME_STYLE } from "./html-style.ts";
import { showsAnotherPlace } from "./link-text.ts";

export type { Token } from "markdown-it";

export interface RenderedMarkdown {
  /** What goes between `<body>` and `</body>`; safe to show, whatever the Markdown said. */
  readonly html: string;
  /** The same after links and images have been tamed, for the text part. */
  readonly tokens: readonly Token[];
}

/** Elements whose writing direction follows their own text, so that Hebrew and English stand in one mail. */
const OWN_DIRECTION = new Set(["p", "h1", "h2", "h3", "h4", "h5", "h6", "li", "blockquote", "th", "td"]);

/** Twenty-five lists in each other; the parser drops what lies deeper. Each level costs every line in it, and 100 took seconds. */
const MAX_NESTING = 50;

/** `cid:` shows an attached image; the core rule below takes it off links. */
const ALLOWED_URL = /^(?:https?:\/\/|mailto:|cid:)/i;

const markdown = createMarkdown();

/** @param contentIds the attached images that `![](cid:…)` may show. */
export function renderMarkdown(source: string, contentIds: ReadonlySet<string>): RenderedMarkdown {
  const env = { contentIds };
  const tokens = markdown.parse(source, env);
  return { html: markdown.renderer.render(tokens, markdown.options, env), tokens };
}

/** The Content-IDs of the images that are shown, not merely attached. */
export function shownContentIds(tokens: readonly Token[]): Set<string> {
  const images = tokens.flatMap(({ children }) => children ?? []).filter(({ type }) => type === "image");
  return new Set(images.map((image) => contentIdOf(image)));
}

function createMarkdown(): MarkdownIt {
  // A bot's line break is meant: it lists one thing a line far more often than it wraps its source at 80 columns.
  const md = createParser({ html: false, linkify: true, breaks: true, typographer: false });
  md.set({ maxNesting: MAX_NESTING });
  md.linkify.add("ftp:", null).add("//", null);
  const safe = md.validateLink.bind(md);
  md.validateLink = (url) => safe(url) && ALLOWED_URL.test(url.trim());
  md.core.ruler.push("mail", (state) => {
    for (const token of state.tokens) {
      style(token);
      if (!token.children) continue;
      token.children = tame(token.children, state);
      for (const child of token.children) style(child);
    }
  });
  const escape = md.utils.escapeHtml;
  const pre = (text: string) => `<pre style="${STYLE_OF_TAG.pre}"><code>${escape(text)}</code></pre>\n`;
  md.renderer.rules.fence = (tokens, index) => pre(tokens[index]?.content ?? "");
  md.renderer.rules.code_block = md.renderer.rules.fence;
  md.renderer.rules.table_open = () => `<div style="${TABLE_FRAME_STYLE}"><table style="${STYLE_OF_TAG.table}">\n`;
  md.renderer.rules.table_close = () => "</table></div>\n";
  return md;
}

function style(token: Token): void {
  if (token.nesting < 0 || token.hidden) return;
  if (OWN_DIRECTION.has(token.tag)) token.attrSet("dir", "auto");
  const wanted = STYLE_OF_TAG[token.tag];
  if (wanted === undefined) return;
  const own = token.attrGet("style");
  token.attrSet("style", own === null ? wanted : `${wanted};${own}`);
}

/**
 * A remote image tells its server who reads the mail, and when, and its address can carry whatever the bot knows: it becomes
 * a link that a person may follow. An attached image stays. `cid:` anywhere else is just its text.
 */
function tame(children: readonly Token[], state: StateCore): Token[] {
  const contentIds = state.env.contentIds instanceof Set ? state.env.contentIds : new Set();
  const tamed: Token[] = [];
  let insideLink = false;
  let href = "";
  let shown = "";
  for (const token of children) {
    if (insideLink && token.content !== "") shown += token.type === "image" ? imageAlt(token) : token.content;
    if (token.type === "link_open") {
      href = String(token.attrGet("href"));
      shown = "";
      insideLink = !/^cid:/i.test(href);
      if (insideLink) tamed.push(token);
    } else if (token.type === "link_close") {
      if (insideLink) tamed.push(token);
      if (insideLink && showsAnotherPlace(shown, href)) tamed.push(realPlace(href, state));
      insideLink = false;
    } else if (token.type === "image" && !contentIds.has(contentIdOf(token))) {
      tamed.push(...withoutImage(token, state, insideLink));
    } else {
      tamed.push(token);
    }
  }
  return tamed;
}

/** Behind a link whose text is that of another: the reader of the HTML sees where it leads, as the reader of the text does. */
function realPlace(href: string, state: StateCore): Token {
  const place = new state.Token("html_inline", "", 0);
  place.content = ` (${state.md.utils.escapeHtml(href)})`;
  return place;
}

function withoutImage(image: Token, state: StateCore, insideLink: boolean): Token[] {
  const url = String(image.attrGet("src") ?? "");
  const text = new state.Token("text", "", 0);
  text.content = imageAlt(image) || url;
  if (insideLink || /^cid:/i.test(url)) return [text];
  const open = new state.Token("link_open", "a", 1);
  open.attrSet("href", url);
  const real = showsAnotherPlace(text.content, url) ? [realPlace(url, state)] : [];
  return [open, text, new state.Token("link_close", "a", -1), ...real];
}

/** What an image says to those who do not see it. */
export function imageAlt(image: Token): string {
  return markdown.renderer.renderInlineAsText(image.children ?? [], markdown.options, {});
}

function contentIdOf(image: Token): string {
  const url = String(image.attrGet("src") ?? "");
  return /^cid:/i.test(url) ? decode(url.slice("cid:".length)) : "";
}

/** RFC 2392: a Content-ID stands in a URL percent-encoded. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
