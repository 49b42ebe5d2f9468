import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { MailGoneError } from "../domain/errors.ts";
import type { InboundAttachment } from "../domain/message.ts";
import type { MailPlace } from "../domain/store.ts";
import type { SessionDesk } from "../mailbox/desk.ts";
import { sectionStream } from "../mailbox/section-stream.ts";
import { findPart } from "./large-mail.ts";

export type StoredAttachment = Pick<InboundAttachment, "path" | "section">;

/** An attachment's bytes: the saved file, or from the server. @throws MailGoneError */
export async function openAttachment(
  desk: SessionDesk,
  { uid, uidValidity }: Pick<MailPlace, "uid" | "uidValidity">,
  { path, section }: StoredAttachment,
): Promise<Readable> {
  if (path !== undefined) return createReadStream(path);
  const session = await desk.connectedTo(uidValidity);
  const structure = await session.structure(uid);
  const part = structure && findPart(structure, section);
  if (!part) throw new MailGoneError("the mail of this attachment is no longer on the server");
  const readSlice = async (start: number, maxBytes: number) =>
    await (await desk.connectedTo(uidValidity)).readSection(uid, section, start, maxBytes);
  return sectionStream(readSlice, part.encoding);
}
