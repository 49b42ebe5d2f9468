import type { Readable } from "node:stream";

/** Who talks, and in which conversation. */
export interface Session {
  readonly channel: "email";
  /** Bare lower-case address, display name stripped. */
  readonly senderId: string;
  /** Message-ID of the first mail of the conversation, with its angle brackets. */
  readonly threadId: string;
  /** `email:<senderId>`, or `email:<senderId>:<threadId>` with `sessionBy: "thread"`. */
  readonly id: string;
}

export type Verification = "verified" | "unverified" | "failed";

/**
 * Why a sender counts as verified: a trusted server says so, or a DKIM signature was checked here; or why not: nobody
 * wanted it (`not-checked`), the domain has no DMARC policy (`no-dmarc`), or can have none (`reserved-domain`).
 */
export type VerificationReason = "authentication-results" | "dkim" | "not-checked" | "no-dmarc" | "reserved-domain";

export interface Sender {
  readonly address: string;
  readonly name?: string;
  readonly verification: Verification;
  /** Absent on messages that an earlier version has stored. */
  readonly reason?: VerificationReason;
}

/** JSON-safe. Handed back in `OutboundMessage.metadata` it makes a threaded reply. */
export interface EmailMetadata {
  /** `<abc@host>`; made up, and the same each time, when the mail had none. */
  email_message_id: string;
  /** Decoded, without `Re:`, `AW:`, `SV:` and their like. */
  email_subject: string;
  email_from: string;
  /** Space-separated Message-IDs, may be empty. */
  email_references: string;
  /** May be empty. */
  email_in_reply_to: string;
  email_to: string[];
  email_cc: string[];
  email_reply_to: string[];
  /** ISO 8601 of the Date header, empty when absent or unreadable. */
  email_date: string;
  email_account: string;
  email_folder: string;
  email_uid: number;
  email_uid_validity: string;
  email_signature_type: "pgp" | "smime" | null;
  /** What could not be read as it should, by stable names; empty for a well-formed mail. */
  email_defects: string[];
  /** What shows that the mail is automatic (`automaticMail: "deliver"`): a reply to it is not sent. Absent for a person's. */
  email_automatic?: string;
}

/** `ambiguous`: the mail can be read in two ways (`email_defects` says why), so that what others see in it may be another file. */
export type RefusedAttachment = "too-large" | "type-not-allowed" | "too-many" | "ambiguous";

export interface InboundAttachment {
  /** Decoded (RFC 2047, RFC 2231), as the sender named it. For people to read, never a path. */
  readonly filename: string;
  readonly contentType: string;
  /** Decoded bytes; an estimate from the encoded size while the attachment is on the server only. */
  readonly size: number;
  /** Of the decoded bytes, in hex; empty while the attachment is on the server only. */
  readonly sha256: string;
  readonly contentId?: string;
  readonly inline: boolean;
  /** IMAP section number, `1.2` (RFC 3501 section 6.4.5). */
  readonly section: string;
  /** An invitation, a contact or a mail on one line: what its sender says, and nothing to believe. */
  readonly description?: string;
  /** Where it was saved; absent when it was refused or left on the server. */
  readonly path?: string;
  readonly refused?: RefusedAttachment;
  /** The decoded bytes: the saved file, or fetched from the server now. Rejects when the mail is gone. */
  open(): Promise<Readable>;
}

/** Text of a mail that a person reading it would not see, and which the bot is not given. */
export interface RemovedText {
  /** Why nobody sees it; a stable name such as `display-none`, `tiny-text` or `zero-width`. */
  readonly reason: string;
  /** How much of it there was; never what it said. */
  readonly chars: number;
}

export interface InboundMessage {
  /** The same on every redelivery of the same mail. */
  readonly id: string;
  readonly session: Session;
  /** What the person newly wrote, then one line per attachment. */
  readonly text: string;
  /** The same with quoted history and signature still in it. */
  readonly fullText: string;
  /** What was taken out of text, subject and sender's name because nobody would see it; empty for nearly all mail from people. */
  readonly removed: readonly RemovedText[];
  /** When the server received it (IMAP INTERNALDATE). */
  readonly receivedAt: Date;
  readonly sender: Sender;
  readonly attachments: readonly InboundAttachment[];
  readonly metadata: EmailMetadata;
  /** 1 the first time, more when the mail comes again. */
  readonly deliveries: number;
  /** Dealt with: never comes again. */
  ack(): Promise<void>;
  /** Comes again later, with back-off. */
  nack(options?: NackOptions): Promise<void>;
  /** `send()` with this mail's session and metadata. */
  reply(markdown: string, options?: Partial<OutboundMessage>): Promise<SendReceipt>;
}

export interface NackOptions {
  retryAfterMs?: number;
  reason?: string;
}

/** A file (`path`) or bytes (`content` with a `filename`); with a `contentId` it is shown inline. */
export type OutboundAttachment = { contentType?: string; contentId?: string } & (
  | { path: string; filename?: string; content?: never }
  | { content: Uint8Array | string; filename: string; path?: never }
);

export interface OutboundMessage {
  session: Pick<Session, "channel" | "senderId"> & Partial<Session>;
  /** Markdown. */
  text: string;
  /** One path, for ports that know only one. */
  attachment?: string;
  attachments?: OutboundAttachment[];
  /** The inbound mail's: makes it a reply. */
  metadata?: Partial<EmailMetadata>;
  subject?: string;
  to?: string[];
  cc?: string[];
  bcc?: string[];
  replyAll?: boolean;
  /** Default for a reply: derived from the inbound id and the number of the reply to it. */
  idempotencyKey?: string;
}

export interface RejectedRecipient {
  address: string;
  reason: string;
  permanent: boolean;
}

export interface SendReceipt {
  /** Fixed before the first attempt and the same on every retry. */
  messageId: string;
  status: "sent" | "queued" | "failed" | "duplicate" | "suppressed";
  accepted: string[];
  rejected: RejectedRecipient[];
  retryable?: boolean;
  retryAfterMs?: number;
  error?: { code: string; message: string };
}
