import { randomBytes } from "node:crypto";

/** Shorter bodies are not worth the detour. */
const MIN_CUT_BYTES = 16 * 1024;

const LINE_BREAK = Buffer.from("\r\n");
const EMPTY_LINE = Buffer.from("\r\n\r\n");
const BOUNDARY_LINE = Buffer.from("\n--");

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
  /** The last two bytes that came before. */
  #before = "\r\n";

  /** The chunk with its long bodies replaced by markers; line breaks around them stay. */
  cut(chunk: Buffer): Buffer {
    const pieces: Buffer[] = [];
    let kept = 0;
    if (this.#beginsBoundary(chunk)) this.#inBody = false;
    this.#before = (this.#before + chunk.toString("latin1", Math.max(0, chunk.length - 2))).slice(-2);
    for (let from = this.#bodyStart(chunk, 0); from >= 0;) {
      const boundary = chunk.indexOf(BOUNDARY_LINE, from - 1);
      const end = lineEnd(chunk, boundary < 0 ? chunk.lastIndexOf("\n") : boundary);
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
      const lineFeed = chunk.indexOf("\n");
      return lineFeed < 0 ? -1 : lineFeed + 1;
    }
    const emptyLine = chunk.indexOf(EMPTY_LINE, from);
    return emptyLine < 0 ? -1 : emptyLine + EMPTY_LINE.length;
  }

  /** Whether the first line may be a boundary, which may have begun in the chunk before. */
  #beginsBoundary(chunk: Buffer): boolean {
    if (this.#before.endsWith("\n")) return chunk.length < 2 || chunk.toString("latin1", 0, 2) === "--";
    return this.#before.endsWith("\n-") && (chunk.length < 1 || chunk[0] === DASH);
  }

  #marker(body: Buffer): Buffer {
    if (this.#count === 0) this.#prefix = Buffer.from(`mailport/${randomBytes(12).toString("hex")}/`);
    const index = String(this.#count++).padStart(INDEX_DIGITS, "0");
    this.#cuts.set(index, body);
    return Buffer.concat([this.#prefix, Buffer.from(index)]);
  }
}

const INDEX_DIGITS = 9;
const DASH = 0x2d;

/** The line break that `lineFeed` ends stays where it is: it may belong to a boundary (RFC 2046 section 5.1.1). */
function lineEnd(chunk: Buffer, lineFeed: number): number {
  return lineFeed > 0 && chunk[lineFeed - 1] === LINE_BREAK[0] ? lineFeed - 1 : lineFeed;
}
