import type { Clock } from "../runtime/clock.ts";
import type { Logger } from "../runtime/logger.ts";
import { FlagQueue } from "./flag-queue.ts";
import type { MailboxSession } from "./session.ts";

/** What other mail programs see of what became of a folder's mails. */
export class FolderFlags {
  readonly #seen: FlagQueue;
  readonly #answered: FlagQueue;

  /** `onSeen` hears of the mails that are marked as read, or never will be. */
  constructor(options: {
    readonly clock: Clock;
    readonly logger: Logger;
    readonly onSeen: (uidValidity: string, uids: readonly number[]) => void;
  }) {
    this.#seen = new FlagQueue({ ...options, flag: "\\Seen", onSet: options.onSeen });
    this.#answered = new FlagQueue({ ...options, flag: "\\Answered" });
  }

  attach(session: MailboxSession | undefined): void {
    this.#seen.attach(session);
    this.#answered.attach(session);
  }

  /** Resolves when \Seen is set, or at once when that must wait for a connection. */
  async seen(uidValidity: string, uid: number, when: "now" | "soon"): Promise<void> {
    await this.#seen.mark(uidValidity, uid, when);
  }

  /** A courtesy to whoever looks at the mailbox: what is not marked before the process ends stays so. */
  answered(uidValidity: string, uid: number): void {
    void this.#answered.mark(uidValidity, uid, "soon");
  }

  async flush(): Promise<void> {
    await this.#seen.flush();
    await this.#answered.flush();
  }
}
