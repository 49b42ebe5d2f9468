import type { RefusedAttachment } from "../domain/message.ts";
import { humanSize } from "./attachment-name.ts";
import type { SavedAttachment } from "./attachments.ts";

const REASONS: Readonly<Record<RefusedAttachment, string>> = {
  "too-large": "not saved: too large",
  "type-not-allowed": "not saved: type not allowed",
  "too-many": "not saved: too many attachments",
  ambiguous: "not saved: this mail is damaged or can be read in two ways",
};

/** A mail of a thousand attachments is told of, not listed. */
const MAX_LINES = 100;

/** `text`, then one line per attachment as `template` says: {filename}, {type}, {size}, {path}; and what it is, below that. */
export function withAttachmentLines(text: string, attachments: readonly SavedAttachment[], template: string): string {
  if (attachments.length === 0) return text;
  const lines = attachments.slice(0, MAX_LINES).map((attachment) => attachmentLine(attachment, template));
  if (attachments.length > MAX_LINES) lines.push(`[${attachments.length - MAX_LINES} more attachments]`);
  return `${text}\n\n${lines.join("\n")}`;
}

function attachmentLine(
  { filename, contentType, size, path, refused, description }: SavedAttachment,
  template: string,
): string {
  const values: Readonly<Record<string, string>> = {
    filename,
    type: contentType,
    size: humanSize(size),
    path: path ?? (refused ? REASONS[refused] : "left on the server"),
  };
  // One pass: a file that is called "{path}" stays just that.
  const line = template.replace(/\{(\w+)\}/g, (placeholder, name: string) => values[name] ?? placeholder);
  return description === undefined ? line : `${line}\n  ${description}`;
}
