/** As much white space behind a delimiter as is taken for such (RFC 2046 section 5.1.1), and its line end. */
const MAX_PADDING_BYTES = 80;

/** Goes along with a mail's body and looks at the delimiters of its outermost multipart. */
export class MailEnd {
  readonly #delimiter: string;
  #tail: Buffer = Buffer.from("\n");
  #isSeen = false;
  /** The last line needs no end. */
  #isSeenIfLast = false;
  #hasPartsAfter = false;
  #isPadded = false;

  constructor(boundary: string) {
    // Without the line end before it: a search for what begins like every line is slow.
    this.#delimiter = `--${boundary}`;
  }

  /** Whether there was the line that ends the multipart. */
  get isSeen(): boolean {
    return this.#isSeen || this.#isSeenIfLast;
  }

  /** Whether a part comes after it all the same. */
  get hasPartsAfter(): boolean {
    return this.#hasPartsAfter;
  }

  get isPadded(): boolean {
    return this.#isPadded;
  }

  /** The next bytes of the body. Each delimiter is judged once, when all that may belong to it is there. */
  see(chunk: Buffer): void {
    const bytes = Buffer.concat([this.#tail, chunk]);
    const delimiter = this.#delimiter;
    this.#isSeenIfLast = false;
    let from = 1;
    for (let at = bytes.indexOf(delimiter, from, "latin1"); at >= 0; at = bytes.indexOf(delimiter, from, "latin1")) {
      const rest = at + delimiter.length;
      if (bytes[at - 1] === LF && !this.#judge(bytes.toString("latin1", rest, rest + MAX_PADDING_BYTES))) {
        this.#tail = Buffer.from(bytes.subarray(at - 1));
        return;
      }
      // One look at each line, however many delimiters are in it.
      const lineFeed = bytes.indexOf(LF, at);
      from = lineFeed < 0 ? bytes.length : lineFeed + 1;
    }
    this.#tail = Buffer.from(
      bytes.subarray(Math.min(bytes.length - 1, Math.max(from - 1, bytes.length - delimiter.length))),
    );
  }

  /** False: more must be seen. */
  #judge(rest: string): boolean {
    const [, dashes, padding, lineEnd] = LINE_REST.exec(rest) ?? [];
    if (lineEnd === undefined) {
      const isUnfinished = rest.length < MAX_PADDING_BYTES && UNFINISHED.test(rest);
      this.#isSeenIfLast = isUnfinished && dashes !== undefined;
      return !isUnfinished;
    }
    if (dashes !== undefined) this.#isSeen = true;
    else if (this.#isSeen) this.#hasPartsAfter = true;
    if (padding !== "") this.#isPadded = true;
    return true;
  }
}

/** What may follow a boundary on its line. */
const LINE_REST = /^(--)?([ \t]*)(\r?\n)?/;
const UNFINISHED = /^(?:-|(?:--)?[ \t]*\r?)$/;
const LF = 0x0a;
