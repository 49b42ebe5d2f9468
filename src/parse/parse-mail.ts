import { assemble, type MailFindings, type ParsedMail, type ParseOptions } from "./assemble.ts";
import { BodyCut } from "./body-cut.ts";
import { AttachmentSaver } from "./attachments.ts";
import { Defects } from "./defects.ts";
import { type HeaderField, headerFields, isSpacedOut } from "./header.ts";
import { readLetter } from "./letter.ts";
import { MimeReader } from "./mime.ts";
import { parserHeader } from "./parser-header.ts";
import { BodyWatch, type OpenedMail, openMail, slices } from "./raw-mail.ts";

export type { ParsedMail, ParseOptions } from "./assemble.ts";
export type { SavedAttachment } from "./attachments.ts";
export { type MimePart, textSections } from "./mime-tree.ts";
export { type LargeMailParts, parseLargeMail } from "./parse-large-mail.ts";

/**
 * Reads one mail, whatever it is: what cannot be read is named in `metadata.email_defects`, and the rest is given.
 * Attachments are in the folder, durably, when this resolves. Stops reading the source once a bound is passed.
 *
 * Rejects with StorageError when an attachment cannot be written, and with the source's own error when it fails; then
 * nothing of the mail counts as read and no part of a file is left.
 */
export async function parseMail(
  source: AsyncIterable<Uint8Array> | Uint8Array,
  options: ParseOptions,
): Promise<ParsedMail> {
  const mail = await openMail(source);
  const fields = headerFields(mail.header);
  const defects = new Defects();
  const watch = new BodyWatch(mail.header, fields);
  const letter = mail.whole && readLetter(fields, mail.whole);
  if (mail.whole && letter) {
    watch.update(mail.whole);
    return assembled({ fields, ...letter, attachments: [], defects, options }, { mail, watch, complete: true });
  }
  await using saver = new AttachmentSaver(options.attachments);
  const cut = new BodyCut();
  const reader = new MimeReader({
    defects,
    openSink: (part) => saver.sink(part),
    restore: (value) => cut.restore(value),
  });
  let complete: boolean;
  try {
    complete = await readBody(mail, fields, { defects, watch, reader, cut });
  } finally {
    reader.destroy();
    await mail.close();
  }
  const attachments = await saver.settle(defects.isAmbiguous ? "refuse" : "keep");
  const { subject, root } = reader;
  return assembled({ fields, subject, root, attachments, defects, options }, { mail, watch, complete });
}

/** Small enough that a limit is noticed early, large enough that streams cost little. */
const PIECE_BYTES = 64 * 1024;

/** mailparser gathers 64 kB before it splits: of a mail that streams, all that was taken out would wait in memory. */
const MAX_CUT_BYTES = 4 * 1024 * 1024;

/** What the splitter sees of the body. */
async function* shownTo({ body, whole }: OpenedMail, cut: BodyCut, watch: BodyWatch): AsyncGenerator<Buffer, void> {
  const cutting = whole !== undefined && whole.length <= MAX_CUT_BYTES;
  for await (const chunk of body) {
    watch.update(chunk);
    yield* slices(cutting ? cut.cut(chunk) : chunk, PIECE_BYTES);
  }
}

interface Read {
  readonly mail: OpenedMail;
  readonly watch: BodyWatch;
  readonly complete: boolean;
}

function assembled(findings: MailFindings, { mail, watch, complete }: Read): ParsedMail {
  return assemble(findings, {
    rawHeader: mail.header,
    fingerprint: watch.fingerprint(complete ? "complete" : "stopped-early"),
    bytes: watch.bytes,
  });
}

interface Reading {
  readonly defects: Defects;
  readonly watch: BodyWatch;
  readonly reader: MimeReader;
  readonly cut: BodyCut;
}

/** False: a bound was passed, and the rest of the mail was not read. */
async function readBody(
  mail: OpenedMail,
  fields: readonly HeaderField[],
  { defects, watch, reader, cut }: Reading,
): Promise<boolean> {
  const { bytes: header, missingBoundary } = parserHeader(fields);
  if (missingBoundary) defects.addAmbiguous("missing-boundary");
  if (fields.some(isSpacedOut)) defects.addAmbiguous("malformed-header");
  if (mail.tooLarge) defects.add("header-too-large");
  let complete = !mail.tooLarge;
  // One piece behind: most mails are a single piece, and the last one costs half as much as one that is not.
  let waiting = header;
  let first = true;
  for await (const piece of shownTo(mail, cut, watch)) {
    if (watch.tooManyLines) defects.add("too-many-lines");
    complete &&= !watch.tooManyLines && (first || (await reader.write(waiting)));
    if (!complete) break;
    waiting = first ? Buffer.concat([header, piece]) : piece;
    first = false;
  }
  const ended = await reader.end(waiting);
  complete &&= ended;
  if (complete && watch.truncated) defects.addAmbiguous("truncated");
  if (watch.hasPaddedBoundary) defects.addAmbiguous("padded-boundary");
  if (complete && watch.hasPartsAfterEnd) defects.addAmbiguous("parts-after-end");
  return complete;
}
