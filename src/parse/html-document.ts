import { defaultTreeAdapter, type DefaultTreeAdapterTypes, parse, type TreeAdapter } from "parse5";
import { readFlatHtml } from "./flat-html.ts";
import { type HtmlHandler, type HtmlReading, MAX_DEPTH, MAX_ELEMENTS, MAX_TEXTS } from "./html-handler.ts";

type Tree = DefaultTreeAdapterTypes.DefaultTreeAdapterMap;

/**
 * HTML as browsers read it (HTML section 13.2): which element is in which is not what the tags say, and by that text can be
 * hidden. Beyond the bounds it is read without a tree.
 */
export class HtmlDocument {
  readonly #html: string;
  readonly #tree: Tree["document"] | undefined;

  constructor(html: string) {
    this.#html = html;
    this.#tree = treeOf(html);
  }

  /** Tells everything, in the order of the document. */
  read(handler: HtmlHandler): HtmlReading {
    if (this.#tree === undefined) return readFlatHtml(this.#html, handler);
    tell(this.#tree, handler);
    return { beyond: undefined };
  }
}

class BeyondBounds extends Error {}

function treeOf(html: string): Tree["document"] | undefined {
  try {
    return parse(html, { scriptingEnabled: false, treeAdapter: boundedAdapter() });
  } catch (error) {
    if (error instanceof BeyondBounds) return undefined;
    throw error;
  }
}

/** Formatting that is not closed is opened again in every block after it: a few kilobytes can ask for millions of elements. */
function boundedAdapter(): TreeAdapter<Tree> {
  let depth = 0;
  let elements = 0;
  let comments = 0;
  return {
    ...defaultTreeAdapter,
    createElement(...args) {
      if (++elements > MAX_ELEMENTS) throw new BeyondBounds();
      return defaultTreeAdapter.createElement(...args);
    },
    createCommentNode(data) {
      if (++comments > MAX_TEXTS) throw new BeyondBounds();
      return defaultTreeAdapter.createCommentNode(data);
    },
    onItemPush() {
      if (++depth > MAX_DEPTH) throw new BeyondBounds();
    },
    onItemPop() {
      depth--;
    },
  };
}

function tell(parent: Tree["parentNode"], handler: HtmlHandler): void {
  for (const node of parent.childNodes) {
    if (defaultTreeAdapter.isTextNode(node)) handler.text(node.value);
    else if (defaultTreeAdapter.isCommentNode(node)) {
      if (!NO_COMMENT.test(node.data)) handler.comment(node.data);
    } else if (defaultTreeAdapter.isElementNode(node)) {
      handler.open(node.tagName, Object.fromEntries(node.attrs.map(({ name, value }) => [name, value])));
      if (isTemplate(node)) tell(node.content, handler);
      tell(node, handler);
      handler.close(node.tagName);
    }
  }
}

/** Its content is kept beside the document. */
function isTemplate(node: Tree["element"]): node is Tree["template"] {
  return "content" in node;
}

/** `<?xml …>`, `<![if !mso]>` and `<![endif]>`, which are comments to browsers only. */
const NO_COMMENT = /^(?:\?|\[(?:if [^\]]*|endif)\]$)/i;
