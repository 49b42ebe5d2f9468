import type { EmailMetadata, RemovedText } from "../domain/message.ts";
import { withAttachmentLines } from "./attachment-line.ts";
import type { AttachmentLimits, SavedAttachment } from "./attachments.ts";
import type { Defects } from "./defects.ts";
import type { HeaderField } from "./header.ts";
import { withImageNames } from "./inline-images.ts";
import { type MailOrigin, readHeader } from "./metadata.ts";
import { isEncrypted, signatureType, type TreePart } from "./mime-tree.ts";
import { withoutMarks } from "./reply/marks.ts";
import { replyContext, replyText } from "./reply-text.ts";
import { Removed } from "./removed.ts";
import { mailText } from "./text.ts";
import { hasUuencodedFile } from "./uuencoded.ts";

export interface ParseOptions {
  readonly attachments: AttachmentLimits;
  /** `noText` stands for a mail that says nothing; `attachment` knows {filename}, {type}, {size} and {path}. */
  readonly texts: { readonly noText: string; readonly attachment: string };
  readonly origin: MailOrigin;
}

/** JSON-safe. */
export interface ParsedMail {
  readonly metadata: EmailMetadata;
  readonly senderName: string | undefined;
  /** Message-ID of the first mail of the conversation. */
  readonly threadId: string;
  /** Never empty. */
  readonly text: string;
  readonly fullText: string;
  /** What nobody would see of it. */
  readonly removed: readonly RemovedText[];
  readonly attachments: readonly SavedAttachment[];
  /** The header block exactly as received, with its empty line; at most 256 KiB of it. */
  readonly rawHeader: Buffer;
  /** Hex SHA-256 of the raw mail without the fields that servers add on its way. */
  readonly fingerprint: string;
  /** Bytes that were read; of a mail that was refused half-way, not all of it. */
  readonly bytes: number;
}

/** All that was learnt of a mail, however it was read. */
export interface MailFindings {
  readonly fields: readonly HeaderField[];
  /** Decoded. */
  readonly subject: string;
  readonly root: TreePart | undefined;
  readonly attachments: readonly SavedAttachment[];
  readonly defects: Defects;
  readonly options: ParseOptions;
}

export function assemble(
  findings: MailFindings,
  raw: Pick<ParsedMail, "rawHeader" | "fingerprint" | "bytes">,
): ParsedMail {
  const { fields, subject, root, attachments, defects, options } = findings;
  const removed = new Removed();
  const origin = { ...options.origin, fingerprint: raw.fingerprint };
  const header = readHeader({ fields, subject, origin }, { defects, removed });
  if (isEncrypted(root)) defects.add("encrypted");
  const named = withImageNames(mailText(root, { defects, removed }), attachments);
  const said = /\S/.test(withoutMarks(named)) ? named : options.texts.noText;
  if (hasUuencodedFile(said)) defects.add("uuencoded");
  const withAttachments = (text: string): string => withAttachmentLines(text, attachments, options.texts.attachment);
  return {
    metadata: { ...header.metadata, email_signature_type: signatureType(root), email_defects: defects.names() },
    senderName: header.senderName,
    threadId: header.threadId,
    text: withAttachments(replyText(said, replyContext(subject, header.metadata))),
    fullText: withAttachments(withoutMarks(said)),
    removed: removed.list(),
    attachments,
    ...raw,
  };
}
