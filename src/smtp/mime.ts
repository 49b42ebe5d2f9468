import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import type { OpenAttachment } from "./attachment-files.ts";
import type { SmtpAddress, SmtpMail } from "./mail.ts";

/** A mail in the words of the MIME library, checked by the compiler where it is handed over. */
export interface MimeOptions {
  messageId: string;
  date: Date;
  from: MimeMailbox;
  to: MimeMailbox[];
  cc: MimeMailbox[];
  subject: string;
  inReplyTo: string | undefined;
  references: string[];
  headers: Record<string, string>;
  text: string;
  html: string;
  attachments: MimeAttachment[];
  baseBoundary: string;
  boundaryPrefix: string;
  disableFileAccess: true;
  disableUrlAccess: true;
}

interface MimeMailbox {
  name: string;
  address: string;
}

interface MimeAttachment {
  filename: string;
  content: Buffer | Readable;
  contentType: string | undefined;
  contentTransferEncoding: string;
  contentDisposition: "inline" | "attachment";
  cid: string | undefined;
}

/** RFC 2045 section 6.7: "=_" cannot occur in quoted-printable or base64. */
const BOUNDARY_PREFIX = "=_mailport";

function boundaryToken(messageId: string): string {
  return createHash("sha256").update(messageId).digest("hex").slice(0, 24);
}

/** The boundary of a mail without attachments. */
export function alternativeBoundary(messageId: string): string {
  return `${BOUNDARY_PREFIX}-${boundaryToken(messageId)}`;
}

/** The same for the same mail, boundaries too: a receiver who gets it twice can tell. */
export function mimeOptions({ headers, ...mail }: SmtpMail, attachments: readonly OpenAttachment[]): MimeOptions {
  return {
    messageId: mail.messageId,
    date: mail.date,
    from: mailbox(headers.from),
    to: headers.to.map(mailbox),
    cc: headers.cc.map(mailbox),
    subject: headers.subject,
    inReplyTo: headers.inReplyTo,
    references: [...headers.references],
    // Microsoft's servers and clients: no out-of-office answer, no receipt (MS-OXCMAIL section 2.1.3.2.20).
    headers: {
      "Auto-Submitted": headers.autoSubmitted,
      "X-Auto-Response-Suppress": "All",
      ...(headers.loopTag === undefined ? {} : { "X-Mailport-Loop": headers.loopTag }),
    },
    text: mail.text,
    html: mail.html,
    attachments: attachments.map(mimeAttachment),
    baseBoundary: boundaryToken(mail.messageId),
    boundaryPrefix: BOUNDARY_PREFIX,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

/** An object, never a string: strings are parsed as lists of addresses. */
function mailbox({ address, name }: SmtpAddress): MimeMailbox {
  return { address, name: name ?? "" };
}

function mimeAttachment({ filename, content, contentType, contentId }: OpenAttachment): MimeAttachment {
  return {
    filename,
    content,
    contentType,
    contentTransferEncoding: "base64",
    contentDisposition: contentId === undefined ? "attachment" : "inline",
    cid: contentId,
  };
}
