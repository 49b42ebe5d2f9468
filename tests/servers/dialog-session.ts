import type { ImapCommand, ScriptedConnection } from "./scripted-connection.ts";
import type { MailboxEvent, ScriptedMailbox } from "./scripted-mailbox.ts";

/** One command being answered. */
export interface Turn {
  readonly conn: ScriptedConnection;
  readonly command: ImapCommand;
  readonly session: DialogSession;
  readonly mailbox: ScriptedMailbox;
  readonly ok: (text?: string) => Promise<void>;
  readonly no: (text: string) => Promise<void>;
  readonly bad: (text: string) => Promise<void>;
  /** What the honest server would do. */
  readonly honest: () => Promise<void>;
}

export type Handler = (turn: Turn) => Promise<void>;

export interface DialogOptions {
  readonly user?: string;
  readonly password?: string;
  readonly greeting?: string;
  /** Replaces the whole list; STARTTLS and AUTH=PLAIN are added where they belong. */
  readonly capabilities?: readonly string[];
  /** Offered on connections that are not yet secure. */
  readonly startTls?: boolean;
  /** Never announces anything; a search still finds it. */
  readonly silent?: boolean;
  /** What to do instead of the honest thing, by command: `IDLE`, `UID FETCH`. */
  readonly handlers?: Readonly<Record<string, Handler>>;
}

export const DEFAULT_CAPABILITIES: readonly string[] =
  "IMAP4rev1 IDLE ID ENABLE NAMESPACE UIDPLUS UNSELECT SASL-IR LITERAL+".split(" ");

/** What a dialog remembers between commands. */
export class DialogSession {
  readonly user: string;
  readonly password: string;
  readonly #capabilities: readonly string[];
  readonly #startTls: boolean;
  loggedIn = false;
  selected = false;
  over = false;
  /** Changes not yet told. */
  readonly pending: MailboxEvent[] = [];
  readonly #silent: boolean;

  constructor(options: DialogOptions) {
    this.user = options.user ?? "bot@example.test";
    this.password = options.password ?? "secret";
    this.#capabilities = options.capabilities ?? DEFAULT_CAPABILITIES;
    this.#startTls = options.startTls ?? false;
    this.#silent = options.silent ?? false;
  }

  note(event: MailboxEvent): void {
    if (this.selected && !this.#silent) this.pending.push(event);
  }

  capabilities(secure: boolean): string {
    const offersTls = this.#startTls && !secure;
    return [...this.#capabilities, ...(offersTls ? ["STARTTLS"] : []), ...(this.loggedIn ? [] : ["AUTH=PLAIN"])].join(
      " ",
    );
  }
}

export async function tellPending(conn: ScriptedConnection, session: DialogSession): Promise<void> {
  for (const event of session.pending.splice(0)) await conn.send(announcement(event));
}

function announcement(event: MailboxEvent): string {
  if (event.kind === "exists") return `* ${event.count} EXISTS`;
  if (event.kind === "expunge") return `* ${event.sequence} EXPUNGE`;
  return `* ${event.sequence} FETCH (UID ${event.mail.uid} FLAGS (${[...event.mail.flags].join(" ")}))`;
}
