import { type LargeMailParts, type MimePart, textSections } from "../parse/parse-mail.ts";

/** What reading a large mail needs of a connection. */
export interface PartSource {
  structure(uid: number): Promise<MimePart | undefined>;
  readSection(uid: number, section: string, startByte: number, maxBytes: number): Promise<Buffer | undefined>;
}

const MAX_HEADER_BYTES = 256 << 10;
const MAX_PART_HEADER_BYTES = 16 << 10;
/** What people write fits many times over; the rest of a longer text stays on the server. */
const MAX_TEXT_BYTES = 1 << 20;
/** A mail with more text parts than this was not written by a person. */
const MAX_TEXT_PARTS = 20;

/** Header, structure and text parts of a mail that is too large to download; undefined when it is gone. */
export async function fetchTextParts(
  session: PartSource,
  uid: number,
  bytes: number,
): Promise<LargeMailParts | undefined> {
  const header = await session.readSection(uid, "HEADER", 0, MAX_HEADER_BYTES);
  const structure = await session.structure(uid);
  if (header === undefined || structure === undefined) return undefined;
  const texts = new Map<string, { mimeHeader: Uint8Array; body: Uint8Array; cut: boolean }>();
  for (const section of textSections(structure).slice(0, MAX_TEXT_PARTS)) {
    // A mail of a single part has no MIME header of its own (RFC 3501 section 6.4.5): the mail's says it all.
    const mimeHeader =
      structure.children.length === 0
        ? header
        : await session.readSection(uid, `${section}.MIME`, 0, MAX_PART_HEADER_BYTES);
    const body = await session.readSection(uid, section, 0, MAX_TEXT_BYTES);
    if (mimeHeader && body) texts.set(section, { mimeHeader, body, cut: body.length === MAX_TEXT_BYTES });
  }
  return { header, structure, texts, bytes };
}

export function findPart(part: MimePart, section: string): MimePart | undefined {
  if (part.section === section && part.children.length === 0) return part;
  for (const child of part.children) {
    const found = findPart(child, section);
    if (found) return found;
  }
  return part.section === section ? part : undefined;
}
