import type { MailSummary, MailboxSession } from "../../src/mailbox/session.ts";

/** One connection: what it holds, and how it ends. */
export interface Act {
  /** Opening it fails. */
  readonly refuse?: Error;
  readonly uidValidity?: string;
  readonly uidNext?: number;
  /** UIDs that are there from the start. */
  readonly mail?: readonly number[];
  /** UIDs of `mail` that have \Seen. */
  readonly seen?: readonly number[];
  readonly mode?: "idle" | "poll";
  /** What happens at each wait for news, in order: mails that come, or the end of the connection. After the last: the end. */
  readonly waits?: readonly (readonly number[] | (() => void) | "lost")[];
  readonly diedSilent?: boolean;
}

/** A mailbox that plays one act per connection and then fails to open for ever. */
export class ScriptedMailbox {
  readonly opened: { idleAllowed: boolean }[] = [];
  readonly waited: number[] = [];
  closed = 0;
  readonly #acts: readonly Act[];
  readonly #onEnd: () => void;

  constructor(acts: readonly Act[], onEnd: () => void) {
    this.#acts = acts;
    this.#onEnd = onEnd;
  }

  async open(options: { idleAllowed: boolean }): Promise<MailboxSession> {
    const act = this.#acts[this.opened.length];
    this.opened.push(options);
    if (act === undefined) {
      this.#onEnd();
      throw new Error("the script is over");
    }
    if (act.refuse) throw act.refuse;
    return new ScriptedSession(act, this);
  }
}

class ScriptedSession implements MailboxSession {
  readonly uidValidity: string;
  readonly uidNext: number;
  readonly mode: "idle" | "poll";
  readonly lastByteAt = 0;
  readonly diedSilent: boolean;
  lost = false;
  readonly #mail: number[];
  readonly #seen: ReadonlySet<number>;
  readonly #waits: NonNullable<Act["waits"]>;
  readonly #mailbox: ScriptedMailbox;
  #wait = 0;

  constructor(act: Act, mailbox: ScriptedMailbox) {
    this.#mail = [...(act.mail ?? [])];
    this.uidValidity = act.uidValidity ?? "1";
    this.uidNext = act.uidNext ?? (this.#mail.at(-1) ?? 0) + 1;
    this.mode = act.mode ?? "idle";
    this.diedSilent = act.diedSilent ?? false;
    this.#seen = new Set(act.seen ?? []);
    this.#waits = act.waits ?? [];
    this.#mailbox = mailbox;
  }

  async search(query: { above: number } | { unseenAbove: number }, limit: number): Promise<number[]> {
    const found =
      "above" in query
        ? this.#mail.filter((uid) => uid > query.above)
        : this.#mail.filter((uid) => !this.#seen.has(uid));
    return found.slice(0, limit);
  }

  async summaries(): Promise<MailSummary[]> {
    return [];
  }

  async *sources(): AsyncGenerator<never> {}

  async structure(): Promise<undefined> {}

  async readSection(): Promise<undefined> {}

  async addFlag(): Promise<"set"> {
    return "set";
  }

  async waitForNews(ms: number): Promise<void> {
    this.#mailbox.waited.push(ms);
    const event = this.#waits[this.#wait++] ?? "lost";
    if (event === "lost") this.lost = true;
    else if (typeof event === "function") event();
    else this.#mail.push(...event);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#mailbox.closed++;
  }
}
