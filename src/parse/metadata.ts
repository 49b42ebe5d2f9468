import { createHash } from "node:crypto";
import { madeUpMessageId, messageIds } from "../domain/message-id.ts";
import type { EmailMetadata } from "../domain/message.ts";
import { baseSubject } from "../domain/subject.ts";
import { isoDate } from "./date-header.ts";
import type { Defects } from "./defects.ts";
import { fieldValues, firstValue, type HeaderField } from "./header.ts";
import { type MailAddress, readAddresses } from "./mime.ts";
import type { Removed } from "./removed.ts";
import { visibleCharacters } from "./visible-characters.ts";

/** Where one mail lies: account, folder, UIDVALIDITY and UID name it for ever (RFC 3501 section 2.3.1.1). */
export interface MailOrigin {
  readonly account: string;
  readonly folder: string;
  readonly uid: number;
  readonly uidValidity: string;
  /** INTERNALDATE. */
  readonly receivedAt: Date;
}

/** RFC 5322 section 3.6: at most once each; which one counts would be up to the reader. */
const SINGLE_FIELDS = new Map(
  [
    "Date",
    "From",
    "Sender",
    "Reply-To",
    "To",
    "Cc",
    "Message-ID",
    "In-Reply-To",
    "References",
    "Subject",
    "MIME-Version",
  ].map((name) => [name.toLowerCase(), name]),
);

/** A name is one line, and reads in the direction of its letters. */
const UNFIT_FOR_A_NAME = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu;
const MAX_NAME_CHARS = 255;

/** A list of more people than this is nobody's to answer. */
const MAX_ADDRESSES = 1_000;

/** RFC 5321 section 4.5.3.1: 64 bytes, `@` and 255 bytes. */
const MAX_ADDRESS_CHARS = 320;

export interface HeaderReading {
  readonly metadata: Omit<EmailMetadata, "email_signature_type" | "email_defects">;
  readonly senderName: string | undefined;
  readonly threadId: string;
}

export interface HeaderToRead {
  readonly fields: readonly HeaderField[];
  /** Decoded. */
  readonly subject: string;
  readonly origin: MailOrigin & { readonly fingerprint: string };
}

/** What the header says, without the body. */
export function readHeader(
  { fields, subject, origin }: HeaderToRead,
  { defects, removed }: { defects: Defects; removed: Removed },
): HeaderReading {
  noteRepeated(fields, defects);
  const [from] = addressList(firstValue(fields, "from"));
  if (!from) defects.add("bad-from");
  const own = messageIds(firstValue(fields, "message-id"))[0];
  if (own === undefined) defects.add("no-message-id");
  const messageId = own ?? madeUpId(origin);
  const references = messageIds(fieldValues(fields, "references").join(" "));
  const inReplyTo = messageIds(firstValue(fields, "in-reply-to"));
  return {
    metadata: {
      email_message_id: messageId,
      email_subject: baseSubject(cleanSubject(subject, removed)),
      email_from: from?.address ?? "",
      email_references: references.join(" "),
      email_in_reply_to: inReplyTo.join(" "),
      email_to: addresses(fields, "to"),
      email_cc: addresses(fields, "cc"),
      email_reply_to: addresses(fields, "reply-to"),
      email_date: date(fields, defects),
      email_account: origin.account,
      email_folder: origin.folder,
      email_uid: origin.uid,
      email_uid_validity: origin.uidValidity,
    },
    senderName: senderName(from, removed),
    // RFC 5322 section 3.6.4: In-Reply-To stands in for References only when it names one mail.
    threadId: references[0] ?? (inReplyTo.length === 1 ? inReplyTo[0] : undefined) ?? messageId,
  };
}

function noteRepeated(fields: readonly HeaderField[], defects: Defects): void {
  const seen = new Set<string>();
  for (const { name } of fields) {
    const shown = SINGLE_FIELDS.get(name);
    if (shown && seen.has(name)) defects.add(`duplicate-header:${shown}`);
    seen.add(name);
  }
}

/**
 * The same on every reading of the same mail, wherever it is moved or however its folder is numbered, and never a name that
 * a server could have given. The server's date tells two mails apart that say the same.
 */
function madeUpId({ fingerprint, receivedAt }: { fingerprint: string; receivedAt: Date }): string {
  const mail = createHash("sha256").update(`${fingerprint} ${receivedAt.toISOString()}`).digest("hex");
  return madeUpMessageId(mail.slice(0, 32));
}

function addresses(fields: readonly HeaderField[], name: string): string[] {
  const all = addressList(fieldValues(fields, name).join(", ")).map(({ address }) => address);
  return [...new Set(all)].slice(0, MAX_ADDRESSES);
}

/** `ann@example.org`, `Ann Lee <ann@example.org>`: nearly all mail, and worth a tenth of the time of a small one. */
const BARE_MAILBOX = /^[\w.+-]{1,64}@[\w.-]{1,255}$/;
const NAMED_MAILBOX = /^([a-z0-9][a-z0-9 ]{0,100}) <([\w.+-]{1,64}@[\w.-]{1,255})>$/i;

function simpleMailbox(value: string): MailAddress | undefined {
  if (BARE_MAILBOX.test(value)) return { name: "", address: value };
  const [, name, address] = NAMED_MAILBOX.exec(value) ?? [];
  return name === undefined || address === undefined ? undefined : { name, address };
}

function addressList(value: string | undefined): MailAddress[] {
  if (!value) return [];
  const simple = simpleMailbox(value);
  return (simple ? [simple] : readAddresses(value))
    .map(({ name, address }) => ({ name, address: address.trim().toLowerCase() }))
    .filter(({ address }) => address.length <= MAX_ADDRESS_CHARS && /^[^\s@<>"(),:;]+@[^\s@<>"(),:;]+$/.test(address));
}

function senderName(from: MailAddress | undefined, removed: Removed): string | undefined {
  const name = visibleCharacters(from?.name ?? "", removed)
    .replace(UNFIT_FOR_A_NAME, " ")
    .replace(/\s{2,}/g, " ")
    .trim()
    .slice(0, MAX_NAME_CHARS)
    .replace(/[\ud800-\udbff]$/, "");
  return name === "" ? undefined : name;
}

/** One line, whatever encoded words were hidden in it. */
function cleanSubject(subject: string, removed: Removed): string {
  return visibleCharacters(subject, removed)
    .replace(/[\p{Cc}\u2028\u2029]+/gu, " ")
    .trim();
}

function date(fields: readonly HeaderField[], defects: Defects): string {
  const value = firstValue(fields, "date");
  const iso = value === undefined ? "" : isoDate(value);
  if (iso === "") defects.add(value === undefined ? "no-date" : "bad-date");
  return iso;
}
