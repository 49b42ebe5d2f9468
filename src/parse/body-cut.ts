import { randomBytes } from "node:crypto";

/** Shorter bodies are not worth the detour. */
const MIN_CUT_BYTES = 16 * 1024;

const EMPTY_LINE = Buffer.from("\r\n\r\n");
const DASHES = Buffer.from("--");
const CR = 0x0d;
const LF = 0x0a;

/** The line, or what has come of it, may be a boundary; the splitter takes a lone CR before it for a line end. */
const MAYBE_BOUNDARY = /^\r?(?:--|-?$)/;
const MAYBE_BOUNDARY_BYTES = 3;

/**
 * Takes long bodies out of a mail on its way to the splitter, which looks at every line, and puts them back behind it.
 *
 * What is taken out lies behind an empty line, so it is in no header (embedded mails are bodies to the splitter), and has
 * no line that begins with `--`, so it has no boundary: the splitter could only hand it on. A marker line stands in its
 * place that no sender can know. Begins behind the mail's own header.
 */
export class BodyCut {
  /** Made when it is first needed: most mails are too short for this. */
  #prefix: Buffer = Buffer.alloc(0);
  readonly #cuts = new Map<string, Buffer>();
  #count = 0;
  /** Behind an empty line, and no boundary since. */
  #inBody = true;
  /** The beginning of the line that is not yet complete. */
  #line = "";

  /** The chunk with its long bodies replaced by markers; line breaks around them stay. */
  cut(chunk: Buffer): Buffer {
    const pieces: Buffer[] = [];
    let kept = 0;
    this.#line = (this.#line + chunk.toString("latin1", 0, MAYBE_BOUNDARY_BYTES)).slice(0, MAYBE_BOUNDARY_BYTES);
    if (MAYBE_BOUNDARY.test(this.#line)) this.#inBody = false;
    const lastLine = chunk.lastIndexOf(LF) + 1;
    if (lastLine > 0) this.#line = chunk.toString("latin1", lastLine, lastLine + MAYBE_BOUNDARY_BYTES);
    for (let from = this.#bodyStart(chunk, 0); from >= 0;) {
      const boundary = lineFeedBeforeBoundary(chunk, from);
      const end = lineEnd(chunk, boundary < 0 ? lastLine - 1 : boundary);
      if (end - from >= MIN_CUT_BYTES) {
        pieces.push(chunk.subarray(kept, from), this.#marker(chunk.subarray(from, end)));
        kept = end;
      }
      this.#inBody = boundary < 0;
      if (boundary < 0) break;
      from = this.#bodyStart(chunk, boundary + 1);
    }
    return pieces.length === 0 ? chunk : Buffer.concat([...pieces, chunk.subarray(kept)]);
  }

  /** What stood in the place of the markers, in pieces, in order. */
  restore(value: Buffer): Buffer[] {
    if (this.#cuts.size === 0) return [value];
    const pieces: Buffer[] = [];
    let from = 0;
    for (let at = value.indexOf(this.#prefix); at >= 0; at = value.indexOf(this.#prefix, from)) {
      const markerEnd = at + this.#prefix.length + INDEX_DIGITS;
      const index = value.toString("latin1", at + this.#prefix.length, markerEnd);
      pieces.push(value.subarray(from, at), this.#cuts.get(index) ?? Buffer.alloc(0));
      this.#cuts.delete(index);
      from = markerEnd;
    }
    pieces.push(value.subarray(from));
    return pieces.filter(({ length }) => length > 0);
  }

  /** Where the next body line begins at or behind `from`; -1 when that is not known to be in this chunk. */
  #bodyStart(chunk: Buffer, from: number): number {
    if (from === 0 && this.#inBody) {
      // The chunk may begin in the middle of a line.
      const lineFeed = chunk.indexOf(LF);
      return lineFeed < 0 ? -1 : lineFeed + 1;
    }
    const emptyLine = chunk.indexOf(EMPTY_LINE, from);
    return emptyLine < 0 ? -1 : emptyLine + EMPTY_LINE.length;
  }

  #marker(body: Buffer): Buffer {
    if (this.#count === 0) this.#prefix = Buffer.from(`mailport/${randomBytes(12).toString("hex")}/`);
    const index = String(this.#count++).padStart(INDEX_DIGITS, "0");
    this.#cuts.set(index, body);
    return Buffer.concat([this.#prefix, Buffer.from(index)]);
  }
}

const INDEX_DIGITS = 9;

/** The line feed before the first line that may be a boundary, of those that begin at or behind `from`; -1 for none. */
function lineFeedBeforeBoundary(chunk: Buffer, from: number): number {
  for (let at = chunk.indexOf(DASHES, from); at >= 0;) {
    const lineStart = chunk[at - 1] === CR ? at - 1 : at;
    if (chunk[lineStart - 1] === LF) return lineStart - 1;
    const lineFeed = chunk.indexOf(LF, at);
    if (lineFeed < 0) return -1;
    at = chunk.indexOf(DASHES, lineFeed + 1);
  }
  return -1;
}

/** The line break that `lineFeed` ends stays where it is: it may belong to a boundary (RFC 2046 section 5.1.1). */
function lineEnd(chunk: Buffer, lineFeed: number): number {
  return lineFeed > 0 && chunk[lineFeed - 1] === CR ? lineFeed - 1 : lineFeed;
}
