import { ConnectionError, MailGoneError } from "../domain/errors.ts";
import type { Clock } from "../runtime/clock.ts";
import { Bell, linkSignals } from "../runtime/signals.ts";
import type { AppendMail, MailboxSession } from "./session.ts";

type Session = MailboxSession & Partial<AppendMail>;

/** How long a request waits for a connection before it is refused. */
const PATIENCE_MS = 60_000;

/** Where others ask for the connection that the watch keeps: whoever opens an attachment, or files a sent mail. */
export class SessionDesk {
  readonly #clock: Clock;
  readonly #changed = new Bell();
  readonly #closed = new AbortController();
  #session: Session | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get session(): Session | undefined {
    return this.#session?.lost === false ? this.#session : undefined;
  }

  attach(session: Session | undefined): void {
    this.#session = session;
    this.#changed.ring();
  }

  close(): void {
    this.#closed.abort();
  }

  /** A live connection, waited for a minute. Rejects with ConnectionError. */
  async connected(): Promise<Session> {
    using deadline = linkSignals(this.#closed.signal);
    void this.#clock.sleep(PATIENCE_MS, deadline.signal).then(deadline.abort);
    try {
      for (;;) {
        if (this.session) return this.session;
        if (deadline.signal.aborted)
          throw new ConnectionError("there is no connection to the IMAP server; try again later");
        await this.#changed.wait(deadline.signal);
      }
    } finally {
      deadline.abort();
    }
  }

  /** The same, for a mail by its UID: MailGoneError when the server has numbered its mails anew since. */
  async connectedTo(uidValidity: string): Promise<Session> {
    const session = await this.connected();
    if (session.uidValidity === uidValidity) return session;
    throw new MailGoneError(
      "the server has numbered its mails anew (UIDVALIDITY): this attachment cannot be found any more",
    );
  }
}
