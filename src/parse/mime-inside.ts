/*
 * The piece of mailparser that its types leave out, and that alone tells the parts of a mail apart: every node and
 * every piece of body passes through `processChunk`, and `tree` keeps each part's decoded text. Hence the exact version
 * in package.json; `isParserInside` says so at once should a later version differ.
 */

export interface ParserInside {
  readonly tree: ParsedNode | false;
  processChunk(chunk: SplitNode | SplitData, done: (error?: Error) => void): void;
}

export interface ParsedNode {
  readonly node: SplitNode;
  readonly textContent?: string;
  readonly children: readonly ParsedNode[];
}

export interface SplitNode {
  readonly type: "node";
  readonly parentNode: SplitNode | false;
  readonly multipart: string | false;
  readonly disposition: string | false;
  readonly filename: string | false;
  /** Of a multipart; mailsplit's own name for it. */
  readonly _boundary: Buffer | false;
  readonly headers: { getFirst(name: string): string; getList(): { key: string; line: string }[] };
  contentType: string | false;
  charset: string | false;
  encoding: string | false;
}

export interface SplitData {
  readonly type: "body" | "data";
  readonly node: SplitNode;
  readonly value: Buffer;
}

export function boundaryOf({ _boundary: boundary }: SplitNode): Buffer | undefined {
  return boundary || undefined;
}

export function isParserInside(parser: object): parser is ParserInside {
  return "processChunk" in parser && typeof parser.processChunk === "function" && "tree" in parser;
}

/** At most as deep as the reader lets a mail be. */
export function* parsedNodes(node: ParsedNode | false): Generator<ParsedNode, void, void> {
  if (!node) return;
  yield node;
  for (const child of node.children) yield* parsedNodes(child);
}
