import type { Clock } from "../runtime/clock.ts";
import type { Logger } from "../runtime/logger.ts";
import type { MailboxSession } from "./session.ts";

/** Flags are set together, so that hundreds of mails a second cost a few commands; somebody may be waiting for them. */
const GATHER_MS = 15;
/** Nobody waits for these: a bot that takes the next mail has not asked when the last one is flagged. */
const GATHER_UNWATCHED_MS = 250;
/** A command line of this many UIDs stays below the 8,000 octets that RFC 2683 section 3.2.1.5 asks for. */
const MAX_UIDS = 500;

/** \Seen for mails that are dealt with, in batches, and again after a reconnect for those that were not reached. */
export class SeenFlags {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #onSet: (uidValidity: string, uids: readonly number[]) => void;
  readonly #uids = new Set<number>();
  #session: MailboxSession | undefined;
  #uidValidity: string | undefined;
  #flushing: Promise<void> | undefined;
  #hurry = new AbortController();

  /** `onSet` hears of each batch that the server has taken, or never will. */
  constructor(clock: Clock, logger: Logger, onSet: (uidValidity: string, uids: readonly number[]) => void = () => {}) {
    this.#clock = clock;
    this.#logger = logger;
    this.#onSet = onSet;
  }

  get size(): number {
    return this.#uids.size;
  }

  /** A connection is up (or down again): what is outstanding can be set now. */
  attach(session: MailboxSession | undefined): void {
    this.#session = session;
    if (session === undefined) return;
    if (this.#uidValidity !== session.uidValidity) {
      // RFC 4549 section 4.1: actions that name UIDs of another UIDVALIDITY must not be carried out.
      this.#uids.clear();
      this.#uidValidity = session.uidValidity;
    }
    if (this.#uids.size > 0) this.#flushing ??= this.#gatherAndFlush();
  }

  /**
   * Resolves when the flag is set, or at once while there is no connection: it is then set after the next one. With
   * `soon` the flag waits for company.
   */
  async mark(uidValidity: string, uid: number, when: "now" | "soon"): Promise<void> {
    this.#uidValidity ??= uidValidity;
    if (this.#uidValidity !== uidValidity) return;
    this.#uids.add(uid);
    if (this.#session === undefined || this.#session.lost) return;
    const hurry = this.#hurry;
    if (this.#uids.size >= MAX_UIDS) hurry.abort();
    else if (when === "now") void this.#clock.sleep(GATHER_MS).then(() => hurry.abort());
    this.#flushing ??= this.#gatherAndFlush();
    await this.#flushing;
  }

  async flush(): Promise<void> {
    while (this.#uids.size > 0 && this.#session && !this.#session.lost) {
      const batch = [...this.#uids].slice(0, MAX_UIDS);
      for (const uid of batch) this.#uids.delete(uid);
      const { uidValidity } = this.#session;
      const done = await this.#session.markSeen(batch.toSorted((a, b) => a - b)).catch((error: unknown) => error);
      if (done === true || done === false) this.#onSet(uidValidity, batch);
      if (done === true) continue;
      if (done === false) {
        this.#logger.log("warn", "the server does not let us set \\Seen: mails stay unread there", {
          mails: batch.length,
        });
        continue;
      }
      for (const uid of batch) this.#uids.add(uid);
      return;
    }
  }

  async #gatherAndFlush(): Promise<void> {
    await this.#clock.sleep(GATHER_UNWATCHED_MS, this.#hurry.signal);
    this.#hurry = new AbortController();
    await this.flush();
    this.#flushing = this.#uids.size > 0 && this.#session?.lost === false ? this.#gatherAndFlush() : undefined;
  }
}
