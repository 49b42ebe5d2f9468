import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import type { AccountConfig } from "../config/schema.ts";
import type { FolderState, FolderStatus } from "../domain/channel.ts";
import { LoginRefusedError, MailGoneError, errorText } from "../domain/errors.ts";
import type { InboundAttachment } from "../domain/message.ts";
import type { AccountStore, MailPlace } from "../domain/store.ts";
import type { MessageFacts } from "../inbox/delivery-options.ts";
import { type Accept, Intake } from "../inbox/intake.ts";
import type { Arrived } from "../inbox/mail-source.ts";
import { SessionDesk } from "../mailbox/desk.ts";
import { openImapSession } from "../mailbox/open-imap-session.ts";
import { sectionStream } from "../mailbox/section-stream.ts";
import { SeenFlags } from "../mailbox/seen.ts";
import type { MailboxSession } from "../mailbox/session.ts";
import { FolderWatch, describeRetry } from "../mailbox/watch.ts";
import type { ParsedMail, ParseOptions } from "../parse/parse-mail.ts";
import { POLICY_FIELDS, decide } from "../policy/decide.ts";
import { within } from "../runtime/clock.ts";
import type { Bell } from "../runtime/signals.ts";
import type { SentMails } from "../outbox/sent-mails.ts";
import type { Parts } from "./parts.ts";
import { fetchTextParts, findPart } from "./large-mail.ts";
import { Screening } from "./screening.ts";
import { messageFacts, messageRecord } from "./message-facts.ts";
import { imapSettings } from "./settings.ts";

export interface FolderInboxOptions {
  readonly account: AccountConfig;
  readonly folder: string;
  readonly parts: Parts;
  readonly store: AccountStore;
  readonly sent: SentMails;
  readonly roomBell: Bell;
  readonly room: () => number;
  readonly offer: (facts: MessageFacts) => void;
  readonly onRefused: (reason: string) => void;
}

type StoredAttachment = Pick<InboundAttachment, "path" | "section">;

/** One folder of the account: watched, sorted, read and handed to the delivery. */
export class FolderInbox {
  readonly desk: SessionDesk;
  readonly folder: string;
  readonly #options: FolderInboxOptions;
  readonly #seen: SeenFlags;
  readonly #watch: FolderWatch;
  readonly #intake: Intake;
  readonly #screening: Screening;
  #state: FolderState = "connecting";
  #session: MailboxSession | undefined;
  #reconnects = 0;
  #lastError: string | null = null;
  #lastLifeAt: number | undefined;
  #flaggedOld: string | undefined;

  constructor(options: FolderInboxOptions) {
    const { account, folder, parts, store, sent, room, roomBell } = options;
    this.#screening = new Screening({ ...parts, sent, secret: async () => await store.secret() });
    this.#options = options;
    this.folder = folder;
    this.desk = new SessionDesk(parts.clock);
    this.#seen = new SeenFlags(parts.clock, parts.logger, (uidValidity, uids) =>
      this.#later(store.inbox.flagged(folder, uidValidity, uids)),
    );
    this.#intake = new Intake({
      decide: (header) => decide(header, parts.policy),
      decideBody: async (mail) => await this.#screening.judge(mail),
      takeReport: async (mail) => void (await this.#screening.takeReport(mail)),
      headerFields: parts.policy.allowList.open ? [] : POLICY_FIELDS,
      maxMessageBytes: account.maxMessageBytes,
      read: async (mail, source) => {
        const sign = Buffer.isBuffer(source) ? this.#screening.automaticSign(source) : undefined;
        const parsed = await parts.reader.read(source, this.#parseOptions(mail));
        return async () => await this.#accept(mail, parsed, sign);
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
      progress: {
        load: async () => await store.folders.progress(folder),
        start: async (start) => await store.folders.start(folder, start),
        raiseFloor: (uidValidity, floor) => this.#later(store.folders.raiseFloor(folder, uidValidity, floor)),
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
  async acknowledge({ uidValidity, uid }: MailPlace, when: "now" | "soon"): Promise<void> {
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
    this.#later(this.#flagOld(session.uidValidity));
    this.desk.attach(session);
    return session;
  }

  /** What an earlier process dealt with and did not live to flag. */
  async #flagOld(uidValidity: string): Promise<void> {
    if (this.#flaggedOld === uidValidity) return;
    this.#flaggedOld = uidValidity;
    const uids = await this.#options.store.inbox.unflagged(this.folder, uidValidity);
    for (const uid of uids) void this.acknowledge({ folder: this.folder, uidValidity, uid }, "soon");
  }

  /** For what may be lost in a crash: then it is done once more. */
  #later(written: Promise<void>): void {
    written.catch((error: unknown) =>
      this.#options.parts.logger.log("warn", "progress could not be written down", {
        folder: this.folder,
        error: errorText(error),
      }),
    );
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

  async #readLarge(mail: Arrived): Promise<Accept> {
    const session = await this.desk.connectedTo(mail.uidValidity);
    const parts = await fetchTextParts(session, mail.uid, mail.bytes);
    if (parts === undefined) throw new MailGoneError("the mail is no longer on the server");
    const parsed = await this.#options.parts.reader.readLarge(parts, this.#parseOptions(mail));
    return async () => await this.#accept(mail, parsed);
  }

  /** Stored first, then handed to the bot. */
  async #accept(mail: Arrived, parsed: ParsedMail, sign?: string): Promise<void> {
    const { account, parts, store, offer } = this.#options;
    const record = messageRecord(account, mail, parsed, sign ?? this.#screening.automaticSign(parsed.rawHeader));
    const { id } = record;
    const place: MailPlace = { folder: this.folder, uidValidity: mail.uidValidity, uid: mail.uid };
    const accepted = await store.inbox.accept({ place, fingerprint: parsed.fingerprint, record });
    if (accepted.kind === "new") {
      parts.logger.log("info", "mail accepted", { id, bytes: mail.bytes, attachments: record.attachments.length });
      offer(messageFacts(record, async (attachment) => await this.open(place, attachment)));
      return;
    }
    parts.logger.log("info", "the same mail again: not delivered twice", { id });
    if (accepted.kind === "copy" && accepted.settled) void this.acknowledge(place, "soon");
  }

  #refuse({ uid, uidValidity }: { uid: number; uidValidity: string }, reason: string, detail: string): void {
    const { parts, onRefused, account } = this.#options;
    const done = account.dryRun ? "would mark it \\Seen" : "marked \\Seen";
    parts.logger.log("info", `mail refused, ${done}`, { folder: this.folder, uid, reason, detail });
    onRefused(reason);
    void this.acknowledge({ folder: this.folder, uidValidity, uid }, "soon");
  }

  /** An attachment's bytes: the saved file, or from the server. */
  async open({ uid, uidValidity }: MailPlace, { path, section }: StoredAttachment): Promise<Readable> {
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
