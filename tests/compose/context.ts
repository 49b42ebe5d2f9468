import type { ComposeContext } from "../../src/compose/compose-mail.ts";
import { PLAIN_LOOK } from "../../src/compose/look.ts";
import type { EmailMetadata, OutboundMessage } from "../../src/domain/message.ts";

export const MESSAGE_ID = "<0d9f6f3e@bot.example>";

export const LOOP_TAG = "0123456789abcdef01234567.0123456789abcdef0123456789abcdef";

export function context(changes: Partial<ComposeContext> = {}): ComposeContext {
  return {
    account: "work",
    from: { address: "bot@bot.example", name: "The Bot" },
    messageId: MESSAGE_ID,
    loopTag: LOOP_TAG,
    date: new Date("2026-01-05T09:00:00Z"),
    ownAddresses: ["bot@bot.example"],
    mayReceive: () => true,
    maxMarkdownBytes: 256 * 1024,
    attachmentLimits: { maxCount: 20, maxTotalBytes: 25 * 1024 * 1024, attachFrom: ["/"] },
    look: PLAIN_LOOK,
    original: undefined,
    ...changes,
  };
}

export function metadata(changes: Partial<EmailMetadata> = {}): Partial<EmailMetadata> {
  return {
    email_message_id: "<q1@ann.example>",
    email_subject: "Lunch",
    email_references: "",
    email_in_reply_to: "",
    ...changes,
  };
}

export function message(changes: Partial<OutboundMessage> = {}): OutboundMessage {
  return { session: { channel: "email", senderId: "ann@ann.example" }, text: "Hello", ...changes };
}

export function reply(changes: Partial<OutboundMessage> = {}): OutboundMessage {
  return message({ metadata: metadata(), ...changes });
}
