import { setImmediate as nextTurn } from "node:timers/promises";
import { type Headers, MailParser, parseAddressHeader } from "mailparser";
import type { DefectName, Defects } from "./defects.ts";
import { isParserInside, type ParserInside } from "./mime-inside.ts";
import type { TreePart } from "./mime-tree.ts";
import { PartReader } from "./part-reader.ts";
import { LimitError, type PartReaderOptions } from "./part-sink.ts";

export type MimeReaderOptions = PartReaderOptions;

/** One part's header; honest ones have 200 bytes. So long that the parts before it are through when it is too long. */
const MAX_PART_HEADER_BYTES = 1024 * 1024;

/** Turns of the event loop that a text decoder may lag behind. Seen was none; a lost text would be lost in silence. */
const MAX_TURNS = 50;

const PARSER_OPTIONS = {
  skipHtmlToText: true,
  skipTextToHtml: true,
  skipTextLinks: true,
  skipImageLinks: true,
  keepDeliveryStatus: true,
  ignoreEmbedded: true,
  checksumAlgo: false,
  maxHeadSize: MAX_PART_HEADER_BYTES,
  // Parts are counted by the PartReader: mailparser throws complete parts away when it meets this limit.
  maxChildNodes: Number.MAX_SAFE_INTEGER,
} as const;

/**
 * Reads one mail's MIME structure: text parts into the tree, attachments into sinks, each as it comes.
 *
 * mailparser splits the mail, finds the parts, and decodes names, charsets and flowed text. Its merged `text` and `html`
 * are not used, since they do not say which part they came from, and attachments bypass its chain of streams, which
 * costs more than the decoding.
 */
export class MimeReader {
  readonly #defects: Defects;
  readonly #parser = new MailParser(PARSER_OPTIONS);
  readonly #inside: ParserInside = insideOf(this.#parser);
  readonly #parts: PartReader;
  #subject = "";
  #failure: { error: unknown } | undefined;
  #wake: (() => void) | undefined;
  #destroyed = false;

  constructor(options: MimeReaderOptions) {
    this.#defects = options.defects;
    this.#parts = new PartReader(options);
    this.#hook();
  }

  get root(): TreePart | undefined {
    return this.#parts.root;
  }

  /** Decoded; empty when there is none. */
  get subject(): string {
    return this.#subject;
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

  /** The last piece. False as for `write`; then the tree has the parts that were complete. */
  async end(chunk: Buffer): Promise<boolean> {
    if (!this.#failure) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        this.#parser.end(chunk);
      });
    }
    // Of a refused mail, too: what has come of its last part is kept.
    if (this.#isReadable()) await this.#parts.end();
    // mailparser may end before the charset decoder of the last part has.
    for (let turn = 0; turn < MAX_TURNS && this.#parts.awaitsText(this.#inside.tree); turn++) await nextTurn();
    this.#parts.collectTexts(this.#inside.tree);
    if (!this.#failure) this.#parts.recoverPreamble();
    return this.#goOn();
  }

  /** Lets go of everything; of no effect on a mail that has been read to its end. */
  destroy(): void {
    this.#destroyed = true;
    this.#parser.destroy();
  }

  #isReadable(): boolean {
    return !this.#failure || this.#failure.error instanceof LimitError;
  }

  #goOn(): boolean {
    if (!this.#failure) return true;
    const { error } = this.#failure;
    if (!(error instanceof LimitError)) throw error;
    this.#defects.add(error.defect);
    return false;
  }

  /** Everything mailparser is told of a part passes the PartReader first, in the order of the mail. */
  #hook(): void {
    const parser = this.#parser;
    const pass = this.#inside.processChunk.bind(parser);
    this.#inside.processChunk = (chunk, done) => {
      // Destroying mailparser does not stop what it has split already; not asking for the next piece does.
      if (this.#destroyed) return;
      const fail = (error: unknown): void => {
        this.#failure ??= { error };
        done(error instanceof Error ? error : new Error(String(error)));
      };
      try {
        this.#parts.take(chunk, { pass, done, fail });
      } catch (error) {
        fail(error);
      }
    };
    parser.on("headers", (headers: Headers) => {
      const subject: unknown = headers.get("subject");
      if (typeof subject === "string") this.#subject = subject;
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
}

function insideOf(parser: MailParser): ParserInside {
  if (isParserInside(parser)) return parser;
  throw new Error("mailparser is not the version that this package was made for; install the one in its package.json");
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
