import { errorText } from "../domain/errors.ts";
import type { MailPlace } from "../domain/store.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Logger } from "../runtime/logger.ts";

export interface AcksOptions {
  /** Writes down that they are done with; gives where they and their copies lie. Rejects with StorageError. */
  readonly finish: (ids: readonly string[]) => Promise<readonly MailPlace[]>;
  /** Sets \Seen there; resolves when the server knows, or soon will. Never rejects. */
  readonly flag: (places: readonly MailPlace[], when: "now" | "soon") => Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Nobody waits for these, so many are written down together. */
const GATHER_MS = 100;
const MAX_GATHERED = 200;
/** After the store has failed: a full disk is not emptied in a second. */
const RETRY_MS = 30_000;

/** Acknowledged mails: first written down, then flagged on the server. The flag is for people; what is written counts. */
export class Acks {
  readonly #options: AcksOptions;
  readonly #gathered = new Set<string>();
  #isGathering = false;
  #hurry = new AbortController();
  #retryAt = -Infinity;

  constructor(options: AcksOptions) {
    this.#options = options;
  }

  /** With `now` it resolves when that is written and the server told. Rejects when it cannot be written; it is tried again. */
  async settle(id: string, when: "now" | "soon"): Promise<void> {
    if (when === "now") {
      try {
        await this.#finish([id], when);
      } catch (error) {
        this.#tryLater([id]);
        throw error;
      }
      return;
    }
    this.#gathered.add(id);
    if (this.#gathered.size >= MAX_GATHERED && this.#options.clock.monotonic() >= this.#retryAt) this.#hurry.abort();
    this.#gatherMore();
  }

  /** The message is not done with after all. */
  takeBack(id: string): void {
    this.#gathered.delete(id);
  }

  /** Writes what has been gathered, at once. Never rejects. */
  async flush(): Promise<void> {
    const ids = [...this.#gathered];
    if (ids.length === 0) return;
    this.#gathered.clear();
    try {
      await this.#finish(ids, "soon");
    } catch (error) {
      this.#tryLater(ids);
      this.#options.logger.log("error", "what the bot has dealt with could not be written down; tried again", {
        mails: ids.length,
        retryAfterMs: RETRY_MS,
        error: errorText(error),
      });
    }
  }

  async #finish(ids: readonly string[], when: "now" | "soon"): Promise<void> {
    const places = await this.#options.finish(ids);
    const flagged = this.#options.flag(places, when);
    if (when === "now") await flagged;
  }

  #tryLater(ids: readonly string[]): void {
    for (const id of ids) this.#gathered.add(id);
    this.#retryAt = this.#options.clock.monotonic() + RETRY_MS;
    this.#gatherMore();
  }

  #gatherMore(): void {
    if (this.#isGathering || this.#gathered.size === 0) return;
    this.#isGathering = true;
    void this.#gatherAndFlush();
  }

  async #gatherAndFlush(): Promise<void> {
    const { clock } = this.#options;
    await clock.sleep(Math.max(GATHER_MS, this.#retryAt - clock.monotonic()), this.#hurry.signal);
    this.#hurry = new AbortController();
    await this.flush();
    this.#isGathering = false;
    this.#gatherMore();
  }
}
