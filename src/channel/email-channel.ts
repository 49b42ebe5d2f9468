import { type AccountConfig, type AccountConfigInput, parseAccount } from "../config/schema.ts";
import { startupWarnings } from "../config/warnings.ts";
import type { ChannelStatus, EmailChannel } from "../domain/channel.ts";
import { ClosedError, MailGoneError, errorText } from "../domain/errors.ts";
import { placeOf } from "../domain/mail-place.ts";
import type { InboundMessage, OutboundMessage, SendReceipt } from "../domain/message.ts";
import type { AccountStore, MailPlace, OpenInbound, Store } from "../domain/store.ts";
import { Acks } from "../inbox/acks.ts";
import { Delivery } from "../inbox/deliver.ts";
import { DEFAULT_DELIVERY_LIMITS } from "../inbox/delivery-options.ts";
import { MessageIterator } from "../inbox/message-iterator.ts";
import { SentMails } from "../outbox/sent-mails.ts";
import { within } from "../runtime/clock.ts";
import { Bell } from "../runtime/signals.ts";
import { createMemoryStore } from "../store/memory-store.ts";
import { careForAttachments } from "./attachment-care.ts";
import { FolderInbox } from "./folder-inbox.ts";
import { lookForRevived } from "./look-for-revived.ts";
import { MailCounts } from "./mail-counts.ts";
import { messageFacts } from "./message-facts.ts";
import { type ChannelDeps, makeParts, type Parts } from "./parts.ts";
import { replyKey } from "./reply-keys.ts";
import { originalMail } from "./original-mail.ts";
import { replyTo } from "./reply-message.ts";
import type { AdjustableChannel, ChannelRules } from "./rules.ts";
import { Sender } from "./sender.ts";

export type { ChannelDeps } from "./parts.ts";
export type { AdjustableChannel, ChannelRules } from "./rules.ts";

const DEFAULT_DRAIN_MS = 10_000;
/** Not long: a consumer may close the channel from within its loop, and will not ack before that returns. */
const MAX_HANDS_MS = 250;
/** Every part of the goodbye has its own limit; this is for a disk that does not answer. */
const MAX_GOODBYE_MS = 20_000;

/**
 * An email account as a channel. Nothing is connected before the first `receive()` or `send()`.
 * @throws ConfigError naming every mistake in `config`.
 */
export function createEmailChannel(
  config: AccountConfigInput,
  deps: ChannelDeps = {},
): EmailChannel & AdjustableChannel {
  return new ImapSmtpChannel(parseAccount(config), deps);
}

class ImapSmtpChannel implements EmailChannel, AdjustableChannel {
  readonly name = "email";
  readonly streaming = false;
  readonly #parts: Parts;
  readonly #delivery: Delivery;
  readonly #folders: readonly FolderInbox[];
  readonly #sender: Sender;
  readonly #wholeStore: Store;
  readonly #store: AccountStore;
  readonly #isDurable: boolean;
  readonly #acks: Acks;
  readonly #stop = new AbortController();
  readonly #counts = new MailCounts();
  #running: Promise<unknown> | undefined;
  #state: ChannelStatus["state"] = "idle";
  #closing: Promise<void> | undefined;

  constructor(config: AccountConfig, deps: ChannelDeps) {
    this.#parts = makeParts(config, deps);
    const { account, clock, random, logger } = this.#parts;
    // A dry run leaves no trace: what it has seen is still to be answered.
    this.#isDurable = deps.store !== undefined && !account.dryRun;
    this.#wholeStore = this.#isDurable && deps.store ? deps.store : createMemoryStore();
    this.#store = this.#wholeStore.account(account.id);
    const { inbox, outbox } = this.#store;
    const sent = new SentMails({ store: outbox, clock, logger });
    this.#acks = new Acks({
      finish: async (ids) => await inbox.finish(ids),
      flag: async (places, when) => await this.#flag(places, when),
      clock,
      logger,
    });
    const roomBell = new Bell();
    this.#delivery = new Delivery({
      clock,
      random,
      logger,
      roomBell,
      limits: { ...DEFAULT_DELIVERY_LIMITS, maxDeliveries: account.maxDeliveries, ...deps.delivery },
      reply: async (message, markdown, options, number) =>
        await this.#sender.send(
          replyTo(message, markdown, options),
          number === undefined ? undefined : replyKey(message.id, number),
          account.quoteOriginal ? originalMail(message, account.texts) : undefined,
        ),
      journal: inbox,
      onAck: async ({ id }, when) => await this.#acknowledge(id, when),
      onTakeBack: ({ id }) => this.#acks.takeBack(id),
      isAnswered: async (id) => await this.#sender.hasAnswered(id),
      onDeliver: (facts) => this.#sender.delivered(facts),
    });
    this.#folders = account.folders.map(
      (folder) =>
        new FolderInbox({
          folder,
          parts: this.#parts,
          store: this.#store,
          sent,
          roomBell,
          room: () => this.#delivery.room(),
          offer: (facts) => this.#delivery.offer(facts),
          count: this.#counts.add,
        }),
    );
    const [first] = this.#folders;
    this.#sender = new Sender({
      parts: this.#parts,
      desk: () => (this.#running ? first?.desk : undefined),
      onAnswered: (place) => this.#folderOf(place)?.answered(place),
      store: outbox,
      sent,
      secret: async () => await this.#store.secret(),
      isDurable: this.#isDurable,
      limits: { giveUpAfterHours: account.giveUpAfterHours, onUnknown: account.onUnknown, ...deps.outbox },
    });
    for (const warning of startupWarnings(account)) logger.log("warn", warning);
  }

  receive({ signal }: { signal?: AbortSignal } = {}): AsyncIterableIterator<InboundMessage> {
    this.#start();
    return new MessageIterator(this.#delivery, this.#parts.account.ack, signal);
  }

  update(rules: ChannelRules): void {
    for (const warning of this.#parts.rules.update(rules)) this.#parts.logger.log("warn", warning);
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
      account: this.#parts.account.id,
      state: this.#state,
      folders: this.#folders.map((folder) => folder.status()),
      inbox: { waiting: this.#delivery.waiting, inHand, retrying, dead },
      counts: { received, acked, nacked, ...this.#counts.snapshot() },
      limits: this.#sender.limits(),
      outbox: this.#sender.status(),
    };
  }

  #start(): void {
    if (this.#state !== "idle") return;
    this.#state = "running";
    this.#running = this.#run();
  }

  /** Never rejects: what fails for good ends the channel, and every iterator hears why. */
  async #run(): Promise<void> {
    careForAttachments(this.#parts, this.#wholeStore, this.#stop.signal);
    try {
      await this.#sender.start();
      for (const open of await this.#store.inbox.open()) this.#offer(open);
    } catch (error) {
      return this.#fail(error, {});
    }
    const folders = this.#folders.map(async (folder) => await this.#runFolder(folder));
    const revived = this.#isDurable
      ? lookForRevived(this.#parts, this.#stop.signal, async () => await this.#takeRevived())
      : undefined;
    await Promise.all([...folders, revived]);
  }

  #offer({ record, dueAt }: OpenInbound): void {
    const place = placeOf(record.metadata);
    const folder = this.#folderOf(place);
    const facts = messageFacts(record, async (attachment) => {
      if (folder) return await folder.open(place, attachment);
      throw new MailGoneError(`the folder ${place.folder} is no longer configured: the attachment is out of reach`);
    });
    this.#delivery.offer(facts, { dueAt });
  }

  #folderOf({ folder }: MailPlace): FolderInbox | undefined {
    return this.#folders.find((one) => one.folder === folder);
  }

  async #acknowledge(id: string, when: "now" | "soon"): Promise<void> {
    if (this.#state !== "closed" || this.#isDurable) return await this.#acks.settle(id, when);
    // Nothing is left to write it down, or to set \Seen with.
    const error = new ClosedError("The channel is closed: this mail cannot be acked any more, and comes again.");
    if (when === "now") throw error;
    this.#parts.logger.log("warn", error.message, { id });
  }

  async #flag(places: readonly MailPlace[], when: "now" | "soon"): Promise<void> {
    await Promise.all(places.map(async (place) => await this.#folderOf(place)?.acknowledge(place, when)));
  }

  async #takeRevived(): Promise<void> {
    for (const open of await this.#store.inbox.revived()) this.#offer(open);
    await this.#sender.lookForRevived();
  }

  async #runFolder(folder: FolderInbox): Promise<void> {
    try {
      await folder.run(this.#stop.signal);
    } catch (error) {
      this.#fail(error, { folder: folder.folder });
    }
  }

  #fail(error: unknown, fields: Record<string, unknown>): void {
    this.#parts.logger.log("error", "the channel stops", { ...fields, error: errorText(error) });
    this.#state = "stopped";
    this.#delivery.fail(error);
    this.#stop.abort();
  }

  async #close(drainMs: number): Promise<void> {
    this.#delivery.end();
    try {
      await this.#sender.drain(drainMs);
      // Who has just got the receipt for an answer may still ack the mail: after the logout that would be lost.
      await within(this.#parts.clock, Math.min(drainMs, MAX_HANDS_MS), this.#delivery.handsEmpty());
      await this.#acks.flush();
      this.#stop.abort();
      this.#parts.verifier.close();
      await within(this.#parts.clock, MAX_GOODBYE_MS, Promise.resolve(this.#running));
      await this.#sender[Symbol.asyncDispose]();
      await this.#parts.reader[Symbol.asyncDispose]();
    } catch (error) {
      this.#parts.logger.log("error", "closing was not clean", { error: errorText(error) });
    }
    this.#state = "closed";
  }
}
