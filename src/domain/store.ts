import type { InboundAttachment, InboundMessage } from "./message.ts";

/**
 * Where mail is kept between the mail server and the bot, and between the bot and the next mail server. Two of them are
 * here: in memory, where the server's \Seen is the truth and a restart begins anew; and on disk, where everything outlives
 * the process. What resolves has been written: a promise may rest on it.
 *
 * Every member rejects with StorageError when the store cannot be read or written; then nothing of that call has happened.
 */
export interface Store extends AsyncDisposable {
  account(id: string): AccountStore;
  /** Where the attachments lie of the mails, of all accounts, that are not done with: they must not be deleted. */
  attachmentPaths(): Promise<readonly string[]>;
}

/** One account's part of the store. */
export interface AccountStore {
  readonly folders: FolderStore;
  readonly inbox: InboxStore;
  readonly outbox: OutboxStore;
  /** 32 random bytes that only this account has: made when first asked for, and then the same for as long as the store. */
  secret(): Promise<Uint8Array>;
}

/** Names one mail for ever (RFC 3501 section 2.3.1.1). */
export interface MailPlace {
  readonly folder: string;
  readonly uidValidity: string;
  readonly uid: number;
}

/** How far a folder has been dealt with. */
export interface FolderProgress {
  readonly uidValidity: string;
  /** Every mail up to this UID is ours to deal with only if it stands in `backlog`; every mail above it is. */
  readonly startUid: number;
  /** Of the mails up to `startUid`, those that were waiting at the start; ascending. */
  readonly backlog: readonly number[];
  /**
   * Milliseconds since the epoch: mail that the server received before is not ours, whatever numbers it gives it later;
   * null: all mail is.
   */
  readonly notBefore: number | null;
  /** All of ours up to this UID are dealt with: stored, refused or gone. */
  readonly floor: number;
  /** Above `floor`, those that are dealt with all the same; ascending. */
  readonly known: readonly number[];
}

export type FolderStart = Pick<FolderProgress, "uidValidity" | "startUid" | "backlog" | "notBefore">;

export interface FolderStore {
  /** Undefined: this folder has never been looked at. */
  progress(folder: string): Promise<FolderProgress | undefined>;
  /** The first look at a folder, or at one that the server has numbered anew; replaces what was known of the old numbers. */
  start(folder: string, start: FolderStart): Promise<void>;
  /** Never lowers it. What it says may be lost in a crash: then some mails are looked at again. */
  raiseFloor(folder: string, uidValidity: string, floor: number): Promise<void>;
}

/** A message as it is kept: what the bot gets, JSON-safe. */
export type MessageRecord = Omit<
  InboundMessage,
  "ack" | "nack" | "reply" | "deliveries" | "receivedAt" | "attachments" | "removed"
> & {
  /** Absent from records of earlier versions. */
  readonly removed?: InboundMessage["removed"];
  /** ISO 8601. */
  readonly receivedAt: string;
  readonly attachments: readonly Omit<InboundAttachment, "open">[];
};

export interface NewInbound {
  readonly place: MailPlace;
  /** Hex; of the mail without the fields that servers add on its way. */
  readonly fingerprint: string;
  /** In the conversation that the mail itself names. */
  readonly record: MessageRecord;
  readonly thread?: ThreadLinks;
}

/** How a mail is found to belong to a conversation, and how later mails are found to belong to the same. */
export interface ThreadLinks {
  /** What names mails before it, the nearest first: the first that is known decides. */
  readonly known: readonly string[];
  /** What later mails may know this one or those before it by: remembered, unless it has been for another conversation. */
  readonly names: readonly string[];
  /** The record in the conversation of that root. */
  readonly moved: (root: string) => MessageRecord;
}

/**
 *     waiting -> in hand -> done
 *        ^          |
 *        |          v
 *        +----- retrying -> dead
 *
 * `copy`: the same mail as another one, which is answered for both. `dropped`: by a person.
 */
export type InboundState = "waiting" | "in hand" | "retrying" | "done" | "dead" | "copy" | "dropped";

export type Accepted =
  /** It is ours now. `record`: as it has been stored, when that is in another conversation than it was given in. */
  | { readonly kind: "new"; readonly record?: MessageRecord | undefined }
  /** This very mail had been stored before, in whatever state it is by now. */
  | { readonly kind: "known" }
  /** The same Message-ID and content lie elsewhere. `settled`: that one has been dealt with. */
  | { readonly kind: "copy"; readonly settled: boolean };

export interface OpenInbound {
  readonly record: MessageRecord;
  readonly deliveries: number;
  /** Milliseconds since the epoch; undefined: now. */
  readonly dueAt: number | undefined;
}

export interface InboxStore {
  accept(mail: NewInbound): Promise<Accepted>;
  /** What is waiting, in hand or retrying, in the order in which it was accepted: what a restart begins with. */
  open(): Promise<readonly OpenInbound[]>;
  /** One delivery more, written down before the bot sees the message. Gives its number, or undefined: it was dropped. */
  deliver(id: string): Promise<number | undefined>;
  retryLater(id: string, dueAt: number, reason: string): Promise<void>;
  giveUp(id: string, reason: string): Promise<void>;
  /** They are done with. Gives where they and their copies lie. */
  finish(ids: readonly string[]): Promise<readonly MailPlace[]>;
  /** UIDs of mails that are done with and whose \Seen has not been confirmed; ascending. */
  unflagged(folder: string, uidValidity: string): Promise<readonly number[]>;
  /** \Seen is set on the server. May be lost in a crash: then it is set once more. */
  flagged(folder: string, uidValidity: string, uids: readonly number[]): Promise<void>;
  /** What a person has put back since the last call, to be delivered now. */
  revived(): Promise<readonly OpenInbound[]>;
}

/** A mail on its way out, as it is kept. */
export interface StoredSend {
  readonly key: string;
  readonly messageId: string;
  /** The outbox's own word; the store looks only at those below. */
  readonly state: string;
  /** Whether it may still be sent: then a restart finds it in `open()`. */
  readonly isOpen: boolean;
  readonly attempts: number;
  /** Milliseconds since the epoch. */
  readonly enqueuedAt: number;
  readonly nextAttemptAt: number | undefined;
  /** The rest of the outbox's item, JSON-safe. */
  readonly details: unknown;
}

/** What is sent: JSON-safe, with the contents of its files beside it. */
export interface StoredContent {
  readonly mail: unknown;
  readonly files: readonly Uint8Array[];
}

export interface OutboxStore {
  /** The mail that was added under this key, whatever became of it. */
  find(key: string): Promise<StoredSend | undefined>;
  /** False when the key is taken already. `thread`: root of the conversation that answers to it belong to. */
  add(send: StoredSend, content: StoredContent, thread?: string): Promise<boolean>;
  /** Writes down a step of one that is open. False when a person has dropped it meanwhile: nothing more is to be done then. */
  update(send: StoredSend): Promise<boolean>;
  /** As if it had never been. */
  remove(key: string): Promise<void>;
  /** The mail that we sent, or are to send, under this Message-ID. */
  findMail(messageId: string): Promise<StoredSend | undefined>;
  /** What became later of one that was closed. False: it is open again, or gone. */
  amend(send: StoredSend): Promise<boolean>;
  /** Those added at or after `date` (milliseconds since the epoch), oldest first; of more than `limit` the newest. */
  addedSince(date: number, limit: number): Promise<readonly StoredSend[]>;
  /** In the order in which they were added. */
  open(): Promise<readonly (StoredSend & StoredContent)[]>;
  /** What a person has put back since the last call. */
  revived(): Promise<readonly (StoredSend & StoredContent)[]>;
}

/** For people: what is in the store, and what they may do about it. Works beside a process that uses it. */
export interface StoreDesk extends Disposable {
  inbound(filter: ListFilter): readonly InboundEntry[];
  /** Undefined when there is none; without `record` once its text has been deleted. */
  inboundOne(id: string): (InboundEntry & { readonly record: MessageRecord | undefined }) | undefined;
  /** False: it has changed meanwhile and may not be retried (dropped) any more. */
  retryInbound(id: string): boolean;
  dropInbound(id: string): boolean;
  outbound(filter: ListFilter): readonly OutboundEntry[];
  outboundOne(messageId: string): (OutboundEntry & { readonly mail: unknown }) | undefined;
  retryOutbound(messageId: string): boolean;
  dropOutbound(messageId: string): boolean;
}

export interface ListFilter {
  readonly state?: string | undefined;
  readonly account?: string | undefined;
  readonly limit: number;
}

export interface InboundEntry {
  readonly id: string;
  readonly account: string;
  readonly state: InboundState;
  readonly messageId: string;
  readonly senderId: string;
  readonly subject: string;
  readonly receivedAt: string;
  readonly deliveries: number;
  /** ISO 8601, when it comes again. */
  readonly dueAt: string | null;
  readonly reason: string | null;
}

export interface OutboundEntry {
  readonly messageId: string;
  readonly account: string;
  readonly key: string;
  readonly state: string;
  readonly attempts: number;
  readonly enqueuedAt: string;
  readonly nextAttemptAt: string | null;
  readonly details: unknown;
}
