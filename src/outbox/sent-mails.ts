import type { OutboxStore } from "../domain/store.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Logger } from "../runtime/logger.ts";
import type { Conversation } from "./item.ts";
import { reportReturned } from "./report.ts";
import { afterReturn, type ReturnedRecipient } from "./returned.ts";
import { fromStored, toStored } from "./stored-item.ts";

export interface SentMailsOptions {
  readonly store: Pick<OutboxStore, "findMail" | "amend" | "addedSince">;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What is known of the mails that have gone out, and what is heard of them later. All members reject with StorageError. */
export class SentMails {
  readonly #options: SentMailsOptions;
  #returned = 0;

  constructor(options: SentMailsOptions) {
    this.#options = options;
  }

  /** Mails that had been sent and have failed after all, since the start. */
  get returnedCount(): number {
    return this.#returned;
  }

  /** Whether this is the Message-ID of a mail that we sent or are to send. */
  async has(messageId: string): Promise<boolean> {
    return (await this.#options.store.findMail(messageId)) !== undefined;
  }

  /** A mail server reports who has not got the mail with this Message-ID. False: it is none of ours. */
  async returned(messageId: string, recipients: readonly ReturnedRecipient[]): Promise<boolean> {
    const { store, clock, logger } = this.#options;
    const stored = await store.findMail(messageId);
    if (!stored) return false;
    const next = afterReturn(fromStored(stored, clock), recipients);
    // Told before, or being sent once more: then that attempt's outcome is the newer word.
    if (!next || !(await store.amend(toStored(next, clock)))) return true;
    if (next.state === "failed") this.#returned++;
    reportReturned(logger, next);
    return true;
  }

  /** The answers of the last `ms`, oldest first, each with its age; of more than `limit` the newest. */
  async answersWithin(ms: number, limit: number): Promise<readonly (Conversation & { readonly agoMs: number })[]> {
    const { store, clock } = this.#options;
    const now = clock.now();
    return (await store.addedSince(now - ms, limit)).flatMap((send) => {
      const { answers } = fromStored(send, clock);
      return answers ? [{ ...answers, agoMs: Math.max(0, now - send.enqueuedAt) }] : [];
    });
  }
}
