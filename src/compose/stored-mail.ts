import { errorText, InvalidMessageError } from "../domain/errors.ts";
import type { StoredContent } from "../domain/store.ts";
import { ConfinedFileError, openConfined } from "../runtime/confined-file.ts";
import type { ComposedAttachment, LocalFile } from "./attachments.ts";
import type { ComposedMail } from "./compose-mail.ts";

/** The mail in JSON's words; the contents of its attachments lie beside it, in the same order. */
type MailRecord = Omit<ComposedMail, "date" | "attachments"> & {
  readonly date: string;
  readonly attachments: readonly Omit<ComposedAttachment, "source">[];
};

/**
 * A mail that needs nothing but itself: files are read now, so that the bot may delete them.
 * @throws InvalidMessageError for a file that cannot be read, and for more bytes than allowed.
 */
export async function storedMail(mail: ComposedMail, maxTotalBytes: number): Promise<StoredContent> {
  const files: Uint8Array[] = [];
  let leftBytes = maxTotalBytes;
  for (const { source } of mail.attachments) {
    const file = "content" in source ? source.content : await readFile(source, leftBytes);
    leftBytes -= file.length;
    files.push(file);
  }
  const record: MailRecord = {
    ...mail,
    date: mail.date.toISOString(),
    attachments: mail.attachments.map(({ filename, contentType, contentId }) => ({ filename, contentType, contentId })),
  };
  return { mail: record, files };
}

/** The same mail again, to the byte. */
export function mailFromStored({ mail, files }: StoredContent): ComposedMail {
  const { date, attachments, ...rest } = mail as MailRecord;
  return {
    ...rest,
    date: new Date(date),
    attachments: attachments.map((about, index) => ({ ...about, source: { content: bufferOf(files[index]) } })),
  };
}

function bufferOf(file: Uint8Array | undefined): Buffer {
  if (!file) throw new Error("an attachment of the stored mail is missing");
  return Buffer.from(file.buffer, file.byteOffset, file.byteLength);
}

async function readFile({ path, within }: LocalFile, leftBytes: number): Promise<Buffer> {
  const name = JSON.stringify(path);
  try {
    const { handle, bytes } = await openConfined(path, within);
    await using file = handle;
    if (bytes > leftBytes) {
      throw new InvalidMessageError(
        `The attachment ${name} has ${bytes} bytes, ${leftBytes} are left of what a mail may have. Send smaller files, or a link.`,
      );
    }
    // As much as was checked, whatever is written to the file from now on.
    const content = Buffer.alloc(bytes);
    let length = 0;
    for (;;) {
      const { bytesRead } = await file.read(content, length, bytes - length);
      length += bytesRead;
      if (bytesRead === 0 || length === bytes) return content.subarray(0, length);
    }
  } catch (cause) {
    if (cause instanceof InvalidMessageError) throw cause;
    if (cause instanceof ConfinedFileError) throw new InvalidMessageError(`The attachment ${name} ${cause.message}.`);
    throw new InvalidMessageError(`The attachment ${name} cannot be read: ${errorText(cause)}`, { cause });
  }
}
