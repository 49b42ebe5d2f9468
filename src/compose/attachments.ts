import { basename } from "node:path";
import { InvalidMessageError } from "../domain/errors.ts";
import type { OutboundAttachment, OutboundMessage } from "../domain/message.ts";
import { cleanText } from "./address.ts";

/** A file on this machine. */
export interface LocalFile {
  readonly path: string;
  /** It must lie in one of these folders when it is opened, all links followed. */
  readonly within: readonly string[];
}

export interface ComposedAttachment {
  readonly filename: string;
  /** `type/subtype`, or undefined: told from the file name's ending. */
  readonly contentType: string | undefined;
  /** Without angle brackets; undefined unless the HTML shows this image. */
  readonly contentId: string | undefined;
  /** A file is read anew for every attempt, so that a large one is never held in memory. */
  readonly source: LocalFile | { readonly content: Buffer };
}

export interface AttachmentLimits {
  readonly maxCount: number;
  /** Of all together, before base64 makes them a third larger. */
  readonly maxTotalBytes: number;
  /** Folders that files named by path may lie in. */
  readonly attachFrom: readonly string[];
}

const MAX_FILENAME_CHARS = 150;

/** RFC 2045 section 5.1, without parameters: nothing of ours needs one, and one can end a header. */
const MEDIA_TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,126}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}$/i;

/** RFC 2046 section 5: these have a structure of their own, which would become part of the mail's. */
const STRUCTURED_TYPE = /^(?:multipart|message)\//i;
const CONTENT_ID = /^[!-;=?-~]{1,200}$/;

/** Checks what can be told without opening a file. @throws InvalidMessageError */
export function attachmentsOf(message: OutboundMessage, limits: AttachmentLimits): readonly ComposedAttachment[] {
  const given: OutboundAttachment[] = [...(message.attachments ?? [])];
  if (message.attachment !== undefined) given.unshift({ path: message.attachment });
  if (given.length > limits.maxCount) {
    throw new InvalidMessageError(
      `A mail takes at most ${limits.maxCount} attachments, this one has ${given.length}. Send several mails, or one archive.`,
    );
  }
  const composed = given.map((attachment, index) => composeAttachment(attachment, index, limits.attachFrom));
  const contentBytes = composed.reduce((sum, { source }) => sum + ("content" in source ? source.content.length : 0), 0);
  if (contentBytes > limits.maxTotalBytes) {
    throw new InvalidMessageError(
      `The attachments have ${contentBytes} bytes, ${limits.maxTotalBytes} are allowed. Send a link instead.`,
    );
  }
  refuseSharedIds(composed);
  return composed;
}

function composeAttachment(
  attachment: OutboundAttachment,
  index: number,
  attachFrom: readonly string[],
): ComposedAttachment {
  const where = `attachments[${index}]`;
  const source = sourceOf(attachment, where, attachFrom);
  const filename = cleanFilename(attachment.filename ?? ("path" in source ? source.path : ""), index);
  return {
    filename,
    contentType: mediaType(attachment.contentType, where),
    contentId: contentId(attachment.contentId, where),
    source,
  };
}

function sourceOf(
  { path, content }: OutboundAttachment,
  where: string,
  attachFrom: readonly string[],
): ComposedAttachment["source"] {
  if (typeof path === "string" && content === undefined && path !== "" && !path.includes("\0"))
    return { path, within: attachFrom };
  if (typeof content === "string") return { content: Buffer.from(content) };
  // A copy: the caller may use its buffer again while the mail still waits to be sent.
  if (content instanceof Uint8Array) return { content: Buffer.from(content) };
  throw new InvalidMessageError(
    `${where} needs either a "path" to a file, or "content" (text or bytes) with a "filename".`,
  );
}

/** RFC 2183 section 2.3: the last component only, and nothing that a receiver's disk or header could take for more. */
function cleanFilename(name: string, index: number): string {
  const last = basename(cleanText(name, 4 * MAX_FILENAME_CHARS).replaceAll("\\", "/")).replace(/[<>:"|?*]/g, "_");
  if (last === "" || last === "." || last === "..") return `attachment-${index + 1}`;
  const dot = last.lastIndexOf(".");
  const extension = dot > 0 && last.length - dot <= 16 ? last.slice(dot) : "";
  const stem = extension === "" ? last : last.slice(0, dot);
  return `${cleanText(stem, MAX_FILENAME_CHARS)}${extension}`;
}

function mediaType(type: string | undefined, where: string): string | undefined {
  if (type === undefined) return undefined;
  const bare = type.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (!MEDIA_TYPE.test(bare)) {
    throw new InvalidMessageError(
      `${where}.contentType: ${JSON.stringify(cleanText(type, 100))} is no media type such as "application/pdf".`,
    );
  }
  return STRUCTURED_TYPE.test(bare) ? "application/octet-stream" : bare;
}

function contentId(id: string | undefined, where: string): string | undefined {
  if (id === undefined) return undefined;
  const bare = id.replace(/^<(.*)>$/, "$1");
  if (!CONTENT_ID.test(bare)) {
    throw new InvalidMessageError(
      `${where}.contentId: ${JSON.stringify(cleanText(id, 100))} cannot be used. Take letters, digits, ".", "-" and "@", at most 200 of them.`,
    );
  }
  return bare;
}

function refuseSharedIds(attachments: readonly ComposedAttachment[]): void {
  const ids = attachments.map((attachment) => attachment.contentId).filter((id) => id !== undefined);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined)
    throw new InvalidMessageError(`Two attachments have the contentId ${JSON.stringify(twice)}. Give each its own.`);
}
