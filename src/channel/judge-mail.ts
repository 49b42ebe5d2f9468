import type { AccountConfig } from "../config/schema.ts";
import type { MailPlace, MessageRecord } from "../domain/store.ts";
import type { Arrived } from "../inbox/mail-source.ts";
import type { MailReader } from "../parse/mail-reader.ts";
import type { LargeMailParts, ParsedMail, ParseOptions } from "../parse/parse-mail.ts";
import { type PolicyOptions, decide } from "../policy/decide.ts";
import type { Refused } from "../policy/decision.ts";
import { judgeMail as proveSender } from "../policy/judge-mail.ts";
import type { SenderVerifier } from "../policy/verify-sender.ts";
import { Admitted } from "./admitted.ts";
import { messageRecord } from "./message-facts.ts";
import type { Screening } from "./screening.ts";

/** A mail in hand, wherever it came from. */
export type MailInHand = {
  readonly place: MailPlace;
  readonly receivedAt: Date;
  /** The whole header block, with its last line break. */
  readonly header: Uint8Array;
} & (
  | {
      /** Who wrote it, where that has been told already, on the way. */
      readonly proof: Arrived["proof"];
      /** The whole mail, header included; of one that is too large to download, its text parts. May be moved to a thread. */
      readonly content: Uint8Array | AsyncIterable<Uint8Array> | LargeMailParts;
      readonly admission: Arrived["admission"];
      /** True: its body has been looked at on the way, too. */
      readonly isScreened: true;
    }
  | { readonly proof: undefined; readonly content: Buffer; readonly isScreened: false }
  | {
      readonly proof: Arrived["proof"];
      readonly content: Buffer;
      readonly admission: Arrived["admission"];
      readonly isScreened: false;
    }
);

export type Judgement =
  | {
      readonly verdict: "accept";
      readonly record: MessageRecord;
      readonly fingerprint: string;
      /** As it was read; the mail's own bytes may be on another thread by now. */
      readonly header: Uint8Array;
    }
  | Refused;

export interface Judge {
  readonly account: AccountConfig;
  readonly policy: PolicyOptions;
  readonly verifier: SenderVerifier;
  readonly screening: Screening;
  readonly reader: MailReader;
  /** True: attachments are measured and named, and not written to disk. */
  readonly discardAttachments: boolean;
}

/**
 * What becomes of one mail: may its sender talk to the bot, is that who wrote it, and what does the bot get to read. By the
 * rules of this moment, for a mail from the server and for one from a file (`mailport explain`) alike.
 *
 * Rejects when the mail cannot be judged now: DnsError, StorageError when an attachment cannot be written, else the source's
 * or the reader's error. The same mail may then be tried again.
 */
export async function judgeMail(mail: MailInHand, judge: Judge): Promise<Judgement> {
  const sender = await judgeSender(mail, judge);
  if (sender.verdict === "refuse") return sender;
  const refused = mail.isScreened ? undefined : await judge.screening.judge(mail.content);
  if (refused) return refused;
  const { address, proof } = sender;
  // Before it may be moved to another thread.
  const sign = mail.content instanceof Uint8Array ? judge.screening.automaticSign(mail.content) : undefined;
  const parsed = await readContent(mail, judge);
  const automatic = sign ?? judge.screening.automaticSign(parsed.rawHeader);
  const record = messageRecord(judge.account, { address, proof, receivedAt: mail.receivedAt }, parsed, automatic);
  return { verdict: "accept", record, fingerprint: parsed.fingerprint, header: parsed.rawHeader };
}

async function judgeSender(mail: MailInHand, { policy, verifier }: Judge): Promise<SenderJudgement> {
  if (mail.proof === undefined) return await proveSender(mail.content, mail.receivedAt, { policy, verifier });
  const { admission } = mail;
  // Still by the rules of now.
  if (admission instanceof Admitted && admission.policy === policy)
    return { verdict: "accept", address: admission.address, proof: mail.proof };
  const decision = decide(mail.header, policy);
  return decision.verdict === "refuse" ? decision : { ...decision, proof: mail.proof };
}

type SenderJudgement =
  Refused | { readonly verdict: "accept"; readonly address: string; readonly proof: Arrived["proof"] };

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
