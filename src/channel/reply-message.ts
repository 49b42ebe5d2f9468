import type { InboundMessage, OutboundMessage } from "../domain/message.ts";

/** What `message.reply()` sends. */
export function replyTo(
  { session, metadata }: InboundMessage,
  markdown: string,
  options: Partial<OutboundMessage> = {},
): OutboundMessage {
  return { ...options, session, metadata: { ...metadata, ...options.metadata }, text: markdown };
}
