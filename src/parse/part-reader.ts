import { type CharsetPlan, charsetPlan, textOfBytes } from "./charset.ts";
import type { Defects } from "./defects.ts";
import { type ParsedNode, parsedNodes, type ParserInside, type SplitData, type SplitNode } from "./mime-inside.ts";
import { factsOf, noteHeaderDefects, PLAIN_TEXT } from "./mime-node.ts";
import { isMediaType, TreeBuilder, type TreePart } from "./mime-tree.ts";
import { MultipartEnds } from "./multipart-ends.ts";
import { LimitError, type PartReaderOptions, type PartSink } from "./part-sink.ts";
import { type TransferDecoder, transferDecoder } from "../domain/transfer-decoder.ts";

/** As many as mail servers let through (Postfix stops at 100 levels, Exchange at 1,000 parts). */
const MAX_DEPTH = 100;
const MAX_PARTS = 1_000;

/** All parts' headers together: reading their parameters costs up to a microsecond a byte. */
const MAX_ALL_HEADERS_BYTES = 1024 * 1024;

/** Encoded text of all text parts together that is kept; a novel has one megabyte. */
const MAX_TEXT_BYTES = 4 * 1024 * 1024;

/** What stands before the first part is kept only in case that no part ever comes. */
const MAX_PREAMBLE_BYTES = 256 * 1024;

export interface Steps {
  /** Hands a chunk on to mailparser. */
  readonly pass: ParserInside["processChunk"];
  /** Asks for the next one. */
  readonly done: (error?: Error) => void;
  readonly fail: (error: unknown) => void;
}

type OpenPart = { readonly decoder: TransferDecoder } & (
  { readonly sink: PartSink; readonly node?: never } | { readonly node: SplitNode; readonly sink?: never }
);

/** Makes the tree from what mailparser's splitter finds, and sends every part's body where it belongs. */
export class PartReader {
  readonly #tree = new TreeBuilder();
  readonly #defects: Defects;
  readonly #openSink: PartReaderOptions["openSink"];
  readonly #restore: PartReaderOptions["restore"];
  readonly #parts = new Map<SplitNode, TreePart>();
  readonly #ends = new MultipartEnds();
  readonly #plans = new Map<SplitNode, CharsetPlan>();
  /** The part whose body is being read; undefined between parts and in those that nobody wants. */
  #open: OpenPart | undefined;
  #headerBytes = 0;
  #textBytes = 0;
  readonly #preamble: Buffer[] = [];
  #preambleBytes = 0;
  #tail: { readonly node: SplitNode; readonly text: string } | undefined;

  constructor({ defects, openSink, restore }: PartReaderOptions) {
    this.#defects = defects;
    this.#openSink = openSink;
    this.#restore = restore;
  }

  get root(): TreePart | undefined {
    return this.#tree.root;
  }

  take(chunk: SplitNode | SplitData, steps: Steps): void {
    if (chunk.type === "node") return this.#take(chunk, steps);
    const pieces = this.#restore(chunk.value);
    if (pieces[0] === chunk.value) return this.#take(chunk, steps);
    const takeFrom = (index: number): void => {
      const value = pieces[index];
      if (value === undefined) return steps.done();
      const done = (error?: Error): void => (error ? steps.done(error) : takeFrom(index + 1));
      this.#take({ ...chunk, value }, { ...steps, done });
    };
    takeFrom(0);
  }

  #take(chunk: SplitNode | SplitData, steps: Steps): void {
    if (chunk.type === "body") this.#body(chunk, steps);
    else {
      if (chunk.type === "data") this.#ends.see(chunk);
      const closed = this.#close(chunk, steps);
      const go = (): void => this.#next(chunk, steps);
      if (closed) closed.then(go).catch(steps.fail);
      else go();
    }
  }

  /** After the last chunk: what the last part still holds. */
  async end(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    const rest = this.#restOf(open);
    // Too late for mailparser: at most the last letters of a text whose encoding was cut short.
    if (open?.node && rest) this.#tail = { node: open.node, text: rest.toString("ascii") };
    if (!open?.sink) return;
    if (rest) await open.sink.write(rest);
    await open.sink.end();
  }

  /** Whether a decoder still holds text. */
  awaitsText(tree: ParsedNode | false): boolean {
    for (const { node, textContent } of parsedNodes(tree)) {
      if (textContent === undefined && this.#plans.has(node)) return true;
    }
    return false;
  }

  collectTexts(tree: ParsedNode | false): void {
    for (const { node, textContent } of parsedNodes(tree)) {
      const part = this.#parts.get(node);
      const plan = this.#plans.get(node);
      if (part && plan && textContent !== undefined) part.text = this.#decoded(plan, textContent) + this.#tailOf(node);
    }
  }

  /** After a mail that was read to its end; a multipart without a single part: its preamble is all there is. */
  recoverPreamble(): void {
    const { root } = this.#tree;
    if (this.#ends.isOneAwaited) this.#defects.addAmbiguous("unclosed-part");
    if (root?.role !== "container" || root.children.length > 0) return;
    this.#defects.add("missing-parts");
    this.#tree.add(PLAIN_TEXT, root).text = textOfBytes(Buffer.concat(this.#preamble).toString("latin1"));
  }

  #next(chunk: SplitNode | SplitData, { pass, done }: Steps): void {
    if (chunk.type === "node") {
      this.#begin(chunk);
      pass(chunk, () => {});
    } else this.#between(chunk);
    done();
  }

  #begin(node: SplitNode): void {
    const parent = node.parentNode ? this.#parts.get(node.parentNode) : undefined;
    this.#headerBytes += noteHeaderDefects(node, this.#defects);
    if (this.#headerBytes > MAX_ALL_HEADERS_BYTES) throw new LimitError("too-many-parts");
    // RFC 2046 section 5.1.5: in a digest, a part that does not say what it is, is a mail.
    const isMail = parent?.type === "multipart/digest" && !node.headers.getFirst("Content-Type");
    if (isMail) node.contentType = "message/rfc822";
    if (node.contentType) node.contentType = node.contentType.replace(/\([^()]*\)/g, "").trim();
    if (!node.contentType || !isMediaType(node.contentType)) {
      this.#defects.add("bad-content-type");
      node.contentType = "text/plain"; // RFC 2045 section 5.2
    }
    this.#ends.begin(node);
    const part = this.#tree.add(factsOf(node, node.contentType), parent);
    this.#parts.set(node, part);
    if (part.depth > MAX_DEPTH) throw new LimitError("nested-too-deep");
    if (this.#parts.size > MAX_PARTS) throw new LimitError("too-many-parts");
    if (part.role === "text") this.#beginText(node);
    if (part.role === "attachment") this.#beginAttachment(part, node);
  }

  #beginText(node: SplitNode): void {
    const plan = charsetPlan(node.charset || undefined);
    if (plan.kind === "unknown") this.#defects.add("unknown-charset");
    this.#plans.set(node, plan);
    node.charset = plan.charset;
    // Decoded here as attachments are: mailparser says nothing of broken base64, and takes seconds over some of it.
    this.#open = { node, decoder: transferDecoder(node.encoding || "") };
    node.encoding = "binary";
  }

  #beginAttachment(part: TreePart, node: SplitNode): void {
    const sink = this.#openSink(part);
    if (sink) this.#open = { sink, decoder: transferDecoder(node.encoding || "", "lend") };
  }

  #body({ value }: SplitData, { pass, done, fail }: Steps): void {
    const open = this.#open;
    if (open?.sink) {
      const written = open.sink.write(open.decoder.push(value));
      if (written) written.then(() => done(), fail);
      else done();
      return;
    }
    this.#textBytes += open ? value.length : 0;
    const fits = this.#textBytes <= MAX_TEXT_BYTES;
    if (!fits) this.#defects.add("text-too-long");
    if (!open || !fits) return done();
    pass({ type: "body", node: open.node, value: open.decoder.push(value) }, done);
  }

  /** Something else begins: the part before it is complete. `chunk` makes mailparser end it, too. */
  #close(chunk: SplitNode | SplitData, { pass }: Steps): Promise<void> | undefined {
    const open = this.#open;
    if (!open) return undefined;
    this.#open = undefined;
    const rest = this.#restOf(open);
    if (open.sink) {
      const written = rest && open.sink.write(rest);
      return written ? written.then(() => open.sink.end()) : open.sink.end();
    }
    if (rest) pass({ type: "body", node: open.node, value: rest }, () => {});
    if (chunk.type === "data") pass(chunk, () => {});
    return undefined;
  }

  #restOf(open: OpenPart | undefined): Buffer | undefined {
    const rest = open?.decoder.end();
    const defect = open?.decoder.defect;
    if (defect === "bad-base64") this.#defects.addAmbiguous(defect);
    else if (defect) this.#defects.add(defect);
    return rest && rest.length > 0 ? rest : undefined;
  }

  #between({ node, value }: SplitData): void {
    const { root } = this.#tree;
    const isPreamble = root?.children.length === 0 && this.#parts.get(node) === root;
    if (!isPreamble || this.#preambleBytes > MAX_PREAMBLE_BYTES) return;
    this.#preamble.push(value);
    this.#preambleBytes += value.length;
  }

  #tailOf(node: SplitNode): string {
    return this.#tail?.node === node ? this.#tail.text : "";
  }

  #decoded({ kind }: CharsetPlan, text: string): string {
    if (kind !== "declared") return textOfBytes(text);
    if (text.includes("\ufffd")) this.#defects.add("undecodable-text");
    return text;
  }
}
