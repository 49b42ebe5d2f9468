import type { FolderState } from "../domain/channel.ts";
import { ConnectionError, errorText } from "../domain/errors.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Logger } from "../runtime/logger.ts";
import { type Bell, linkSignals } from "../runtime/signals.ts";
import { arrive } from "./cursor.ts";
import type { PendingMails } from "./pending.ts";
import { Progress, type ProgressKeeper } from "./progress.ts";
import { RetryPlan, type RetryTiming } from "./retry-plan.ts";
import type { MailboxSession } from "./session.ts";
import { type StartFrom, afterAllOf, firstLook, lookAgain } from "./start-point.ts";

/** What becomes of the mails that the watch finds. */
export interface Taker {
  /** How many mails may come now; 0 leaves the connection idling. */
  room(): number;
  /** Deals with all of these, telling `pending` of each as it is done; rejects when the connection is lost. */
  take(session: MailboxSession, uids: readonly number[], pending: PendingMails): Promise<void>;
}

export interface WatchOptions {
  readonly open: (options: { idleAllowed: boolean }, signal: AbortSignal) => Promise<MailboxSession>;
  readonly taker: Taker;
  readonly progress: ProgressKeeper;
  /** Rings when there is room again. */
  readonly roomBell: Bell;
  readonly startFrom: StartFrom;
  readonly backlogLimit: number;
  readonly waitMs: { readonly idle: number; readonly poll: number };
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly timing: WatchTiming;
  /** Just before the connection is closed; must not take long and never rejects. */
  readonly onClosing: () => Promise<void>;
  readonly onState: (state: FolderState, session: MailboxSession | undefined) => void;
  readonly onRetry: (error: unknown, delayMs: number) => void;
}

export type WatchTiming = RetryTiming;

export const DEFAULT_WATCH_TIMING: WatchTiming = {
  backoff: { baseMs: 1_000, capMs: 60_000 },
  stableAfterMs: 60_000,
  refusedLoginPausesMs: [20_000, 60_000],
};

/** UIDs of one search: what lies above is found by the next one. */
const SEARCH_LIMIT = 20_000;
/** What is handed over at once: the taker fetches it in smaller groups, each while the one before is read. */
const BATCH_MAILS = 1_000;
/** An IDLE that ends in silence this often in a row is not tried again for a day: this server's IDLE is broken. */
const SILENT_IDLES_ALLOWED = 2;
const IDLE_PROBE_AGAIN_MS = 24 * 60 * 60_000;

/**
 * One folder, watched over as many connections as that takes:
 *
 *     open -> drain -> idle -> drain -> idle ...
 *       ^                        | retryable failure
 *       +------- back off -------+
 */
export class FolderWatch {
  readonly #options: WatchOptions;
  readonly #progress: Progress;
  #silentIdles = 0;
  #noIdleUntil = 0;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#progress = new Progress(options.progress);
  }

  get pending(): PendingMails {
    return this.#progress.pending;
  }

  /** Returns when `signal` aborts. Rejects with the first failure that no retry can mend. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      await this.#connections(signal);
    } finally {
      this.#options.onState("stopped", undefined);
    }
  }

  async #connections(signal: AbortSignal): Promise<void> {
    const { clock, random, timing, onRetry, onState } = this.#options;
    const plan = new RetryPlan(timing, random);
    while (!signal.aborted) {
      const openedAt = clock.monotonic();
      try {
        await this.#oneConnection(signal, () => plan.loggedIn());
      } catch (error) {
        if (signal.aborted) return;
        const delayMs = plan.delayAfter(error, clock.monotonic() - openedAt);
        onState("waiting-to-retry", undefined);
        onRetry(error, delayMs);
        await clock.sleep(delayMs, signal);
      }
    }
  }

  async #oneConnection(signal: AbortSignal, onLogin: () => void): Promise<void> {
    const { open, onState, onClosing, clock } = this.#options;
    onState("connecting", undefined);
    await using session = await open({ idleAllowed: clock.monotonic() >= this.#noIdleUntil }, signal);
    onLogin();
    onState("draining", session);
    try {
      await this.#arrive(session);
      while (!signal.aborted) {
        // Drain before idling: mail that came while we were away is never announced.
        const more = await this.#drain(session, signal);
        if (!more && !signal.aborted) await this.#listen(session, signal);
        if (session.lost && !signal.aborted) throw new ConnectionError("the server closed the connection");
      }
    } finally {
      this.#judgeIdle(session);
      await onClosing();
    }
  }

  async #arrive(session: MailboxSession): Promise<void> {
    const { logger } = this.#options;
    const progress = this.#progress;
    if (progress.cursor === undefined) await progress.resume();
    const arrival = arrive(progress.cursor, session);
    if (arrival === "known") return;
    if (arrival === "first") return await this.#firstLook(session);
    const what = arrival === "renumbered" ? "UIDVALIDITY changed" : "the server's next UID went down";
    logger.log("warn", `${what}: looking at what is unread in the folder again`, {
      uidValidity: session.uidValidity,
      uidNext: session.uidNext,
    });
    await progress.start(await lookAgain(session, progress.notBefore));
  }

  async #firstLook(session: MailboxSession): Promise<void> {
    const { startFrom, backlogLimit, logger } = this.#options;
    const { startUid, backlog } = await firstLook(session, startFrom, backlogLimit);
    if (backlog === undefined) {
      logger.log(
        "warn",
        `more than ${backlogLimit} mails are waiting (backlogLimit): none of them is answered, starting with the next one to come`,
      );
    }
    const isFromNow = backlog === undefined || startFrom === "now";
    const { uidValidity } = session;
    await this.#progress.start({
      uidValidity,
      startUid,
      backlog: backlog ?? [],
      notBefore: isFromNow ? await afterAllOf(session) : null,
    });
  }

  /** True when there is more to do at once. */
  async #drain(session: MailboxSession, signal: AbortSignal): Promise<boolean> {
    const { taker, clock } = this.#options;
    const { cursor } = this.#progress;
    if (cursor === undefined) return false;
    let full = false;
    if (this.pending.size < SEARCH_LIMIT) {
      const found = await session.search({ above: cursor.uid }, SEARCH_LIMIT);
      this.#progress.found(found);
      full = found.length === SEARCH_LIMIT;
    }
    while (!signal.aborted) {
      this.#progress.note();
      const uids = this.pending.due(Math.min(taker.room(), BATCH_MAILS), clock.monotonic());
      if (uids.length === 0) break;
      await taker.take(session, uids, this.pending);
    }
    return full && taker.room() > 0;
  }

  async #listen(session: MailboxSession, signal: AbortSignal): Promise<void> {
    const { waitMs, roomBell, clock, onState } = this.#options;
    onState(session.mode === "idle" ? "idling" : "polling", session);
    const dueAt = this.pending.nextDueAt();
    const untilDueMs = dueAt === undefined ? Number.POSITIVE_INFINITY : Math.max(0, dueAt - clock.monotonic());
    using until = linkSignals(signal);
    using _ = roomBell.listen(until.abort);
    await session.waitForNews(Math.min(waitMs[session.mode], untilDueMs), until.signal);
    if (!session.lost) onState("draining", session);
  }

  /** Some servers offer IDLE and never speak in it (security.md 3.9, idle_noplus): poll those. */
  #judgeIdle(session: MailboxSession): void {
    if (session.mode === "poll") return;
    this.#silentIdles = session.diedSilent ? this.#silentIdles + 1 : 0;
    if (this.#silentIdles < SILENT_IDLES_ALLOWED) return;
    this.#silentIdles = 0;
    this.#noIdleUntil = this.#options.clock.monotonic() + IDLE_PROBE_AGAIN_MS;
    this.#options.logger.log("warn", "the server fell silent in IDLE twice: polling for a day");
  }
}

export function describeRetry(error: unknown, delayMs: number): string {
  // A sentence may end in a full stop, which has no place before the semicolon.
  return `${errorText(error).replace(/\.$/, "")}; trying again in ${(delayMs / 1_000).toFixed(1)} s`;
}
