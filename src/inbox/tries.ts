import { ChannelError, DnsError, StorageError, errorText } from "../domain/errors.ts";
import type { Logger } from "../runtime/logger.ts";

/** A mail under which the connection broke so often is fetched alone, and the others go first. */
const SUSPECT_TRIES = 5;
const RETRY_MS = 5_000;
const STORAGE_RETRY_MS = 30_000;
const MAX_RETRY_MS = 6 * 3_600_000;
/** The DNS of some domain is down: nobody's mail gets better by waiting longer. */
const MAX_DNS_RETRY_MS = 15 * 60_000;

/** Mails that could not be read: tried again later and later, for as long as the channel runs, while the others go on. */
export class Tries {
  readonly #logger: Logger;
  /** Failed tries by UID; only of mails that are pending, so it stays small. */
  readonly #failed = new Map<number, number>();
  /** The same of mails that wait for the DNS: they are suspected of nothing. */
  readonly #waiting = new Map<number, number>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** One that is to be fetched alone, to learn whether it is what breaks the connection. */
  suspect(uids: readonly number[]): number | undefined {
    return uids.find((uid) => (this.#failed.get(uid) ?? 0) >= SUSPECT_TRIES);
  }

  forget(uid: number): void {
    this.#failed.delete(uid);
    this.#waiting.delete(uid);
  }

  /** How long it is left alone, in milliseconds. */
  failed(uid: number, error: unknown): number {
    // A full disk is not the mail's fault: however long that lasted, the mail comes soon after there is room again.
    const blameless = error instanceof StorageError;
    const noDns = error instanceof DnsError;
    const counts = noDns ? this.#waiting : this.#failed;
    const tries = (counts.get(uid) ?? 0) + (blameless ? 0 : 1);
    counts.set(uid, tries);
    const longestMs = noDns ? MAX_DNS_RETRY_MS : MAX_RETRY_MS;
    const delayMs = blameless ? STORAGE_RETRY_MS : Math.min(longestMs, RETRY_MS * 2 ** (tries - 1));
    const what = noDns
      ? "the DNS does not say now who may send in the name of a mail's domain; the mail stays unread and is tried again"
      : "mail could not be read or stored; it stays unread and is tried again";
    this.#logger.log(noDns ? "warn" : "error", what, {
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
