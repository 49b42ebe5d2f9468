import { InvalidMessageError } from "../domain/errors.ts";
import type { OutboundMessage } from "../domain/message.ts";
import { type Answered, answeredBy, ownAddressNamed } from "./answered.ts";
import { cleanName, type MailAddress, requireAddress } from "./address.ts";
import { type AttachmentLimits, attachmentsOf, type ComposedAttachment } from "./attachments.ts";
import type { Look } from "./look.ts";
import type { OriginalMail } from "./quote-original.ts";
import { recipientsOf } from "./recipients.ts";
import { renderParts } from "./render-parts.ts";
import { replyHeaders } from "./reply.ts";
import { checkShape } from "./shape.ts";
import { givenSubject } from "./subject.ts";

export interface ComposeContext {
  readonly account: string;
  /** The envelope is from this address, so that what comes back comes home; the mail from the one that was written to. */
  readonly from: { readonly address: string; readonly name: string | undefined };
  /** `<…@…>`, the same on every attempt. */
  readonly messageId: string;
  /** Shows us our own mail when it comes back. */
  readonly loopTag: string;
  readonly date: Date;
  /** Every address that is ours: left out of the recipients of `replyAll`. */
  readonly ownAddresses: readonly string[];
  /** Whether policy lets an address that the mail's To or Cc names have the answer (`replyAll` only). */
  readonly mayReceive: (address: string) => boolean;
  readonly maxMarkdownBytes: number;
  readonly attachmentLimits: AttachmentLimits;
  readonly look: Look;
  /** Quoted below the answer; undefined: nothing is. */
  readonly original: OriginalMail | undefined;
}

/** Everything about a mail but its wire format. Nothing in it can end a header or name a further recipient. */
export interface ComposedMail {
  readonly messageId: string;
  readonly date: Date;
  readonly envelope: { readonly from: string; readonly to: readonly string[] };
  readonly headers: MailHeaders;
  /** Whose conversation it answers: the root's Message-ID names it. Undefined for a mail that nobody asked for. */
  readonly answers: Answered | undefined;
  /** Message-ID of the first mail of the conversation; its own when it begins one. */
  readonly thread: string;
  /** As it goes on the wire. */
  readonly text: string;
  /** `flowed`: RFC 3676. */
  readonly textFormat: "flowed" | "fixed";
  readonly html: string;
  readonly attachments: readonly ComposedAttachment[];
}

export interface MailHeaders {
  readonly from: MailAddress;
  readonly to: readonly MailAddress[];
  readonly cc: readonly MailAddress[];
  readonly subject: string;
  readonly inReplyTo: string | undefined;
  readonly references: readonly string[];
  /** RFC 3834 section 5: an answer is `auto-replied`, a mail that nobody asked for `auto-generated`. */
  readonly autoSubmitted: "auto-replied" | "auto-generated";
  readonly loopTag: string;
}

/** Answers are read by people. More is a mistake of the bot, and rendering it would hold up every other mail. */
export const DEFAULT_MAX_MARKDOWN_BYTES: number = 256 * 1024;

/**
 * The mail that the message stands for: a reply when its metadata names the mail it answers, otherwise a new one.
 * @throws InvalidMessageError saying what is wrong and what would be right.
 */
export function composeMail(given: OutboundMessage, context: ComposeContext): ComposedMail {
  const message = checkShape(given);
  const home = requireAddress(context.from.address, "fromAddress");
  const own = ownAddressNamed(message.metadata, [home, ...context.ownAddresses]);
  const from = { address: requireAddress(own, "aliases"), name: cleanName(context.from.name) };
  const { to, cc, bcc } = recipientsOf(message, context);
  const attached = attachmentsOf(message, context.attachmentLimits);
  const reply = replyHeaders(message.metadata);
  const subject = message.subject !== undefined || !reply ? givenSubject(message.subject ?? "") : reply.subject;
  if (message.text.trim() === "" && attached.length === 0) {
    throw new InvalidMessageError(`"text" is empty and nothing is attached. Where no answer is owed, send nothing.`);
  }
  const { look, original, maxMarkdownBytes } = context;
  const ids = contentIds(attached);
  const { messageId } = context;
  const thread = message.session.threadId ?? reply?.references[0] ?? message.metadata?.email_message_id ?? messageId;
  const { shown, ...body } = renderParts({
    markdown: message.text,
    title: subject,
    ids,
    look,
    original,
    maxMarkdownBytes,
  });
  return {
    messageId,
    date: context.date,
    envelope: { from: home, to: [...to, ...cc, ...bcc].map(({ address }) => address) },
    headers: {
      from,
      to,
      cc,
      subject,
      inReplyTo: reply?.inReplyTo,
      references: reply?.references ?? [],
      autoSubmitted: reply ? "auto-replied" : "auto-generated",
      loopTag: context.loopTag,
    },
    answers: reply && answeredBy(message, thread, context.account),
    thread,
    ...body,
    // An inline image that the HTML does not show would be shown by nobody: it goes with the others.
    attachments: attached.map((one) =>
      one.contentId !== undefined && !shown.has(one.contentId) ? { ...one, contentId: undefined } : one,
    ),
  };
}

function contentIds(attachments: readonly ComposedAttachment[]): Set<string> {
  return new Set(attachments.map(({ contentId }) => contentId).filter((id) => id !== undefined));
}
