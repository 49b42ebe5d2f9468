import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import type { AccountConfig } from "../config/schema.ts";
import type { FolderState, FolderStatus } from "../domain/channel.ts";
import { LoginRefusedError, MailGoneError, errorText } from "../domain/errors.ts";
import type { MessageFacts } from "../inbox/deliver.ts";
import { type Arrived, Intake } from "../inbox/intake.ts";
import { SessionDesk } from "../mailbox/desk.ts";
import { openImapSession } from "../mailbox/imap-session.ts";
import { sectionStream } from "../mailbox/section-stream.ts";
import type { Twins } from "../inbox/twins.ts";
import { SeenFlags } from "../mailbox/seen.ts";
import type { MailboxSession } from "../mailbox/session.ts";
import { FolderWatch, describeRetry } from "../mailbox/watch.ts";
import type { ParsedMail, ParseOptions } from "../parse/parse-mail.ts";
import { POLICY_FIELDS, decide } from "../policy/decide.ts";
import { within } from "../runtime/clock.ts";
import type { Bell } from "../runtime/signals.ts";
import type { Parts } from "./parts.ts";
import { fetchTextParts, findPart } from "./large-mail.ts";
import { messageFacts } from "./message-facts.ts";
import { imapSettings } from "./settings.ts";

export interface FolderInboxOptions {
  readonly account: AccountConfig;
  readonly folder: string;
  readonly parts: Parts;
  readonly twins: Twins;
  readonly roomBell: Bell;
  readonly room: () => number;
  readonly offer: (facts: MessageFacts) => void;
  readonly onRefused: (reason: string) => void;
}

/** One folder of the account: watched, sorted, read and handed to the delivery. */
export class FolderInbox {
  readonly desk: SessionDesk;
  readonly folder: string;
  readonly #options: FolderInboxOptions;
  readonly #seen: SeenFlags;
  readonly #watch: FolderWatch;
  readonly #intake: Intake;
  #state: FolderState = "connecting";
  #session: MailboxSession | undefined;
  #reconnects = 0;
  #lastError: string | null = null;
  #lastLifeAt: number | undefined;

  constructor(options: FolderInboxOptions) {
    const { account, folder, parts, room, roomBell } = options;
    this.#options = options;
    this.folder = folder;
    this.desk = new SessionDesk(parts.clock);
    this.#seen = new SeenFlags(parts.clock, parts.logger);
    this.#intake = new Intake({
      decide: (header) => decide(header, parts.policy),
      headerFields: parts.policy.allowList.open ? [] : POLICY_FIELDS,
      maxMessageBytes: account.maxMessageBytes,
      read: async (mail, source) => {
        const parsed = await parts.reader.read(source, this.#parseOptions(mail));
        return () => this.#accept(mail, parsed);
      },
      readLarge: async (mail) => await this.#readLarge(mail),
      refuse: (mail, reason, detail) => this.#refuse(mail, reason, detail),
      room,
      clock: parts.clock,
      logger: parts.logger,
    });
    this.#watch = new FolderWatch({
      open: async ({ idleAllowed }, signal) => await this.#open(idleAllowed, signal),
      taker: {
        room,
        take: async (session, uids, pending) => await this.#intake.take(session, uids, pending),
      },
      roomBell,
      startFrom: account.startFrom,
      backlogLimit: account.backlogLimit,
      waitMs: { idle: parts.timing.imap.idleRenewMs, poll: account.pollIntervalSeconds * 1_000 },
      clock: parts.clock,
      random: parts.random,
      logger: parts.logger,
      timing: parts.timing.watch,
      onClosing: async () => await this.#closing(),
      onState: (state, session) => this.#onState(state, session),
      onRetry: (error, delayMs) => this.#onRetry(error, delayMs),
    });
  }

  /** Returns when `signal` aborts. Rejects with the failure that no retry can mend. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      await this.#watch.run(signal);
    } finally {
      this.desk.close();
    }
  }

  /** The mail is dealt with. Resolves when \Seen is set, or at once when that must wait for a connection. */
  async acknowledge(uidValidity: string, uid: number, when: "now" | "soon"): Promise<void> {
    if (!this.#options.account.dryRun) await this.#seen.mark(uidValidity, uid, when);
  }

  status(): FolderStatus {
    const { clock } = this.#options.parts;
    const lastLifeAt = this.#session ? this.#session.lastByteAt : this.#lastLifeAt;
    return {
      folder: this.folder,
      state: this.#state,
      mode: this.#session?.mode ?? "unknown",
      lastProofOfLife:
        lastLifeAt === undefined ? null : new Date(clock.now() - (clock.monotonic() - lastLifeAt)).toISOString(),
      pending: this.#watch.pending.size,
      reconnects: this.#reconnects,
      lastError: this.#lastError,
    };
  }

  async #open(idleAllowed: boolean, signal: AbortSignal): Promise<MailboxSession> {
    const { account, folder, parts } = this.#options;
    const session = await openImapSession(
      {
        settings: imapSettings(account, parts.timing.imap),
        folder,
        idleAllowed,
        clock: parts.clock,
        logger: parts.logger,
      },
      signal,
    );
    parts.logger.log("info", "connected", { host: account.imapHost, folder, mode: session.mode });
    this.#lastError = null;
    this.#seen.attach(session);
    this.desk.attach(session);
    return session;
  }

  /** What has been acked meanwhile is flagged before the connection goes, if that is quick. */
  async #closing(): Promise<void> {
    const { clock, timing } = this.#options.parts;
    this.desk.attach(undefined);
    await within(clock, timing.imap.logoutTimeoutMs, this.#seen.flush());
    this.#seen.attach(undefined);
  }

  #parseOptions({ uid, uidValidity, receivedAt }: Arrived): ParseOptions {
    const { account, folder } = this.#options;
    return {
      attachments: account.attachments,
      texts: account.texts,
      origin: { account: account.id, folder, uid, uidValidity, receivedAt },
    };
  }

  async #readLarge(mail: Arrived): Promise<() => void> {
    const session = await this.desk.connectedTo(mail.uidValidity);
    const parts = await fetchTextParts(session, mail.uid, mail.bytes);
    if (parts === undefined) throw new MailGoneError("the mail is no longer on the server");
    const parsed = await this.#options.parts.reader.readLarge(parts, this.#parseOptions(mail));
    return () => this.#accept(mail, parsed);
  }

  #accept(mail: Arrived, parsed: ParsedMail): void {
    const { account, twins, parts, offer } = this.#options;
    const facts = messageFacts(
      account,
      mail,
      parsed,
      async (attachment) => await this.#openAttachment(mail, attachment),
    );
    const known = twins.meet(`${facts.metadata.email_message_id} ${parsed.fingerprint}`, {
      id: facts.id,
      acknowledge: async (when) => await this.acknowledge(mail.uidValidity, mail.uid, when),
    });
    if (known) {
      parts.logger.log("info", "the same mail again: not delivered twice", { id: facts.id });
      return;
    }
    parts.logger.log("info", "mail accepted", {
      id: facts.id,
      bytes: mail.bytes,
      attachments: facts.attachments.length,
    });
    offer(facts);
  }

  #refuse({ uid, uidValidity }: { uid: number; uidValidity: string }, reason: string, detail: string): void {
    const { parts, onRefused, account } = this.#options;
    const done = account.dryRun ? "would mark it \\Seen" : "marked \\Seen";
    parts.logger.log("info", `mail refused, ${done}`, { folder: this.folder, uid, reason, detail });
    onRefused(reason);
    void this.acknowledge(uidValidity, uid, "soon");
  }

  async #openAttachment(
    { uid, uidValidity }: Arrived,
    { path, section }: { path?: string; section: string },
  ): Promise<Readable> {
    if (path !== undefined) return createReadStream(path);
    const session = await this.desk.connectedTo(uidValidity);
    const structure = await session.structure(uid);
    const part = structure && findPart(structure, section);
    if (!part) throw new MailGoneError("the mail of this attachment is no longer on the server");
    const readSlice = async (start: number, maxBytes: number) =>
      await (await this.desk.connectedTo(uidValidity)).readSection(uid, section, start, maxBytes);
    return sectionStream(readSlice, part.encoding);
  }

  #onState(state: FolderState, session: MailboxSession | undefined): void {
    if (this.#session && !session) this.#lastLifeAt = this.#session.lastByteAt;
    this.#state = state;
    this.#session = session;
  }

  #onRetry(error: unknown, delayMs: number): void {
    const { parts, account } = this.#options;
    this.#reconnects++;
    this.#lastError = errorText(error);
    const level = error instanceof LoginRefusedError ? "error" : "warn";
    parts.logger.log(level, describeRetry(error, delayMs), { host: account.imapHost, folder: this.folder });
  }
}
