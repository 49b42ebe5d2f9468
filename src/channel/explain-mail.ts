import { randomBytes } from "node:crypto";
import type { AccountConfig } from "../config/schema.ts";
import { ChannelError, DnsError, errorText } from "../domain/errors.ts";
import type { Session, Verification } from "../domain/message.ts";
import type { MessageRecord } from "../domain/store.ts";
import { headerEnd } from "../domain/header-end.ts";
import { MailReader } from "../parse/mail-reader.ts";
import type { ResolveText } from "../policy/dns-texts.ts";
import { readFrom } from "../policy/from-header.ts";
import { readHeaderFields } from "../policy/header-fields.ts";
import type { Clock } from "../runtime/clock.ts";
import { silentLogger } from "../runtime/logger.ts";
import { type Judge, type Judgement, judgeMail, type MailInHand } from "./judge-mail.ts";
import { policyOf } from "./rules.ts";
import { Screening } from "./screening.ts";
import { SenderVerifiers } from "./sender-verifiers.ts";

/** What the channel would do with a mail, and why. JSON-safe. */
export interface Explanation {
  /** `quarantine`: it cannot be read; the channel would try again, and again. */
  readonly decision: "accept" | "refuse" | "quarantine";
  /** Stable. `accepted`, the reason of the refusal, or the code of what failed. */
  readonly reason: string;
  /** Which header or rule decided, what failed, or why the sender counts as verified or not. */
  readonly detail: string;
  readonly sender: { readonly address: string | null; readonly verification: Verification };
  /** Null unless it is accepted; the texts are empty then: of a refused mail nothing but the header is read. */
  readonly session: Session | null;
  readonly subject: string;
  readonly text: string;
  readonly fullText: string;
  /** Text that a person would not have seen. */
  readonly removed: NonNullable<MessageRecord["removed"]>;
  /** `path` is where the channel would save it; nothing is saved here. */
  readonly attachments: MessageRecord["attachments"];
  readonly ms: number;
}

export interface MailToExplain {
  readonly content: AsyncIterable<Buffer> | Buffer;
  readonly receivedAt: Date;
  /** Stands for the UID. */
  readonly number: number;
}

/** Judges mails as the channel of this account would, without any mail server, and without leaving a trace. */
export class MailExplainer implements AsyncDisposable {
  readonly #account: AccountConfig;
  readonly #clock: Clock;
  readonly #judge: Judge;
  readonly #asksDns: boolean;

  /** `dns`: of whom DKIM keys and DMARC policies are asked; with `nobody`, `auto` lets in what only they could tell. */
  constructor(account: AccountConfig, { clock, dns }: { clock: Clock; dns: ResolveText | "system" | "nobody" }) {
    this.#account = account;
    this.#clock = clock;
    this.#asksDns = dns !== "nobody";
    const resolve = dns === "system" ? undefined : dns === "nobody" ? refuseToAsk : dns;
    const policy = policyOf(account);
    this.#judge = {
      account,
      policy,
      verifier: new SenderVerifiers(resolve).for(account),
      screening: new Screening({ policy: () => policy, ...NOTHING_SENT, logger: silentLogger }),
      reader: new MailReader(clock),
      discardAttachments: true,
    };
  }

  /** Rejects only with what the content itself rejects with. */
  async explain({ content, receivedAt, number }: MailToExplain): Promise<Explanation> {
    const startedAt = this.#clock.monotonic();
    const { maxMessageBytes, folders } = this.#account;
    const mail = Buffer.isBuffer(content) ? content.subarray(0, maxMessageBytes) : await upTo(maxMessageBytes, content);
    // A copy: the mail may be moved to another thread.
    const header = Buffer.from(mail.subarray(0, headerEnd(mail)));
    const place = { folder: folders[0] ?? "INBOX", uidValidity: "0", uid: number };
    const said = await this.#explained({
      place,
      receivedAt,
      header,
      proof: undefined,
      content: mail,
      isScreened: false,
    });
    return { ...said, ms: Math.round((this.#clock.monotonic() - startedAt) * 1_000) / 1_000 };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#judge.verifier.close();
    await this.#judge.reader[Symbol.asyncDispose]();
  }

  async #explained(mail: UnseenMail): Promise<Omit<Explanation, "ms">> {
    const address = addressIn(mail.header);
    try {
      const judgement = await this.#judged(mail);
      if (judgement.verdict === "accept") return accepted(judgement.record);
      const { reason, detail } = judgement;
      const verification = FORGED.has(reason) ? "failed" : "unverified";
      return { decision: "refuse", reason, detail, sender: { address, verification }, ...UNREAD };
    } catch (error) {
      const sender = { address, verification: "unverified" as const };
      return { decision: "quarantine", reason: reasonOf(error), detail: errorText(error), sender, ...UNREAD };
    }
  }

  async #judged(mail: UnseenMail): Promise<Judgement> {
    try {
      return await judgeMail(mail, this.#judge);
    } catch (error) {
      const mayPass = !this.#asksDns && this.#account.senderVerification === "auto";
      if (!mayPass || !(error instanceof DnsError)) throw error;
      return await judgeMail({ ...mail, proof: NOT_CHECKED, admission: undefined }, this.#judge);
    }
  }
}

type UnseenMail = Extract<MailInHand, { isScreened: false }>;

/** Without a store nobody knows what the bot has sent: mail of its own is told by its address alone. */
const NOTHING_SENT = {
  sent: { has: async () => false, returned: async () => false },
  secret: async () => randomBytes(32),
};

const NOT_CHECKED = { verification: "unverified", reason: "not-checked" } as const;

/** Somebody else wrote it, or it cannot be told who did though it should be. */
const FORGED: ReadonlySet<string> = new Set(["results-forged", "results-failed", "dmarc-failed", "not-verified"]);

async function refuseToAsk(): Promise<never> {
  throw new Error("the DNS is not asked here; --dns allows it");
}

const UNREAD = { session: null, subject: "", text: "", fullText: "", removed: [], attachments: [] };

function accepted(record: MessageRecord): Omit<Explanation, "ms"> {
  const { session, text, fullText, sender, attachments, metadata } = record;
  const { address, verification } = sender;
  return {
    decision: "accept",
    reason: "accepted",
    detail: sender.reason ?? "",
    sender: { address, verification },
    session,
    subject: metadata.email_subject,
    text,
    fullText,
    removed: record.removed ?? [],
    attachments,
  };
}

/** What From says, whether or not it may talk to the bot; null when it does not say one thing. */
function addressIn(header: Uint8Array): string | null {
  const from = readFrom(readHeaderFields(header));
  return from.verdict === "accept" ? from.address : null;
}

function reasonOf(error: unknown): string {
  return error instanceof ChannelError ? error.code.toLowerCase().replaceAll("_", "-") : "unreadable";
}

/** No more of it than the channel would take. */
async function upTo(maxBytes: number, content: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of content) {
    chunks.push(chunk.subarray(0, maxBytes - bytes));
    bytes += chunk.length;
    if (bytes >= maxBytes) break;
  }
  return Buffer.concat(chunks);
}
