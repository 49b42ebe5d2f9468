import { type AccountConfig, type AccountConfigInput, parseAccount } from "../config/schema.ts";
import { startupWarnings } from "../config/warnings.ts";
import type { ChannelStatus, EmailChannel } from "../domain/channel.ts";
import { errorText } from "../domain/errors.ts";
import type { InboundMessage, OutboundMessage, SendReceipt } from "../domain/message.ts";
import { DEFAULT_DELIVERY_LIMITS, Delivery, type DeliveryLimits } from "../inbox/deliver.ts";
import { MessageIterator } from "../inbox/message-iterator.ts";
import { Twins } from "../inbox/twins.ts";
import { DEFAULT_IMAP_TIMING, type ImapTiming } from "../mailbox/imap-client.ts";
import { DEFAULT_WATCH_TIMING, type WatchTiming } from "../mailbox/watch.ts";
import { MailReader } from "../parse/mail-reader.ts";
import { AllowList } from "../policy/allow-list.ts";
import { type Clock, systemClock } from "../runtime/clock.ts";
import { type Logger, lineLogger, withFields } from "../runtime/logger.ts";
import { Bell } from "../runtime/signals.ts";
import { FolderInbox } from "./folder-inbox.ts";
import type { Parts } from "./parts.ts";
import { Sender } from "./sender.ts";

/** Everything that is not configuration; all of it has a default. */
export interface ChannelDeps {
  /** Default: warnings and errors as lines on standard error. */
  readonly logger?: Logger;
  readonly clock?: Clock;
  /** From 0 up to 1; spreads retries. */
  readonly random?: () => number;
  readonly timing?: { readonly imap?: Partial<ImapTiming>; readonly watch?: Partial<WatchTiming> };
  readonly delivery?: Partial<DeliveryLimits>;
}

const DEFAULT_DRAIN_MS = 10_000;

/**
 * An email account as a channel. Nothing is connected before the first `receive()` or `send()`.
 * @throws ConfigError naming every mistake in `config`.
 */
export function createEmailChannel(config: AccountConfigInput, deps: ChannelDeps = {}): EmailChannel {
  return new ImapSmtpChannel(parseAccount(config), deps);
}

class ImapSmtpChannel implements EmailChannel {
  readonly name = "email";
  readonly streaming = false;
  readonly #account: AccountConfig;
  readonly #parts: Parts;
  readonly #delivery: Delivery;
  readonly #folders: readonly FolderInbox[];
  readonly #sender: Sender;
  readonly #twins = new Twins();
  readonly #stop = new AbortController();
  readonly #refused: Record<string, number> = {};
  #running: Promise<unknown> | undefined;
  #state: ChannelStatus["state"] = "idle";
  #closing: Promise<void> | undefined;

  constructor(account: AccountConfig, deps: ChannelDeps) {
    this.#account = account;
    this.#parts = partsOf(account, deps);
    const { clock, random, logger } = this.#parts;
    const roomBell = new Bell();
    this.#delivery = new Delivery({
      clock,
      random,
      logger,
      roomBell,
      limits: { ...DEFAULT_DELIVERY_LIMITS, ...deps.delivery },
      reply: async (message, markdown, options) => await this.#reply(message, markdown, options),
      onAck: async ({ id }, when) => await this.#twins.settle(id, when),
      onDeliver: ({ id }) => this.#sender.forgetReplies(id),
    });
    this.#folders = account.folders.map(
      (folder) =>
        new FolderInbox({
          account,
          folder,
          parts: this.#parts,
          twins: this.#twins,
          roomBell,
          room: () => this.#delivery.room(),
          offer: (facts) => this.#delivery.offer(facts),
          onRefused: (reason) => (this.#refused[reason] = (this.#refused[reason] ?? 0) + 1),
        }),
    );
    const [first] = this.#folders;
    this.#sender = new Sender({ account, parts: this.#parts, desk: () => first?.desk });
    for (const warning of startupWarnings(account)) logger.log("warn", warning);
  }

  receive({ signal }: { signal?: AbortSignal } = {}): AsyncIterableIterator<InboundMessage> {
    this.#start();
    return new MessageIterator(this.#delivery, this.#account.ack, signal);
  }

  async send(message: OutboundMessage): Promise<SendReceipt> {
    return await this.#sender.send(message);
  }

  async sendTyping(): Promise<void> {
    // Email has no way to show that somebody is writing.
  }

  async close({ drainMs = DEFAULT_DRAIN_MS }: { drainMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(drainMs);
    await this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  status(): ChannelStatus {
    const { received, acked, nacked, inHand, retrying, dead } = this.#delivery.counts;
    return {
      account: this.#account.id,
      state: this.#state,
      folders: this.#folders.map((folder) => folder.status()),
      inbox: { waiting: this.#delivery.waiting, inHand, retrying, dead },
      counts: { received, acked, nacked, refused: { ...this.#refused } },
      outbox: this.#sender.status(),
    };
  }

  async #reply(
    message: InboundMessage,
    markdown: string,
    options: Partial<OutboundMessage> = {},
  ): Promise<SendReceipt> {
    const { session, metadata } = message;
    return await this.send({ ...options, session, metadata: { ...metadata, ...options.metadata }, text: markdown });
  }

  #start(): void {
    if (this.#state !== "idle") return;
    this.#state = "running";
    this.#running = Promise.all(this.#folders.map(async (folder) => await this.#runFolder(folder)));
  }

  /** Never rejects: a folder that fails for good ends the channel, and every iterator hears why. */
  async #runFolder(folder: FolderInbox): Promise<void> {
    try {
      await folder.run(this.#stop.signal);
    } catch (error) {
      this.#parts.logger.log("error", "the channel stops", { folder: folder.folder, error: errorText(error) });
      this.#state = "stopped";
      this.#delivery.fail(error);
      this.#stop.abort();
    }
  }

  async #close(drainMs: number): Promise<void> {
    this.#delivery.end();
    try {
      await this.#sender.drain(drainMs);
      this.#stop.abort();
      await this.#running;
      await this.#sender[Symbol.asyncDispose]();
      await this.#parts.reader[Symbol.asyncDispose]();
    } catch (error) {
      this.#parts.logger.log("error", "closing was not clean", { error: errorText(error) });
    }
    this.#state = "closed";
  }
}

function partsOf(account: AccountConfig, deps: ChannelDeps): Parts {
  const clock = deps.clock ?? systemClock;
  const logger =
    deps.logger ??
    lineLogger({
      level: "warn",
      format: "text",
      now: () => clock.now(),
      write: (line) => void process.stderr.write(line),
    });
  return {
    clock,
    random: deps.random ?? Math.random,
    logger: withFields(logger, { account: account.id }),
    reader: new MailReader(clock),
    policy: {
      allowList: new AllowList(account.allowFrom, account.denyFrom),
      ownAddresses: [account.fromAddress, ...account.aliases],
      automaticMail: account.automaticMail,
    },
    timing: {
      imap: { ...DEFAULT_IMAP_TIMING, ...deps.timing?.imap },
      watch: { ...DEFAULT_WATCH_TIMING, ...deps.timing?.watch },
    },
  };
}
