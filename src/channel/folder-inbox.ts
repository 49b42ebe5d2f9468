import type { Readable } from "node:stream";
import type { FolderState, FolderStatus } from "../domain/channel.ts";
import { LoginRefusedError, MailGoneError, errorText } from "../domain/errors.ts";
import type { AccountStore, MailPlace } from "../domain/store.ts";
import type { MessageFacts } from "../inbox/delivery-options.ts";
import { Intake } from "../inbox/intake.ts";
import type { Accept } from "../inbox/intake-options.ts";
import type { Arrived } from "../inbox/mail-source.ts";
import { SessionDesk } from "../mailbox/desk.ts";
import { FolderFlags } from "../mailbox/folder-flags.ts";
import { openImapSession } from "../mailbox/open-imap-session.ts";
import type { MailboxSession } from "../mailbox/session.ts";
import { FolderWatch, describeRetry } from "../mailbox/watch.ts";
import { within } from "../runtime/clock.ts";
import type { Bell } from "../runtime/signals.ts";
import type { SentMails } from "../outbox/sent-mails.ts";
import { Admitted } from "./admitted.ts";
import { type CountMail, gate } from "./gate.ts";
import type { Parts } from "./parts.ts";
import { fetchTextParts } from "./large-mail.ts";
import { type Judgement, type MailInHand, judgeMail } from "./judge-mail.ts";
import { messageFacts } from "./message-facts.ts";
import { openAttachment, type StoredAttachment } from "./open-attachment.ts";
import { Screening } from "./screening.ts";
import { imapSettings } from "./settings.ts";
import { threadLinks } from "./thread-links.ts";

export interface FolderInboxOptions {
  readonly folder: string;
  readonly parts: Parts;
  readonly store: AccountStore;
  readonly sent: SentMails;
  readonly roomBell: Bell;
  readonly room: () => number;
  readonly offer: (facts: MessageFacts) => void;
  readonly count: CountMail;
}

/** One folder of the account: watched, sorted, read and handed to the delivery. */
export class FolderInbox {
  readonly desk: SessionDesk;
  readonly folder: string;
  readonly #options: FolderInboxOptions;
  readonly #flags: FolderFlags;
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
    const { folder, parts, store, sent, room, roomBell } = options;
    const { account, logger } = parts;
    const secret = async () => await store.secret();
    this.#screening = new Screening({ policy: () => parts.policy, logger, sent, secret });
    this.#options = options;
    this.folder = folder;
    this.desk = new SessionDesk(parts.clock);
    const onSeen = (uidValidity: string, uids: readonly number[]) =>
      this.#later(store.inbox.flagged(folder, uidValidity, uids));
    this.#flags = new FolderFlags({ clock: parts.clock, logger, onSeen });
    this.#intake = new Intake({
      ...gate(parts, options.count),
      decideBody: async (mail, admission) =>
        await this.#screening.judge(mail, admission instanceof Admitted ? admission.header : undefined),
      takeReport: async (mail) => void (await this.#screening.takeReport(mail)),
      maxMessageBytes: account.maxMessageBytes,
      read: async (mail, source) => await this.#judge(mail, source),
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
    if (!this.#options.parts.account.dryRun) await this.#flags.seen(uidValidity, uid, when);
  }

  /** An answer to the mail has been taken by the server that carries it. */
  answered({ uidValidity, uid }: MailPlace): void {
    this.#flags.answered(uidValidity, uid);
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
    const { folder, parts } = this.#options;
    const { account, clock, logger } = parts;
    const session = await openImapSession(
      { settings: imapSettings(account, parts.timing.imap), folder, idleAllowed, clock, logger },
      signal,
    );
    logger.log("info", "connected", { host: account.imapHost, folder, mode: session.mode });
    this.#lastError = null;
    this.#flags.attach(session);
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
    await within(clock, timing.imap.logoutTimeoutMs, this.#flags.flush());
    this.#flags.attach(undefined);
  }

  async #judge(mail: Arrived, content: MailInHand["content"]): Promise<Accept> {
    const { folder, parts } = this.#options;
    const { uid, uidValidity, receivedAt, header, admission, proof } = mail;
    const place = { folder, uidValidity, uid };
    const { account, policy, verifier, reader } = parts;
    const judge = { account, policy, verifier, reader, screening: this.#screening, discardAttachments: false };
    const judgement = await judgeMail(
      { place, receivedAt, header, admission, proof, content, isScreened: true },
      judge,
    );
    return async () => await this.#settle(mail, judgement);
  }

  async #readLarge(mail: Arrived): Promise<Accept> {
    const session = await this.desk.connectedTo(mail.uidValidity);
    const parts = await fetchTextParts(session, mail.uid, mail.bytes);
    if (parts === undefined) throw new MailGoneError("the mail is no longer on the server");
    return await this.#judge(mail, parts);
  }

  /** Stored first, then handed to the bot. */
  async #settle(mail: Arrived, judgement: Judgement): Promise<void> {
    const { parts, store, offer, count } = this.#options;
    // Refused by the rules of now, which may be others than those it was fetched under.
    if (judgement.verdict === "refuse") return this.#refuse(mail, judgement.reason, judgement.detail);
    const { record, fingerprint, header } = judgement;
    const { id } = record;
    const place: MailPlace = { folder: this.folder, uidValidity: mail.uidValidity, uid: mail.uid };
    const thread = threadLinks(record, header, parts.account.sessionBy);
    const accepted = await store.inbox.accept({ place, fingerprint, record, thread });
    if (accepted.kind === "new") {
      const { verification, reason } = mail.proof;
      const attachments = record.attachments.length;
      parts.logger.log("info", "mail accepted", { id, bytes: mail.bytes, attachments, verification, reason });
      count("accepted", reason);
      offer(messageFacts(accepted.record ?? record, async (attachment) => await this.open(place, attachment)));
      return;
    }
    parts.logger.log("info", "the same mail again: not delivered twice", { id });
    if (accepted.kind === "copy" && accepted.settled) void this.acknowledge(place, "soon");
  }

  #refuse({ uid, uidValidity }: { uid: number; uidValidity: string }, reason: string, detail: string): void {
    const { parts, count } = this.#options;
    const done = parts.account.dryRun ? "would mark it \\Seen" : "marked \\Seen";
    // Somebody has written in the name of the operator's own server.
    const level = reason === "results-forged" ? "warn" : "info";
    parts.logger.log(level, `mail refused, ${done}`, { folder: this.folder, uid, reason, detail });
    count("refused", reason);
    void this.acknowledge({ folder: this.folder, uidValidity, uid }, "soon");
  }

  /** An attachment's bytes: the saved file, or from the server. */
  async open(place: MailPlace, attachment: StoredAttachment): Promise<Readable> {
    return await openAttachment(this.desk, place, attachment);
  }

  #onState(state: FolderState, session: MailboxSession | undefined): void {
    if (this.#session && !session) this.#lastLifeAt = this.#session.lastByteAt;
    this.#state = state;
    this.#session = session;
  }

  #onRetry(error: unknown, delayMs: number): void {
    const { parts } = this.#options;
    this.#reconnects++;
    this.#lastError = errorText(error);
    const level = error instanceof LoginRefusedError ? "error" : "warn";
    parts.logger.log(level, describeRetry(error, delayMs), { host: parts.account.imapHost, folder: this.folder });
  }
}
