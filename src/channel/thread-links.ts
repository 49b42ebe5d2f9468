import type { AccountConfig } from "../config/schema.ts";
import { messageIds } from "../domain/message-id.ts";
import type { MessageRecord, ThreadLinks } from "../domain/store.ts";
import { readHeaderFields, valuesOf } from "../policy/header-fields.ts";
import { session } from "./message-facts.ts";

/** Ids of earlier mails that are remembered of one mail; the rest was remembered with those. */
const MAX_NAMES = 20;

/**
 * How a mail is found to belong to a conversation: by the mails that it names (RFC 5322 section 3.6.4), and where none of
 * them is known by Outlook's Thread-Index.
 */
export function threadLinks(
  record: MessageRecord,
  header: Uint8Array,
  sessionBy: AccountConfig["sessionBy"],
): ThreadLinks {
  const { metadata } = record;
  const { senderId } = record.session;
  const before = [
    ...messageIds(metadata.email_references).toReversed(),
    ...messageIds(metadata.email_in_reply_to).toReversed(),
  ];
  const conversation = conversationOf(threadIndexIn(header));
  // Of the same sender only: whoever has got a mail knows its index, and could join what was never written to him.
  const index = conversation === undefined ? [] : [`thread-index:${senderId}:${conversation}`];
  const known = [...new Set(before)];
  return {
    known: [...known, ...index],
    names: [metadata.email_message_id, record.session.threadId, ...known.slice(0, MAX_NAMES), ...index],
    moved: (root) => ({ ...record, session: session(senderId, root, sessionBy) }),
  };
}

function threadIndexIn(header: Uint8Array): string | undefined {
  const text = Buffer.from(header.buffer, header.byteOffset, header.byteLength).toString("latin1");
  // Most mails have none, and are spared the reading.
  return /^thread-index:/im.test(text) ? valuesOf(readHeaderFields(header), "thread-index")[0] : undefined;
}

/** A reserved byte, the time and a GUID, the same in every mail of a conversation (MS-OXOMSG section 2.2.1.3). */
const CONVERSATION_BYTES = 22;

function conversationOf(threadIndex = ""): string | undefined {
  const bytes = Buffer.from(threadIndex.slice(0, 200), "base64");
  return bytes.length >= CONVERSATION_BYTES && bytes[0] === 1
    ? bytes.toString("base64url", 0, CONVERSATION_BYTES)
    : undefined;
}
