import type { Readable } from "node:stream";
import type { AccountConfig } from "../config/schema.ts";
import type { Session } from "../domain/message.ts";
import type { MessageRecord } from "../domain/store.ts";
import type { MessageFacts } from "../inbox/delivery-options.ts";
import type { Arrived } from "../inbox/mail-source.ts";
import type { ParsedMail } from "../parse/parse-mail.ts";

type StoredAttachment = MessageRecord["attachments"][number];

export type OpenAttachment = (attachment: StoredAttachment) => Promise<Readable>;

/** What the bot gets of a mail, as it is kept: the same on every delivery. */
export function messageRecord(
  account: AccountConfig,
  mail: Pick<Arrived, "address" | "receivedAt" | "proof">,
  parsed: ParsedMail,
  automatic: string | undefined,
): MessageRecord {
  const { metadata, senderName } = parsed;
  return {
    id: messageId(metadata),
    session: session(mail.address, parsed.threadId, account.sessionBy),
    text: account.quotedText === "keep" ? parsed.fullText : parsed.text,
    fullText: parsed.fullText,
    removed: parsed.removed,
    receivedAt: mail.receivedAt.toISOString(),
    sender: {
      address: mail.address,
      ...(senderName ? { name: senderName } : {}),
      verification: mail.proof.verification,
      reason: mail.proof.reason,
    },
    attachments: parsed.attachments,
    metadata: { ...metadata, email_from: mail.address, ...(automatic ? { email_automatic: automatic } : {}) },
  };
}

/** The same with what no store can keep. */
export function messageFacts(record: MessageRecord, open: OpenAttachment): MessageFacts {
  return {
    ...record,
    removed: record.removed ?? [],
    receivedAt: new Date(record.receivedAt),
    attachments: record.attachments.map((attachment) => ({ ...attachment, open: async () => await open(attachment) })),
  };
}

/** `account/folder/UIDVALIDITY/UID`: names one mail for ever (RFC 3501 section 2.3.1.1). */
export function messageId(mail: {
  email_account: string;
  email_folder: string;
  email_uid_validity: string;
  email_uid: number;
}): string {
  return `${mail.email_account}/${mail.email_folder}/${mail.email_uid_validity}/${mail.email_uid}`;
}

export function session(senderId: string, threadId: string, sessionBy: AccountConfig["sessionBy"]): Session {
  const id = sessionBy === "thread" ? `email:${senderId}:${threadId}` : `email:${senderId}`;
  return { channel: "email", senderId, threadId, id };
}
