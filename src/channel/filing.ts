import type { ComposedMail } from "../compose/compose-mail.ts";
import { ConnectionError, errorText, LoginRefusedError } from "../domain/errors.ts";
import type { SessionDesk } from "../mailbox/desk.ts";
import { openImapSession } from "../mailbox/open-imap-session.ts";
import type { AppendMail, MailboxSession } from "../mailbox/session.ts";
import { within } from "../runtime/clock.ts";
import type { Parts } from "./parts.ts";
import { imapSettings } from "./settings.ts";

export interface FilingOptions {
  readonly parts: Parts;
  /** The connection of a channel that receives; undefined while it does not. */
  readonly desk: () => SessionDesk | undefined;
  /** The bytes that were sent. */
  readonly render: (mail: ComposedMail) => Promise<Buffer>;
}

/** Copies that wait for a mail server; what comes beyond is sent all the same, and only not filed. */
const MAX_WAITING = 100;
/** A channel that only sends keeps its connection for the next copy so long. */
const LINGER_MS = 30_000;
/** After a failure of its own connection. Each mail with a login that is refused would lock the account. */
const REST_MS = 60_000;
const REFUSED_REST_MS = 60 * 60_000;

/**
 * A copy of each sent mail in the folder `saveSent`. It is sent whether or not the copy can be filed: a failure is only
 * told, and a process that ends between the two files none.
 */
export class Filing {
  readonly #options: FilingOptions;
  readonly #closed = new AbortController();
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;
  #restsUntil = 0;
  #own: (MailboxSession & AppendMail) | undefined;
  #uses = 0;

  constructor(options: FilingOptions) {
    this.#options = options;
  }

  /** One after the other, in the order in which they were sent. */
  file(mail: ComposedMail): void {
    const folder = this.#options.parts.account.saveSent;
    if (folder === false) return;
    if (this.#waiting >= MAX_WAITING) return this.#tell(mail, folder, "too many copies wait already");
    this.#waiting++;
    this.#last = this.#last.then(async () => {
      await this.#append(mail, folder).catch((error: unknown) => this.#tell(mail, folder, errorText(error)));
      this.#waiting--;
    });
  }

  /** Waits for what is being filed, `ms` at most, and lets go of its own connection. */
  async close(ms: number): Promise<void> {
    await within(this.#options.parts.clock, ms, this.#last);
    this.#closed.abort();
    await this.#logOut();
  }

  async #append(mail: ComposedMail, folder: string): Promise<void> {
    const raw = await this.#options.render(mail);
    const desk = this.#options.desk();
    const session = desk ? await desk.connected() : await this.#ownSession();
    await session.append?.(folder, raw);
    if (!desk) void this.#linger();
  }

  async #ownSession(): Promise<MailboxSession & AppendMail> {
    if (this.#own && !this.#own.lost) return this.#own;
    const { account, clock, logger, timing } = this.#options.parts;
    if (clock.monotonic() < this.#restsUntil) throw new ConnectionError("the last try to connect failed a moment ago");
    const [folder = "INBOX"] = account.folders;
    const settings = imapSettings(account, timing.imap);
    try {
      this.#own = await openImapSession({ settings, folder, idleAllowed: false, clock, logger }, this.#closed.signal);
    } catch (error) {
      this.#restsUntil = clock.monotonic() + (error instanceof LoginRefusedError ? REFUSED_REST_MS : REST_MS);
      throw error;
    }
    return this.#own;
  }

  async #linger(): Promise<void> {
    const use = ++this.#uses;
    await this.#options.parts.clock.sleep(LINGER_MS, this.#closed.signal);
    if (use === this.#uses && this.#waiting === 0) await this.#logOut();
  }

  async #logOut(): Promise<void> {
    const session = this.#own;
    this.#own = undefined;
    await session?.[Symbol.asyncDispose]();
  }

  #tell({ messageId }: ComposedMail, folder: string, error: string): void {
    this.#options.parts.logger.log("warn", "the sent mail could not be filed", { folder, messageId, error });
  }
}
