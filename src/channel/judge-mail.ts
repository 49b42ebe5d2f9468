import type { AccountConfig } from "../config/schema.ts";
import type { MailPlace, MessageRecord } from "../domain/store.ts";
import type { MailReader } from "../parse/mail-reader.ts";
import type { LargeMailParts, ParsedMail, ParseOptions } from "../parse/parse-mail.ts";
import { type PolicyOptions, decide } from "../policy/decide.ts";
import type { Refused } from "../policy/decision.ts";
import { messageRecord } from "./message-facts.ts";

/** A mail in hand, wherever it came from. */
export interface MailInHand {
  readonly place: MailPlace;
  readonly receivedAt: Date;
  /** The whole header block, with its last line break. */
  readonly header: Uint8Array;
  /** The whole mail, header included; of one that is too large to download, its text parts. May be moved to a thread. */
  readonly content: Uint8Array | AsyncIterable<Uint8Array> | LargeMailParts;
}

export type Judgement =
  { readonly verdict: "accept"; readonly record: MessageRecord; readonly fingerprint: string } | Refused;

export interface Judge {
  readonly account: AccountConfig;
  readonly policy: PolicyOptions;
  readonly reader: MailReader;
  /** True: attachments are measured and named, and not written to disk. */
  readonly discardAttachments: boolean;
}

/**
 * What becomes of one mail: may its sender talk to the bot, and what does the bot get to read. By the rules of this moment,
 * for a mail from the server and for one from a file (`mailport explain`) alike.
 *
 * Rejects when the mail cannot be read now: StorageError when an attachment cannot be written, else the source's or the
 * reader's error. The same mail may then be tried again.
 */
export async function judgeMail(mail: MailInHand, judge: Judge): Promise<Judgement> {
  const decision = decide(mail.header, judge.policy);
  if (decision.verdict === "refuse") return decision;
  const parsed = await readContent(mail, judge);
  const sender = { address: decision.address, receivedAt: mail.receivedAt };
  return {
    verdict: "accept",
    record: messageRecord(judge.account, sender, parsed),
    fingerprint: parsed.fingerprint,
  };
}

async function readContent(
  { place, receivedAt, content }: MailInHand,
  { account, reader, discardAttachments }: Judge,
): Promise<ParsedMail> {
  const options: ParseOptions = {
    attachments: discardAttachments ? { ...account.attachments, discard: true } : account.attachments,
    texts: account.texts,
    origin: { account: account.id, ...place, receivedAt },
  };
  return "structure" in content ? await reader.readLarge(content, options) : await reader.read(content, options);
}
