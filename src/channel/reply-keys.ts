import { createHash, randomUUID } from "node:crypto";
import { namesPlace } from "../domain/mail-place.ts";
import type { EmailMetadata, OutboundMessage } from "../domain/message.ts";
import { messageId } from "./message-facts.ts";

/** Inbound mails whose replies are counted; a redelivery of an older one can be answered anew. */
const MAX_COUNTED = 10_000;

/**
 * Which sends are the same send: the n-th reply to a mail has the same key in every delivery of it, so that a bot that
 * is given a mail again does not answer it twice.
 */
export class ReplyKeys {
  readonly #replies = new Map<string, number>();

  keyOf({ idempotencyKey, metadata }: OutboundMessage): string {
    if (idempotencyKey !== undefined) return `given:${idempotencyKey}`;
    const inbound = inboundId(metadata);
    if (inbound === undefined) return `new:${randomUUID()}`;
    const n = (this.#replies.get(inbound) ?? 0) + 1;
    this.#replies.delete(inbound);
    this.#replies.set(inbound, n);
    const [oldest] = this.#replies.keys();
    if (this.#replies.size > MAX_COUNTED && oldest !== undefined) this.#replies.delete(oldest);
    return replyKey(inbound, n);
  }

  /** A new delivery of this mail begins: its first reply is the first again. */
  startAgain(inbound: string): void {
    this.#replies.delete(inbound);
  }
}

/** The key of the n-th reply to this mail. */
export function replyKey(inbound: string, n: number): string {
  return `reply:${createHash("sha256").update(inbound).digest("hex").slice(0, 32)}:${n}`;
}

/** The inbound mail that the metadata is of: by its place, or by its Message-ID when a bot kept no more. */
export function inboundId(metadata: Partial<EmailMetadata> | undefined): string | undefined {
  if (!metadata?.email_message_id) return undefined;
  return namesPlace(metadata) ? messageId(metadata) : metadata.email_message_id;
}
