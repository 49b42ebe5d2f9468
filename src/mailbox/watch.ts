import type { FolderState } from "../domain/channel.ts";
import { ConnectionError, LoginRefusedError, ServerBusyError, errorText, isRetryable } from "../domain/errors.ts";
import { type Backoff, backoffMs } from "../runtime/backoff.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Logger } from "../runtime/logger.ts";
import { type Bell, linkSignals } from "../runtime/signals.ts";
import { type Cursor, advance, arrive } from "./cursor.ts";
import { PendingMails } from "./pending.ts";
import type { MailboxSession } from "./session.ts";

export type StartFrom = "unseen" | "now" | "all";

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

export interface WatchTiming {
  readonly backoff: Backoff;
  /** A connection must last this long before earlier failures are forgiven. */
  readonly stableAfterMs: number;
  /** Pauses after the first refused logins; the one after the last pause ends the watch. */
  readonly refusedLoginPausesMs: readonly number[];
}

export const DEFAULT_WATCH_TIMING: WatchTiming = {
  backoff: { baseMs: 1_000, capMs: 60_000 },
  stableAfterMs: 60_000,
  refusedLoginPausesMs: [20_000, 60_000],
};

/** UIDs of one search: what lies above is found by the next one. */
const SEARCH_LIMIT = 20_000;
/** What is handed over at once: the taker fetches it in smaller groups, each while the one before is read. */
const BATCH_MAILS = 1_000;
/** A server that wants to be left alone for longer is asked again after this all the same. */
const MAX_OBEYED_MS = 3_600_000;
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
  readonly pending: PendingMails = new PendingMails();
  readonly #options: WatchOptions;
  #cursor: Cursor | undefined;
  #silentIdles = 0;
  #noIdleUntil = 0;

  constructor(options: WatchOptions) {
    this.#options = options;
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
    const { clock, timing, onRetry, onState } = this.#options;
    const earlier = { failures: 0, refusals: 0 };
    while (!signal.aborted) {
      const openedAt = clock.monotonic();
      try {
        await this.#oneConnection(signal, () => (earlier.refusals = 0));
      } catch (error) {
        if (signal.aborted) return;
        if (clock.monotonic() - openedAt >= timing.stableAfterMs) earlier.failures = 0;
        const delayMs = this.#delayAfter(error, earlier);
        onState("waiting-to-retry", undefined);
        onRetry(error, delayMs);
        await clock.sleep(delayMs, signal);
      }
    }
  }

  /** How long to wait before the next connection; throws what no wait can mend. */
  #delayAfter(error: unknown, earlier: { failures: number; refusals: number }): number {
    const { random, timing } = this.#options;
    if (!(error instanceof LoginRefusedError) && !isRetryable(error)) throw error;
    const delayMs = backoffMs(earlier.failures++, random, timing.backoff);
    if (error instanceof LoginRefusedError) {
      const pauseMs = timing.refusedLoginPausesMs[earlier.refusals++];
      if (pauseMs === undefined) throw error;
      return pauseMs;
    }
    const wishMs = error instanceof ServerBusyError ? (error.retryAfterMs ?? 0) : 0;
    return Math.max(delayMs, Math.min(wishMs, MAX_OBEYED_MS));
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
    const arrival = arrive(this.#cursor, session);
    switch (arrival.kind) {
      case "known":
        return;
      case "shrunk":
        logger.log("warn", "the server's next UID went down: looking at the newest mails again", {
          uidNext: session.uidNext,
        });
        this.#cursor = arrival.cursor;
        return;
      case "renumbered":
        logger.log("warn", "UIDVALIDITY changed: the server numbered all mails anew", {
          uidValidity: session.uidValidity,
        });
        this.pending.clear();
        await this.#startFrom(session, "unseen", Number.MAX_SAFE_INTEGER);
        return;
      case "first":
        await this.#startFrom(session, this.#options.startFrom, this.#options.backlogLimit);
    }
  }

  async #startFrom(session: MailboxSession, startFrom: StartFrom, backlogLimit: number): Promise<void> {
    const now: Cursor = { uidValidity: session.uidValidity, uid: session.uidNext - 1 };
    if (startFrom === "now") {
      this.#cursor = now;
      return;
    }
    const query = startFrom === "all" ? { above: 0 } : { unseenAbove: 0 };
    const found = await session.search(query, Math.min(backlogLimit, MAX_BACKLOG) + 1);
    if (found.length > backlogLimit) {
      this.#options.logger.log(
        "warn",
        `more than ${backlogLimit} mails are waiting (backlogLimit): none of them is answered, starting with the next one to come`,
      );
      this.#cursor = now;
      return;
    }
    this.pending.add(found);
    this.#cursor = advance(now, found);
  }

  /** True when there is more to do at once. */
  async #drain(session: MailboxSession, signal: AbortSignal): Promise<boolean> {
    const { taker, clock } = this.#options;
    const cursor = this.#cursor;
    if (cursor === undefined) return false;
    let full = false;
    if (this.pending.size < SEARCH_LIMIT) {
      const found = await session.search({ above: cursor.uid }, SEARCH_LIMIT);
      this.pending.add(found);
      this.#cursor = advance(cursor, found);
      full = found.length === SEARCH_LIMIT;
    }
    while (!signal.aborted) {
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

/** A search limit needs an end even when `backlogLimit` is switched off. */
const MAX_BACKLOG = 1_000_000;

export function describeRetry(error: unknown, delayMs: number): string {
  return `${errorText(error)}; trying again in ${(delayMs / 1_000).toFixed(1)} s`;
}
