import { boundaryOf, type SplitData, type SplitNode } from "./mime-inside.ts";
import { trimAscii } from "../domain/trim.ts";

/** RFC 2046 section 5.1.1: 70 characters, which not all senders count. */
const MAX_LINE_BYTES = 1_000;

/**
 * Which multiparts inside the mail come to their end. Of one that does not, some readers take what follows for its last part
 * (mailparser does), and others for parts of the multipart around it, as RFC 2046 section 5.1.2 says.
 */
export class MultipartEnds {
  /** The lines that are still to come. */
  readonly #awaited = new Set<string>();

  begin(node: SplitNode): void {
    const boundary = boundaryOf(node);
    if (node.parentNode && boundary) this.#awaited.add(`--${boundary.toString("latin1")}--`);
  }

  /** What stands between parts: several delimiters, perhaps, and text that is none. */
  see({ value }: SplitData): void {
    if (this.#awaited.size === 0) return;
    for (let at = value.indexOf("--"); at >= 0; at = value.indexOf("\n--", at)) {
      if (value[at] === LF) at++;
      const lineFeed = value.indexOf(LF, at);
      const end = Math.min(lineFeed < 0 ? value.length : lineFeed, at + MAX_LINE_BYTES);
      this.#awaited.delete(trimAscii(value.toString("latin1", at, end)));
      at = end;
    }
  }

  get isOneAwaited(): boolean {
    return this.#awaited.size > 0;
  }
}

const LF = 0x0a;
