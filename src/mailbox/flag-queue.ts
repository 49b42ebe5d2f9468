import type { Clock } from "../runtime/clock.ts";
import type { Logger } from "../runtime/logger.ts";
import type { Flag, MailboxSession } from "./session.ts";

/** Flags are set together, so that hundreds of mails a second cost a few commands; somebody may be waiting for them. */
const GATHER_MS = 15;
/** Nobody waits for these: a bot that takes the next mail has not asked when the last one is flagged. */
const GATHER_UNWATCHED_MS = 250;
/** A NO may be of the moment (quota, a lock, a full disk): the flag is tried again so much later, so often in a row. */
const REFUSED_PAUSE_MS = 60_000;
const MAX_REFUSALS = 5;
/** A command line of this many UIDs stays below the 8,000 octets that RFC 2683 section 3.2.1.5 asks for. */
const MAX_UIDS = 500;

const WITHOUT: Readonly<Record<Flag, string>> = { "\\Seen": "unread", "\\Answered": "unmarked" };

export interface FlagQueueOptions {
  readonly flag: Flag;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Hears of each batch that the server has taken, or never will. */
  readonly onSet?: (uidValidity: string, uids: readonly number[]) => void;
}

/** A flag for mails that are dealt with, in batches, and again after a reconnect for those that were not reached. */
export class FlagQueue {
  readonly #options: FlagQueueOptions;
  readonly #clock: Clock;
  readonly #uids = new Set<number>();
  #session: MailboxSession | undefined;
  #uidValidity: string | undefined;
  #flushing: Promise<void> | undefined;
  #hurry = new AbortController();
  #refusals = 0;
  /** While the server is left alone with flags that it has refused. */
  #pause: AbortController | undefined;

  constructor(options: FlagQueueOptions) {
    this.#options = options;
    this.#clock = options.clock;
  }

  get size(): number {
    return this.#uids.size;
  }

  /** A connection is up (or down again): what is outstanding can be set now. */
  attach(session: MailboxSession | undefined): void {
    this.#session = session;
    this.#pause?.abort();
    if (session === undefined) return;
    if (this.#uidValidity !== session.uidValidity) {
      // RFC 4549 section 4.1: actions that name UIDs of another UIDVALIDITY must not be carried out.
      this.#uids.clear();
      this.#uidValidity = session.uidValidity;
    }
    if (this.#uids.size > 0) this.#flushing ??= this.#gatherAndFlush();
  }

  /**
   * Resolves when the flag is set, or at once while there is no connection, or the server refuses flags: it is then set
   * later. With `soon` the flag waits for company.
   */
  async mark(uidValidity: string, uid: number, when: "now" | "soon"): Promise<void> {
    this.#uidValidity ??= uidValidity;
    if (this.#uidValidity !== uidValidity) return;
    this.#uids.add(uid);
    if (this.#session === undefined || this.#session.lost || this.#pause) return;
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
      const uids = batch.toSorted((a, b) => a - b);
      const outcome = await this.#session.addFlag(uids, this.#options.flag).catch(() => "lost" as const);
      if (outcome === "set") this.#refusals = 0;
      if (outcome === "set" || this.#isFinal(outcome, batch.length)) {
        this.#options.onSet?.(uidValidity, batch);
        continue;
      }
      for (const uid of batch) this.#uids.add(uid);
      if (outcome === "refused") void this.#waitAndRetry();
      return;
    }
  }

  /** Whether these flags will never be set. */
  #isFinal(outcome: "refused" | "read-only" | "lost", mails: number): boolean {
    if (outcome === "refused") this.#refusals++;
    if (outcome === "lost" || (outcome === "refused" && this.#refusals < MAX_REFUSALS)) return false;
    const { flag, logger } = this.#options;
    const why = outcome === "refused" ? `the server refuses to set ${flag}` : "the folder is read-only";
    this.#refusals = 0;
    logger.log("warn", `${why}: mails that are dealt with stay ${WITHOUT[flag]} there`, { mails });
    return true;
  }

  async #waitAndRetry(): Promise<void> {
    if (this.#pause) return;
    const pause = new AbortController();
    this.#pause = pause;
    const { flag, logger } = this.#options;
    logger.log("info", `the server refused to set ${flag}; tried again later`, { retryAfterMs: REFUSED_PAUSE_MS });
    await this.#clock.sleep(REFUSED_PAUSE_MS, pause.signal);
    this.#pause = undefined;
    if (this.#uids.size > 0 && this.#session?.lost === false) this.#flushing ??= this.#gatherAndFlush();
  }

  async #gatherAndFlush(): Promise<void> {
    await this.#clock.sleep(GATHER_UNWATCHED_MS, this.#hurry.signal);
    this.#hurry = new AbortController();
    await this.flush();
    const more = this.#uids.size > 0 && this.#session?.lost === false && !this.#pause;
    this.#flushing = more ? this.#gatherAndFlush() : undefined;
  }
}
