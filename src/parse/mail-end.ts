/** As much white space behind a delimiter as is taken for such (RFC 2046 section 5.1.1), and its line end. */
const MAX_PADDING_BYTES = 80;

/** Goes along with a mail's body and looks at the delimiters of its outermost multipart. */
export class MailEnd {
  readonly #delimiter: string;
  #tail: Buffer = Buffer.from("\n");
  #isSeen = false;
  #hasPartsAfter = false;
  #isPadded = false;

  constructor(boundary: string) {
    this.#delimiter = `\n--${boundary}`;
  }

  /** Whether there was the line that ends the multipart. */
  get isSeen(): boolean {
    return this.#isSeen;
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
    let from = 0;
    for (let at = bytes.indexOf(delimiter, 0, "latin1"); at >= 0; at = bytes.indexOf(delimiter, from, "latin1")) {
      const rest = at + delimiter.length;
      if (!this.#judge(bytes.toString("latin1", rest, rest + MAX_PADDING_BYTES))) {
        this.#tail = Buffer.from(bytes.subarray(at));
        return;
      }
      from = rest;
    }
    this.#tail = Buffer.from(bytes.subarray(Math.max(from, bytes.length - delimiter.length)));
  }

  /** False: more must be seen. */
  #judge(rest: string): boolean {
    const [, dashes, padding, lineEnd] = LINE_REST.exec(rest) ?? [];
    if (dashes !== undefined) this.#isSeen = true;
    if (lineEnd === undefined) return rest.length >= MAX_PADDING_BYTES || !UNFINISHED.test(rest);
    if (dashes === undefined && this.#isSeen) this.#hasPartsAfter = true;
    if (padding !== "") this.#isPadded = true;
    return true;
  }
}

/** What may follow a boundary on its line. */
const LINE_REST = /^(--)?([ \t]*)(\r?\n)?/;
const UNFINISHED = /^(?:-|(?:--)?[ \t]*\r?)$/;
