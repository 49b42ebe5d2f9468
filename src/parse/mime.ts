import { setImmediate as nextTurn } from "node:timers/promises";
import { MailParser, parseAddressHeader, type Headers } from "mailparser";
import { type CharsetPlan, charsetPlan, textOfBytes } from "./charset.ts";
import type { DefectName, Defects } from "./defects.ts";
import { isParserInside, parsedNodes, type ParserInside, type SplitData, type SplitNode } from "./mime-inside.ts";
import { TreeBuilder, type TreePart } from "./mime-tree.ts";
import { factsOf, noteHeaderDefects, PLAIN_TEXT } from "./mime-node.ts";
import { type TransferDecoder, transferDecoder } from "./transfer-decoder.ts";

/** Where one attachment's decoded bytes go. A promise holds the mail back until it is settled. */
export interface PartSink {
  write(chunk: Buffer): Promise<void> | undefined;
  end(): Promise<void> | undefined;
}

export interface MimeReaderOptions {
  readonly defects: Defects;
  /** Undefined: nobody wants the bytes of this part. */
  readonly openSink: (part: TreePart) => PartSink | undefined;
}

/** As many as mail servers let through (Postfix stops at 100 levels, Exchange at 1,000 parts). */
const MAX_DEPTH = 100;
const MAX_PARTS = 1_000;

/** One part's header, and all parts' headers together: reading parameters costs some 300 ns a byte. */
const MAX_PART_HEADER_BYTES = 64 * 1024;
const MAX_ALL_HEADERS_BYTES = 1024 * 1024;

/** Encoded text of all text parts together that is kept; a novel has one megabyte. */
const MAX_TEXT_BYTES = 4 * 1024 * 1024;

/** Turns of the event loop that a decoder may take to end; two are enough. */
const MAX_TURNS = 50;

/** What stands before the first part is kept only in case that no part ever comes. */
const MAX_PREAMBLE_BYTES = 256 * 1024;

const PARSER_OPTIONS = {
  skipHtmlToText: true,
  skipTextToHtml: true,
  skipTextLinks: true,
  skipImageLinks: true,
  keepDeliveryStatus: true,
  ignoreEmbedded: true,
  checksumAlgo: false,
  maxHeadSize: MAX_PART_HEADER_BYTES,
  // Counted below instead: mailparser throws away parts that were complete when it meets this limit.
  maxChildNodes: Number.MAX_SAFE_INTEGER,
} as const;

class LimitError extends Error {
  readonly defect: DefectName;

  constructor(defect: DefectName) {
    super(`limit of the MIME reader: ${defect}`);
    this.defect = defect;
  }
}

/**
 * Reads one mail's MIME structure: text parts into the tree, attachments into sinks, each as it comes.
 *
 * mailparser splits the mail, finds the parts and decodes text; its merged `text` and `html` are not used, since they
 * do not say which part they came from. Attachments bypass its chain of streams, which costs more than the decoding.
 */
export class MimeReader {
  readonly tree: TreeBuilder = new TreeBuilder();
  subject = "";
  readonly #options: MimeReaderOptions;
  readonly #parser = new MailParser(PARSER_OPTIONS);
  readonly #inside: ParserInside = insideOf(this.#parser);
  readonly #parts = new Map<SplitNode, TreePart>();
  readonly #plans = new Map<SplitNode, CharsetPlan>();
  #open: { sink: PartSink; decoder: TransferDecoder } | undefined;
  #check: TransferDecoder | undefined;
  #skipping = false;
  #inText = false;
  #failure: { error: unknown } | undefined;
  #wake: (() => void) | undefined;
  #headerBytes = 0;
  #textBytes = 0;
  #preamble: Buffer[] = [];
  #preambleBytes = 0;

  constructor(options: MimeReaderOptions) {
    this.#options = options;
    this.#hook();
  }

  /** False: the mail is refused and no more of it is wanted. Rejects with what a sink rejected with. */
  async write(chunk: Buffer): Promise<boolean> {
    if (!this.#failure) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        this.#parser.write(chunk, () => resolve());
      });
    }
    return this.#goOn();
  }

  /** The last piece; false as for `write`, and then the tree has the parts that were complete. */
  async end(chunk: Buffer): Promise<boolean> {
    if (!this.#failure) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        this.#parser.end(chunk);
      });
    }
    if (!this.#failure) await this.#closePart();
    // mailparser may end before the charset decoder of the last part has: a cut mail would lose that text.
    for (let turn = 0; turn < MAX_TURNS && !this.#failure && this.#awaitsText(); turn++) await nextTurn();
    this.#collectTexts();
    return this.#goOn();
  }

  /** Lets go of everything; for a mail whose source broke. */
  destroy(): void {
    this.#parser.destroy();
  }

  #goOn(): boolean {
    if (!this.#failure) return true;
    const { error } = this.#failure;
    if (!(error instanceof LimitError)) throw error;
    this.#options.defects.add(error.defect);
    return false;
  }

  /** Everything mailparser is told of a part passes here first, in the order of the mail. */
  #hook(): void {
    const parser = this.#parser;
    const pass = this.#inside.processChunk.bind(parser);
    this.#inside.processChunk = (chunk, done) => {
      const fail = (error: unknown): void => {
        this.#failure ??= { error };
        done(error instanceof Error ? error : new Error(String(error)));
      };
      try {
        this.#take(chunk, { pass, done, fail });
      } catch (error) {
        fail(error);
      }
    };
    parser.on("headers", (headers: Headers) => {
      const subject: unknown = headers.get("subject");
      if (typeof subject === "string") this.subject = subject;
    });
    parser.on("data", (data) => {
      if (data.type !== "attachment") return;
      data.content.resume();
      data.release?.();
    });
    parser.on("end", () => this.#wake?.());
    parser.on("error", (error: unknown) => {
      this.#failure ??= { error: new LimitError(defectOf(error)) };
      this.#wake?.();
    });
  }

  #take(chunk: SplitNode | SplitData, { pass, done, fail }: Steps): void {
    if (chunk.type === "body") {
      const waits = this.#body(chunk);
      if (waits === "pass") pass(chunk, done);
      else if (waits) waits.then(() => done(), fail);
      else done();
      return;
    }
    const go = (): void => {
      if (chunk.type === "node") this.#node(chunk);
      else this.#between(chunk);
      // mailparser ends the text part before at every such chunk; ending it again makes an Error each time.
      if (chunk.type === "node" || this.#inText) pass(chunk, () => {});
      this.#inText = chunk.type === "node" && this.#parts.get(chunk)?.role === "text";
      done();
    };
    const closed = this.#closePart();
    if (closed) closed.then(go).catch(fail);
    else go();
  }

  #node(node: SplitNode): void {
    const parent = node.parentNode ? this.#parts.get(node.parentNode) : undefined;
    this.#headerBytes += noteHeaderDefects(node, this.#options.defects);
    if (this.#headerBytes > MAX_ALL_HEADERS_BYTES) throw new LimitError("too-many-parts");
    // RFC 2046 section 5.1.5: in a digest, a part that does not say what it is, is a mail.
    if (parent?.type === "multipart/digest" && !node.headers.getFirst("Content-Type"))
      node.contentType = "message/rfc822";
    if (!node.contentType || !/^[^\s/]+\/[^\s/]+$/.test(node.contentType)) {
      this.#options.defects.add("bad-content-type");
      node.contentType = "text/plain"; // RFC 2045 section 5.2
    }
    const part = this.tree.add(factsOf(node, node.contentType), parent);
    this.#parts.set(node, part);
    if (part.depth > MAX_DEPTH) throw new LimitError("nested-too-deep");
    if (this.#parts.size > MAX_PARTS) throw new LimitError("too-many-parts");
    this.#skipping = part.role === "signature" || part.role === "variant";
    this.#check = undefined;
    if (part.role === "text") this.#beginText(node);
    if (part.role === "attachment") this.#beginAttachment(part, node);
  }

  #beginText(node: SplitNode): void {
    const plan = charsetPlan(node.charset || undefined);
    if (plan.kind === "unknown") this.#options.defects.add("unknown-charset");
    this.#plans.set(node, plan);
    node.charset = plan.charset;
    // mailparser decodes broken base64 without a word; text is short enough to be looked at a second time.
    if (node.encoding === "base64") this.#check = transferDecoder("base64");
  }

  #beginAttachment(part: TreePart, node: SplitNode): void {
    const sink = this.#options.openSink(part);
    if (sink) this.#open = { sink, decoder: transferDecoder(node.encoding || "") };
    else this.#skipping = true;
  }

  #body({ value }: SplitData): Promise<void> | undefined | "pass" {
    if (this.#open) return this.#open.sink.write(this.#open.decoder.push(value));
    if (this.#skipping) return undefined;
    this.#textBytes += value.length;
    if (this.#textBytes > MAX_TEXT_BYTES) {
      this.#options.defects.add("text-too-long");
      return undefined;
    }
    this.#check?.push(value);
    return "pass";
  }

  #between({ node, value }: SplitData): void {
    if (node !== this.#rootNode() || this.tree.root?.children.length !== 0 || this.#preambleBytes > MAX_PREAMBLE_BYTES)
      return;
    this.#preamble.push(value);
    this.#preambleBytes += value.length;
  }

  #rootNode(): SplitNode | undefined {
    for (const node of this.#parts.keys()) return node;
    return undefined;
  }

  /** Called when something else begins: the part before it is complete. */
  #closePart(): Promise<void> | undefined {
    const open = this.#open;
    const checked = open?.decoder ?? this.#check;
    this.#open = undefined;
    this.#check = undefined;
    const rest = checked?.end();
    if (checked?.malformed) this.#options.defects.add("bad-base64");
    if (!open) return undefined;
    const written = rest && rest.length > 0 ? open.sink.write(rest) : undefined;
    return written ? written.then(() => open.sink.end()) : open.sink.end();
  }

  #awaitsText(): boolean {
    for (const { node, textContent } of parsedNodes(this.#inside.tree)) {
      if (textContent === undefined && this.#parts.get(node)?.role === "text") return true;
    }
    return false;
  }

  #collectTexts(): void {
    for (const { node, textContent } of parsedNodes(this.#inside.tree)) {
      const part = this.#parts.get(node);
      if (part?.role === "text" && textContent !== undefined) part.text = this.#decoded(node, textContent);
    }
    const { root } = this.tree;
    if (root?.role !== "container" || root.children.length > 0) return;
    this.#options.defects.add("missing-parts");
    const lost = this.tree.add(PLAIN_TEXT, root);
    lost.text = textOfBytes(Buffer.concat(this.#preamble).toString("latin1"));
  }

  #decoded(node: SplitNode, text: string): string {
    if (this.#plans.get(node)?.kind !== "declared") return textOfBytes(text);
    if (text.includes("\ufffd")) this.#options.defects.add("undecodable-text");
    return text;
  }
}

function insideOf(parser: MailParser): ParserInside {
  if (isParserInside(parser)) return parser;
  throw new Error("mailparser is not the version that this package was made for; install the one in its package.json");
}

interface Steps {
  readonly pass: ParserInside["processChunk"];
  readonly done: (error?: Error) => void;
  readonly fail: (error: unknown) => void;
}

/** mailparser names its limits EMAXLEN; the only one left to it is the length of one part's header. */
function defectOf(error: unknown): DefectName {
  return error instanceof Error && "code" in error && error.code === "EMAXLEN" ? "header-too-large" : "unreadable";
}

export interface MailAddress {
  readonly name: string;
  readonly address: string;
}

/** Addresses of a From, To, Cc or Reply-To value; groups give their members; domains stay as they were sent. */
export function readAddresses(value: string): MailAddress[] {
  return parseAddressHeader(value, { flatten: true, decodePunycode: false }).value.map(({ name, address }) => ({
    name,
    address: address ?? "",
  }));
}
