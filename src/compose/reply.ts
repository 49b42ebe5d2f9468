import type { EmailMetadata } from "../domain/message.ts";
import { replySubject } from "./subject.ts";
import { type ThreadHeaders, threadUnder } from "./threading.ts";

export interface ReplyHeaders extends ThreadHeaders {
  readonly subject: string;
}

/** Headers that place an answer under the mail it answers; undefined when the metadata names no mail. */
export function replyHeaders(metadata: Partial<EmailMetadata> | undefined): ReplyHeaders | undefined {
  if (!metadata?.email_message_id) return undefined;
  const thread = threadUnder({
    messageId: metadata.email_message_id,
    references: metadata.email_references,
    inReplyTo: metadata.email_in_reply_to,
  });
  return { ...thread, subject: replySubject(metadata.email_subject ?? "") };
}
