import { ChannelError, errorText, StorageError } from "../domain/errors.ts";
import type { OutboxStore, StoredContent, StoredSend } from "../domain/store.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Logger } from "../runtime/logger.ts";
import type { OutboxItem } from "./item.ts";
import { retryDelayMs, type SchedulePolicy } from "./schedule.ts";
import { fromStored, toStored } from "./stored-item.ts";

/** How a mail is kept. What is tried is always what `load` makes of what `save` gave: the same after a restart. */
export interface OutboxContent<M> {
  /** @throws InvalidMessageError for what cannot be kept, such as a file that cannot be read. */
  readonly save: (mail: M) => StoredContent | Promise<StoredContent>;
  readonly load: (content: StoredContent) => M;
}

export interface JournalOptions<M> {
  readonly store: OutboxStore;
  readonly content: OutboxContent<M>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly policy: SchedulePolicy;
}

interface Kept<M> {
  readonly item: OutboxItem;
  readonly mail: M;
}

/** The items' steps in the store: those of one item one after the other, and none lost while the store is in trouble. */
export class Journal<M> {
  readonly #options: JournalOptions<M>;
  readonly #closing = new AbortController();
  readonly #turns = new Map<string, Promise<unknown>>();
  /** Outcomes that the store has not taken yet. */
  readonly #unwritten = new Map<string, OutboxItem>();
  #isCatchingUp = false;

  constructor(options: JournalOptions<M>) {
    this.#options = options;
  }

  /** @throws StorageError */
  async find(key: string): Promise<OutboxItem | undefined> {
    const send = await this.#inTurn(key, () => this.#options.store.find(key));
    return send && fromStored(send, this.#options.clock);
  }

  /** False when the key is taken. @throws StorageError */
  async add(item: OutboxItem, content: StoredContent, thread: string | undefined): Promise<boolean> {
    const { store, clock } = this.#options;
    return await this.#inTurn(item.key, () => store.add(toStored(item, clock), content, thread));
  }

  /** A step that must be on disk before the next is taken. False: it has been dropped. @throws StorageError */
  async write(item: OutboxItem): Promise<boolean> {
    const { store, clock } = this.#options;
    this.#unwritten.delete(item.key);
    return await this.#inTurn(item.key, () => store.update(toStored(item, clock)));
  }

  /** A step that has happened. Where it cannot be written down now, that is done later. False: it has been dropped. */
  async settle(item: OutboxItem): Promise<boolean> {
    try {
      return await this.write(item);
    } catch (error) {
      const { messageId, state } = item;
      const about = { code: "STORAGE", messageId, state, error: errorText(error) };
      this.#options.logger.log("error", "a mail's outcome cannot be written down yet", about);
      this.#unwritten.set(item.key, item);
      void this.#catchUp();
      return true;
    }
  }

  /** As if it had never been; where that cannot be, at least not to be tried again. */
  async discard(item: OutboxItem): Promise<void> {
    try {
      await this.#inTurn(item.key, () => this.#options.store.remove(item.key));
    } catch {
      await this.settle(item);
    }
  }

  /** @throws StorageError */
  async open(): Promise<readonly Kept<M>[]> {
    return this.#loaded(await asStorage(() => this.#options.store.open()));
  }

  /** @throws StorageError */
  async revived(): Promise<readonly Kept<M>[]> {
    return this.#loaded(await asStorage(() => this.#options.store.revived()));
  }

  /** One last try for what is unwritten. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#writeUnwritten();
    if (this.#unwritten.size === 0) return;
    const about = { code: "STORAGE", mails: this.#unwritten.size };
    this.#options.logger.log("error", "closed with outcomes that could not be written down", about);
  }

  /** One that cannot be read is left where it is, for a person. */
  #loaded(rows: readonly (StoredSend & StoredContent)[]): readonly Kept<M>[] {
    const { content, clock, logger } = this.#options;
    return rows.flatMap((row) => {
      try {
        return [{ item: fromStored(row, clock), mail: content.load({ mail: row.mail, files: row.files }) }];
      } catch (error) {
        const about = { code: "STORAGE", messageId: row.messageId, error: errorText(error) };
        logger.log("error", "a stored mail cannot be read, and is not sent", about);
        return [];
      }
    });
  }

  async #inTurn<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(key);
    const turn = before ? before.then(work, work) : work();
    this.#turns.set(key, turn);
    try {
      return await asStorage(() => turn);
    } finally {
      if (this.#turns.get(key) === turn) this.#turns.delete(key);
    }
  }

  async #catchUp(): Promise<void> {
    if (this.#isCatchingUp) return;
    this.#isCatchingUp = true;
    const { clock, random, policy, logger } = this.#options;
    for (let failures = 0; this.#unwritten.size > 0; failures++) {
      await clock.sleep(retryDelayMs(failures, { random }, policy), this.#closing.signal);
      if (this.#closing.signal.aborted) return;
      await this.#writeUnwritten();
    }
    this.#isCatchingUp = false;
    logger.log("info", "all outcomes are written down again");
  }

  async #writeUnwritten(): Promise<void> {
    const { store, clock } = this.#options;
    for (const [key, item] of this.#unwritten) {
      if (this.#unwritten.get(key) !== item) continue;
      try {
        await this.#inTurn(key, () => store.update(toStored(item, clock)));
      } catch {
        // It has been told once, and is tried again.
        return;
      }
      if (this.#unwritten.get(key) === item) this.#unwritten.delete(key);
    }
  }
}

async function asStorage<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof ChannelError) throw cause;
    throw new StorageError(`The outbox's store failed: ${errorText(cause)}`, { cause });
  }
}
