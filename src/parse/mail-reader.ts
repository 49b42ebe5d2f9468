import { ClosedError } from "../domain/errors.ts";
import { type Clock, within } from "../runtime/clock.ts";
import type { ParsedMail, ParseOptions } from "./assemble.ts";
import { type MailThread, mailThread } from "./mail-thread.ts";
import { type LargeMailParts, parseLargeMail } from "./parse-large-mail.ts";
import { parseMail } from "./parse-mail.ts";
import { movable } from "./thread-messages.ts";

/** Shorter mails are read in less time than it takes to hand them over. */
const MIN_BYTES = 64 * 1024;
/** At the end, what is being read may be finished, so that no half-written file is left. */
const GOODBYE_MS = 5_000;

/**
 * Reads mails as `parseMail` and `parseLargeMail` do, long ones on a thread of their own: decoding and hashing megabytes, or
 * untangling a hostile mail, holds up neither IDLE nor the bot nor the sending.
 */
export class MailReader implements AsyncDisposable {
  readonly #clock: Clock;
  readonly #thread: () => MailThread;
  readonly #readings = new Set<Promise<ParsedMail>>();
  #canThread = true;
  #closed = false;

  constructor(clock: Clock, thread: () => MailThread = mailThread) {
    this.#clock = clock;
    this.#thread = thread;
  }

  /**
   * `source` may be moved to the thread: its bytes are not to be used afterwards. Rejects as `parseMail` does, and when the
   * thread ends under the mail.
   */
  async read(source: Uint8Array | AsyncIterable<Uint8Array>, options: ParseOptions): Promise<ParsedMail> {
    const isWhole = source instanceof Uint8Array;
    const thread = isWhole && source.length < MIN_BYTES ? undefined : this.#running();
    if (!thread) return await parseMail(source, options);
    const reading = isWhole
      ? thread.read({ kind: "whole", source: movable(source) }, options)
      : thread.read({ kind: "stream" }, options, source);
    return await this.#track(reading);
  }

  async readLarge(parts: LargeMailParts, options: ParseOptions): Promise<ParsedMail> {
    const thread = this.#running();
    if (!thread) return await parseLargeMail(parts, options);
    return await this.#track(thread.read({ kind: "large", parts }, options));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await within(this.#clock, GOODBYE_MS, Promise.allSettled(this.#readings));
  }

  async #track(reading: Promise<ParsedMail>): Promise<ParsedMail> {
    this.#readings.add(reading);
    try {
      return await reading;
    } finally {
      this.#readings.delete(reading);
    }
  }

  /** Undefined where no thread can be started; then mails are read on this one. */
  #running(): MailThread | undefined {
    if (this.#closed) throw new ClosedError("the channel has been closed");
    if (!this.#canThread) return undefined;
    try {
      return this.#thread();
    } catch {
      // Bundled into one file, there is no file to start a thread from.
      this.#canThread = false;
      return undefined;
    }
  }
}
