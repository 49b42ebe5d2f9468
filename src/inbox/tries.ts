import { ChannelError, StorageError, errorText } from "../domain/errors.ts";
import type { Logger } from "../runtime/logger.ts";

/** A mail under which the connection broke so often is fetched alone, and the others go first. */
const SUSPECT_TRIES = 5;
const RETRY_MS = 5_000;
const STORAGE_RETRY_MS = 30_000;
const MAX_RETRY_MS = 6 * 3_600_000;

/** Mails that could not be read: tried again later and later, for as long as the channel runs, while the others go on. */
export class Tries {
  readonly #logger: Logger;
  /** Failed tries by UID; only of mails that are pending, so it stays small. */
  readonly #failed = new Map<number, number>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** One that is to be fetched alone, to learn whether it is what breaks the connection. */
  suspect(uids: readonly number[]): number | undefined {
    return uids.find((uid) => (this.#failed.get(uid) ?? 0) >= SUSPECT_TRIES);
  }

  forget(uid: number): void {
    this.#failed.delete(uid);
  }

  /** How long it is left alone, in milliseconds. */
  failed(uid: number, error: unknown): number {
    // A full disk is not the mail's fault: however long that lasted, the mail comes soon after there is room again.
    const blameless = error instanceof StorageError;
    const tries = (this.#failed.get(uid) ?? 0) + (blameless ? 0 : 1);
    this.#failed.set(uid, tries);
    const delayMs = blameless ? STORAGE_RETRY_MS : Math.min(MAX_RETRY_MS, RETRY_MS * 2 ** (tries - 1));
    this.#logger.log("error", "mail could not be read or stored; it stays unread and is tried again", {
      uid,
      tries,
      code: error instanceof ChannelError ? error.code : "UNEXPECTED",
      delayMs,
      error: errorText(error),
    });
    return delayMs;
  }

  /** The connection broke while this mail alone was fetched; true when it should be left alone for a while. */
  broke(uid: number): boolean {
    const tries = (this.#failed.get(uid) ?? 0) + 1;
    if (tries >= SUSPECT_TRIES) return true;
    this.#failed.set(uid, tries);
    return false;
  }
}
