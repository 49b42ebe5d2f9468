import type { AccountConfig } from "../config/schema.ts";
import { ChannelError, errorText } from "../domain/errors.ts";
import type { Session, Verification } from "../domain/message.ts";
import type { MessageRecord } from "../domain/store.ts";
import { headerEnd } from "../inbox/header-end.ts";
import { SLICE_BYTES } from "../inbox/slices.ts";
import { MailReader } from "../parse/mail-reader.ts";
import { readFrom } from "../policy/from-header.ts";
import { readHeaderFields } from "../policy/header-fields.ts";
import type { Clock } from "../runtime/clock.ts";
import { judgeMail } from "./judge-mail.ts";
import { policyOf } from "./rules.ts";

/** What the channel would do with a mail, and why. JSON-safe. */
export interface Explanation {
  /** `quarantine`: it cannot be read; the channel would try again, and again. */
  readonly decision: "accept" | "refuse" | "quarantine";
  /** Stable. `accepted`, the reason of the refusal, or the code of what failed. */
  readonly reason: string;
  /** Which header or rule decided, or what failed; may be empty. */
  readonly detail: string;
  readonly sender: { readonly address: string | null; readonly verification: Verification };
  /** Null unless it is accepted; the texts are empty then: of a refused mail nothing but the header is read. */
  readonly session: Session | null;
  readonly subject: string;
  readonly text: string;
  readonly fullText: string;
  /** Text that a person would not have seen. */
  readonly removed: readonly unknown[];
  /** `path` is where the channel would save it; nothing is saved here. */
  readonly attachments: MessageRecord["attachments"];
  readonly ms: number;
}

export interface MailToExplain {
  readonly content: Buffer | AsyncIterable<Buffer>;
  readonly receivedAt: Date;
  /** Stands for the UID. */
  readonly number: number;
}

/** Judges mails as the channel of this account would, without any server, and without leaving a trace. */
export class MailExplainer implements AsyncDisposable {
  readonly #account: AccountConfig;
  readonly #clock: Clock;
  readonly #reader: MailReader;
  readonly #policy: ReturnType<typeof policyOf>;

  constructor(account: AccountConfig, clock: Clock) {
    this.#account = account;
    this.#clock = clock;
    this.#reader = new MailReader(clock);
    this.#policy = policyOf(account);
  }

  /** Rejects only with what the content itself rejects with. */
  async explain({ content, receivedAt, number }: MailToExplain): Promise<Explanation> {
    const startedAt = this.#clock.monotonic();
    const source = await openSource(content, this.#account.maxMessageBytes);
    const said = await this.#judge(source, { receivedAt, number });
    return { ...said, ms: Math.round((this.#clock.monotonic() - startedAt) * 1_000) / 1_000 };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reader[Symbol.asyncDispose]();
  }

  async #judge(
    source: Source,
    { receivedAt, number }: Pick<MailToExplain, "receivedAt" | "number">,
  ): Promise<Omit<Explanation, "ms">> {
    const { header, content } = source;
    const sender = { address: addressIn(header), verification: "unverified" as const };
    const judge = {
      account: this.#account,
      policy: this.#policy,
      reader: this.#reader,
      discardAttachments: true,
    };
    const place = { folder: this.#account.folders[0] ?? "INBOX", uidValidity: "0", uid: number };
    try {
      const judgement = await judgeMail({ place, receivedAt, header, content }, judge);
      if (judgement.verdict === "accept") return accepted(judgement.record);
      return { decision: "refuse", reason: judgement.reason, detail: judgement.detail, sender, ...UNREAD };
    } catch (error) {
      if (source.failure) throw source.failure.error;
      return { decision: "quarantine", reason: reasonOf(error), detail: errorText(error), sender, ...UNREAD };
    }
  }
}

const UNREAD = { session: null, subject: "", text: "", fullText: "", removed: [], attachments: [] };

function accepted(record: MessageRecord): Omit<Explanation, "ms"> {
  const { session, text, fullText, sender, attachments, metadata } = record;
  const { address, verification } = sender;
  return {
    decision: "accept",
    reason: "accepted",
    detail: "",
    sender: { address, verification },
    session,
    subject: metadata.email_subject,
    text,
    fullText,
    removed: "removed" in record && Array.isArray(record.removed) ? record.removed : [],
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

interface Source {
  readonly header: Buffer;
  readonly content: Buffer | AsyncIterable<Buffer>;
  /** What the content rejected with while it was read. */
  failure: { readonly error: unknown } | undefined;
}

/** The header, and the content whole or still to come; no more of it than the channel would take. */
async function openSource(content: Buffer | AsyncIterable<Buffer>, maxBytes: number): Promise<Source> {
  if (Buffer.isBuffer(content)) return sourceOf(content, content.subarray(0, maxBytes));
  const chunks = content[Symbol.asyncIterator]();
  const start: Buffer[] = [];
  for (let bytes = 0; bytes < SLICE_BYTES;) {
    const { value, done } = await chunks.next();
    if (done) return await openSource(Buffer.concat(start), maxBytes);
    start.push(value);
    bytes += value.length;
  }
  const first = Buffer.concat(start);
  const source: Source = sourceOf(first, {
    [Symbol.asyncIterator]: () => upTo(maxBytes, first, chunks, (error) => (source.failure = { error })),
  });
  return source;
}

function sourceOf(first: Buffer, content: Source["content"]): Source {
  // A copy: the content may be moved to another thread.
  return { header: Buffer.from(first.subarray(0, headerEnd(first))), content, failure: undefined };
}

async function* upTo(
  maxBytes: number,
  first: Buffer,
  chunks: AsyncIterator<Buffer>,
  onFailure: (error: unknown) => void,
): AsyncGenerator<Buffer, void> {
  let leftBytes = maxBytes;
  try {
    for (let chunk: Buffer | undefined = first; chunk !== undefined && leftBytes > 0;) {
      yield Buffer.from(chunk.subarray(0, leftBytes));
      leftBytes -= chunk.length;
      chunk = (await chunks.next()).value;
    }
  } catch (error) {
    onFailure(error);
    throw error;
  } finally {
    await chunks.return?.();
  }
}
