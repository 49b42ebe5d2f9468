import { randomUUID } from "node:crypto";
import { tmpdir } from "node:os";
import { domainToASCII } from "node:url";
import {
  type ComposeContext,
  type ComposedMail,
  DEFAULT_MAX_MARKDOWN_BYTES,
  composeMail,
} from "../compose/compose-mail.ts";
import { type Look, prepareLook } from "../compose/look.ts";
import type { OriginalMail } from "../compose/quote-original.ts";
import { mailFromStored, storedMail } from "../compose/stored-mail.ts";
import type { ChannelStatus } from "../domain/channel.ts";
import { ClosedError, InvalidMessageError } from "../domain/errors.ts";
import type { OutboundMessage, SendReceipt } from "../domain/message.ts";
import type { AccountStore, MailPlace } from "../domain/store.ts";
import type { SessionDesk } from "../mailbox/desk.ts";
import type { OutboxContent } from "../outbox/journal.ts";
import type { OutboxLimits } from "../outbox/limits.ts";
import type { Outbox } from "../outbox/outbox.ts";
import { createOutbox } from "../outbox/send-loop.ts";
import type { SentMails } from "../outbox/sent-mails.ts";
import { loopTag } from "../policy/loop-tag.ts";
import { confinedPath, ConfinedFileError } from "../runtime/confined-file.ts";
import { type SmtpTransport, createSmtpTransport } from "../smtp/smtp-transport.ts";
import { Filing } from "./filing.ts";
import type { Parts } from "./parts.ts";
import { ReplyGate } from "./reply-gate.ts";
import { ReplyKeys, replyKey } from "./reply-keys.ts";
import { smtpSettings } from "./settings.ts";

export interface SenderOptions {
  readonly parts: Parts;
  /** The connection of a channel that receives, for copies of what was sent; undefined while it does not. */
  readonly desk: () => SessionDesk | undefined;
  /** The mail at this place has its answer. */
  readonly onAnswered: (place: MailPlace) => void;
  readonly store: AccountStore["outbox"];
  readonly sent: SentMails;
  /** The account's, for what marks our own mails. */
  readonly secret: AccountStore["secret"];
  /** Whether the store outlives the process: then it keeps the files of a mail, too. */
  readonly isDurable: boolean;
  readonly limits: Partial<OutboxLimits>;
}

const MAX_ATTACHMENTS = 100;

/** In memory the mail itself is kept; a file is read when it is sent, and never held. */
const AS_IT_IS: OutboxContent<ComposedMail> = {
  save: (mail) => ({ mail, files: [] }),
  load: ({ mail }) => mail as ComposedMail,
};

/** Told to the caller at once, whether the file would be opened now or only when the mail is sent. */
async function refuseStrays({ attachments }: ComposedMail): Promise<void> {
  for (const { source } of attachments) {
    if ("content" in source) continue;
    await confinedPath(source.path, source.within).catch((error: unknown) => {
      if (error instanceof ConfinedFileError && error.reason === "outside")
        throw new InvalidMessageError(`The attachment ${JSON.stringify(source.path)} ${error.message}.`);
    });
  }
}

/** The limits may change while the channel runs. */
function limitsOfNow(parts: Pick<Parts, "account">): Parts["account"]["limits"] {
  return {
    get repliesPerSenderPerHour() {
      return parts.account.limits.repliesPerSenderPerHour;
    },
    get repliesPerThreadPerHour() {
      return parts.account.limits.repliesPerThreadPerHour;
    },
    get repliesPerHour() {
      return parts.account.limits.repliesPerHour;
    },
  };
}

/** From what the bot says to the receipt: composed, checked against the limits, queued and sent. */
export class Sender implements AsyncDisposable {
  readonly #options: SenderOptions;
  readonly #keys = new ReplyKeys();
  readonly #gate: ReplyGate;
  readonly #transport: SmtpTransport;
  readonly #outbox: Outbox<ComposedMail>;
  readonly #look: Look;
  readonly #filing: Filing;
  #closed = false;

  constructor(options: SenderOptions) {
    const { parts, store, isDurable, limits } = options;
    const { account, clock, random, logger } = parts;
    this.#options = options;
    this.#look = prepareLook(account);
    this.#gate = new ReplyGate({ limits: limitsOfNow(parts), clock, logger, sent: options.sent });
    this.#transport = createSmtpTransport(smtpSettings(account), logger);
    const render = async (mail: ComposedMail) => await this.#transport.render(mail);
    this.#filing = new Filing({ parts, desk: options.desk, render });
    this.#outbox = createOutbox({
      clock,
      random,
      logger,
      store,
      durable: isDurable,
      limits,
      content: isDurable ? { save: (mail) => storedMail(mail, account.maxReplyBytes), load: mailFromStored } : AS_IT_IS,
      submit: async (mail: ComposedMail, signal, beforeContent) => {
        const outcome = await this.#transport.submit(mail, signal, beforeContent);
        if (outcome.kind === "sent") this.#sent(mail);
        return outcome;
      },
    });
  }

  /** Takes up what an earlier process left unsent. @throws StorageError */
  async start(): Promise<void> {
    await this.#gate.start();
    await this.#outbox.start();
  }

  /** Takes up what a person has put back. To be called every few seconds. @throws StorageError */
  async lookForRevived(): Promise<void> {
    await this.#outbox.lookForRevived();
  }

  /**
   * `ownKey` is for a reply that must not be counted with the others to its mail; a key of the message's own comes first.
   * `original` is quoted below the answer.
   * @throws InvalidMessageError, StorageError when the outbox is full or cannot be written, ClosedError
   */
  async send(message: OutboundMessage, ownKey?: string, original?: OriginalMail): Promise<SendReceipt> {
    if (this.#closed) throw new ClosedError("The channel is closed: nothing more is sent.");
    await this.#gate.start();
    const mail = composeMail(message, this.#context(await this.#options.secret(), original));
    await refuseStrays(mail);
    const key = message.idempotencyKey === undefined && ownKey ? ownKey : this.#keys.keyOf(message);
    if (this.#options.parts.account.dryRun) return this.#onlySay(mail);
    return await this.#outbox.enqueue(mail, key, () => this.#gate.judge(message, mail));
  }

  /** A new delivery of this mail begins: a reply to it has the key of the first one again. */
  delivered(mail: { readonly id: string; readonly text: string }): void {
    this.#keys.startAgain(mail.id);
    this.#gate.delivered(mail);
  }

  /** Whether a reply to this mail is in the outbox, whatever became of it there. @throws StorageError */
  async hasAnswered(inbound: string): Promise<boolean> {
    return await this.#outbox.has(replyKey(inbound, 1));
  }

  /** Which limits of replies are reached. */
  limits(): ChannelStatus["limits"] {
    return this.#gate.status();
  }

  /** Waits for what is on its way, `ms` at most. */
  async drain(ms: number): Promise<void> {
    this.#closed = true;
    const { clock } = this.#options.parts;
    const startedAt = clock.monotonic();
    await this.#outbox.drain(ms);
    await this.#filing.close(Math.max(0, ms - (clock.monotonic() - startedAt)));
  }

  status(): ChannelStatus["outbox"] {
    const { pending, sending, retrying, unknown, sent, failed, oldestUnsent } = this.#outbox.status();
    const { returnedCount } = this.#options.sent;
    return {
      sending: pending + sending,
      retrying: retrying + unknown,
      sent,
      failed: failed + returnedCount,
      oldestUnsent,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await this.#outbox[Symbol.asyncDispose]();
    await this.#transport[Symbol.asyncDispose]();
  }

  #context(secret: Uint8Array, original: OriginalMail | undefined): ComposeContext {
    const { parts } = this.#options;
    const { account } = parts;
    const domain = domainToASCII(account.fromAddress.slice(account.fromAddress.lastIndexOf("@") + 1));
    // RFC 5322 section 3.6.4: unique for ever; the domain is ours to vouch for.
    const messageId = `<${randomUUID()}@${domain}>`;
    return {
      account: account.id,
      from: { address: account.fromAddress, name: account.fromName },
      messageId,
      loopTag: loopTag(secret, messageId),
      date: new Date(parts.clock.now()),
      ownAddresses: parts.policy.ownAddresses,
      mayReceive: (address) => parts.policy.allowList.judge(address).allowed,
      maxMarkdownBytes: DEFAULT_MAX_MARKDOWN_BYTES,
      look: this.#look,
      original,
      attachmentLimits: {
        maxCount: MAX_ATTACHMENTS,
        maxTotalBytes: account.maxReplyBytes,
        attachFrom: account.attachFrom ?? [account.attachments.dir, tmpdir()],
      },
    };
  }

  #sent(mail: ComposedMail): void {
    this.#filing.file(mail);
    if (mail.answers?.place) this.#options.onAnswered(mail.answers.place);
  }

  #onlySay(mail: ComposedMail): SendReceipt {
    const { messageId, envelope, attachments } = mail;
    this.#options.parts.logger.log("info", "dry run: would send a mail", {
      messageId,
      recipients: envelope.to.length,
      attachments: attachments.length,
    });
    return { messageId, status: "suppressed", accepted: [], rejected: [] };
  }
}
