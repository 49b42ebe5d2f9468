import type { Clock } from "../runtime/clock.ts";
import { linkSignals } from "../runtime/signals.ts";
import type { ImapConnection } from "./imap-client.ts";
import type { ListenMode } from "./session.ts";

export interface ListenerOptions {
  readonly client: ImapConnection;
  readonly clock: Clock;
  readonly idleAllowed: boolean;
  /** Commands sent so far by everybody who shares the connection: each ends an IDLE. */
  readonly commandsSent: () => number;
  /** Called once, when this session turns to polling. */
  readonly onPoll: (reason: string) => void;
}

/** An IDLE that the server ends by itself sooner than this is no IDLE. */
const SHORTEST_IDLE_MS = 1_000;
const SHORT_IDLES_ALLOWED = 3;

/** Waits for the server's word: by IDLE, or not at all when it has none (RFC 2177 section 3). */
export class Listener {
  readonly #options: ListenerOptions;
  readonly #onExists = () => this.#hear();
  #mode: ListenMode;
  #heard = false;
  #onHeard: (() => void) | undefined;
  #shortIdles = 0;

  constructor(options: ListenerOptions) {
    this.#options = options;
    this.#mode = options.idleAllowed ? "idle" : "poll";
    if (!options.idleAllowed) options.onPoll("the server does not offer IDLE");
    // Only a wake-up: what is new is for a search to say.
    options.client.on("exists", this.#onExists);
  }

  get mode(): ListenMode {
    return this.#mode;
  }

  stop(): void {
    this.#options.client.off("exists", this.#onExists);
  }

  /** Returns at news, after `ms`, or at the abort; an IDLE that is then still open is ended by the next command. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    if (this.#takeHeard() || signal.aborted) return;
    using waiting = linkSignals(signal);
    const until = waiting.signal;
    const heard = new Promise<void>((resolve) => (this.#onHeard = resolve));
    const idle = this.#mode === "idle" ? this.#idle(until) : new Promise<never>(() => {});
    await Promise.race([heard, this.#options.clock.sleep(ms, until), idle]);
    waiting.abort();
    this.#onHeard = undefined;
    this.#takeHeard();
  }

  async #idle(until: AbortSignal): Promise<void> {
    const { client, clock, commandsSent } = this.#options;
    const startedAt = clock.monotonic();
    const sentBefore = commandsSent();
    // False: the server said NO or BAD, or the connection is gone.
    const answer = await client.idle().catch(() => undefined);
    if (until.aborted || !client.usable) return;
    if (answer === false) return this.#giveUpIdle("the server refuses IDLE");
    if (this.#heard || commandsSent() > sentBefore || clock.monotonic() - startedAt >= SHORTEST_IDLE_MS) return;
    if (++this.#shortIdles >= SHORT_IDLES_ALLOWED) this.#giveUpIdle("the server ends IDLE at once");
    await clock.sleep(SHORTEST_IDLE_MS, until);
  }

  #giveUpIdle(reason: string): void {
    this.#mode = "poll";
    this.#options.onPoll(reason);
  }

  #hear(): void {
    this.#heard = true;
    this.#onHeard?.();
  }

  #takeHeard(): boolean {
    const heard = this.#heard;
    this.#heard = false;
    return heard;
  }
}
