import { randomUUID } from "node:crypto";
import { domainToASCII } from "node:url";
import {
  type ComposeContext,
  type ComposedMail,
  DEFAULT_MAX_MARKDOWN_BYTES,
  composeMail,
} from "../compose/compose-mail.ts";
import type { AccountConfig } from "../config/schema.ts";
import type { ChannelStatus } from "../domain/channel.ts";
import { ClosedError, errorText } from "../domain/errors.ts";
import type { OutboundMessage, SendReceipt } from "../domain/message.ts";
import type { SessionDesk } from "../mailbox/desk.ts";
import { type Outbox, createOutbox } from "../outbox/send-loop.ts";
import { RateGuard } from "../policy/rate.ts";
import { type SmtpTransport, createSmtpTransport } from "../smtp/smtp-transport.ts";
import type { Parts } from "./parts.ts";
import { ReplyKeys } from "./reply-keys.ts";
import { smtpSettings } from "./settings.ts";

export interface SenderOptions {
  readonly account: AccountConfig;
  readonly parts: Parts;
  /** Where a copy of what was sent is filed. */
  readonly desk: () => SessionDesk | undefined;
}

const MAX_ATTACHMENTS = 100;

/** From what the bot says to the receipt: composed, checked against the limits, queued and sent. */
export class Sender implements AsyncDisposable {
  readonly #options: SenderOptions;
  readonly #keys = new ReplyKeys();
  readonly #rate: RateGuard;
  readonly #transport: SmtpTransport;
  readonly #outbox: Outbox<ComposedMail>;
  readonly #filing = new Set<Promise<void>>();
  #closed = false;

  constructor(options: SenderOptions) {
    const { account, parts } = options;
    const { clock, random, logger } = parts;
    this.#options = options;
    this.#rate = new RateGuard(account.limits, clock);
    this.#transport = createSmtpTransport(smtpSettings(account), logger);
    this.#outbox = createOutbox({
      clock,
      random,
      logger,
      submit: async (mail: ComposedMail, signal) => {
        const outcome = await this.#transport.submit(mail, signal);
        if (outcome.kind === "sent") this.#fileCopy(mail);
        return outcome;
      },
    });
  }

  /** @throws InvalidMessageError, StorageError when the outbox is full, ClosedError */
  async send(message: OutboundMessage): Promise<SendReceipt> {
    if (this.#closed) throw new ClosedError("The channel is closed: nothing more is sent.");
    const mail = composeMail(message, this.#context());
    const key = this.#keys.keyOf(message);
    if (this.#options.account.dryRun) return this.#onlySay(mail);
    const isReply = mail.headers.autoSubmitted === "auto-replied";
    if (isReply && !this.#outbox.has(key)) {
      const refused = this.#rate.admit(message.session.senderId);
      if (refused) return this.#suppressed(mail, refused);
    }
    return await this.#outbox.enqueue(mail, key);
  }

  /** A new delivery of this mail begins: a reply to it has the key of the first one again. */
  forgetReplies(inboundId: string): void {
    this.#keys.startAgain(inboundId);
  }

  /** Waits for what is on its way, `ms` at most. */
  async drain(ms: number): Promise<void> {
    this.#closed = true;
    await this.#outbox.drain(ms);
    await Promise.all(this.#filing);
  }

  status(): ChannelStatus["outbox"] {
    const { pending, sending, retrying, unknown, sent, failed, oldestUnsent } = this.#outbox.status();
    return { sending: pending + sending, retrying: retrying + unknown, sent, failed, oldestUnsent };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await this.#outbox[Symbol.asyncDispose]();
    await this.#transport[Symbol.asyncDispose]();
  }

  #context(): ComposeContext {
    const { account, parts } = this.#options;
    const domain = domainToASCII(account.fromAddress.slice(account.fromAddress.lastIndexOf("@") + 1));
    return {
      from: { address: account.fromAddress, name: account.fromName },
      // RFC 5322 section 3.6.4: unique for ever; the domain is ours to vouch for.
      messageId: `<${randomUUID()}@${domain}>`,
      date: new Date(parts.clock.now()),
      ownAddresses: parts.policy.ownAddresses,
      mayReceive: (address) => parts.policy.allowList.judge(address).allowed,
      maxMarkdownBytes: DEFAULT_MAX_MARKDOWN_BYTES,
      attachmentLimits: { maxCount: MAX_ATTACHMENTS, maxTotalBytes: account.maxReplyBytes },
    };
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

  #suppressed(
    { messageId }: ComposedMail,
    { scope, retryAfterMs }: { scope: string; retryAfterMs: number },
  ): SendReceipt {
    const message = `the limit of replies per hour is reached (limits, ${scope}): is this a loop?`;
    this.#options.parts.logger.log("error", `reply not sent: ${message}`, { code: "RATE_LIMIT", scope, retryAfterMs });
    return {
      messageId,
      status: "suppressed",
      accepted: [],
      rejected: [],
      retryAfterMs,
      error: { code: "RATE_LIMIT", message },
    };
  }

  /** The mail is sent whether or not its copy can be filed: a failure is only told. */
  #fileCopy(mail: ComposedMail): void {
    const { account, parts, desk } = this.#options;
    const folder = account.saveSent;
    if (folder === false) return;
    const filing = (async () => {
      try {
        const session = await desk()?.connected();
        await session?.append?.(folder, await this.#transport.render(mail));
      } catch (error) {
        parts.logger.log("warn", "the sent mail could not be filed", {
          folder,
          messageId: mail.messageId,
          error: errorText(error),
        });
      }
    })().finally(() => this.#filing.delete(filing));
    this.#filing.add(filing);
  }
}
