import type { Readable } from "node:stream";
import type { AccountConfig } from "../config/schema.ts";
import type { Session } from "../domain/message.ts";
import type { MessageFacts } from "../inbox/deliver.ts";
import type { Arrived } from "../inbox/intake.ts";
import type { ParsedMail, SavedAttachment } from "../parse/parse-mail.ts";

export type OpenAttachment = (attachment: SavedAttachment) => Promise<Readable>;

/** What the bot gets of a mail: the same on every delivery. */
export function messageFacts(
  account: AccountConfig,
  mail: Arrived,
  parsed: ParsedMail,
  open: OpenAttachment,
): MessageFacts {
  const { metadata, senderName } = parsed;
  return {
    id: messageId(metadata),
    session: session(mail.address, parsed.threadId, account.sessionBy),
    text: account.quotedText === "keep" ? parsed.fullText : parsed.text,
    fullText: parsed.fullText,
    receivedAt: mail.receivedAt,
    sender: { address: mail.address, ...(senderName ? { name: senderName } : {}), verification: "unverified" },
    attachments: parsed.attachments.map((attachment) => ({ ...attachment, open: async () => await open(attachment) })),
    metadata: { ...metadata, email_from: mail.address },
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

function session(senderId: string, threadId: string, sessionBy: AccountConfig["sessionBy"]): Session {
  const id = sessionBy === "thread" ? `email:${senderId}:${threadId}` : `email:${senderId}`;
  return { channel: "email", senderId, threadId, id };
}
