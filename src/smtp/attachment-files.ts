import type { FileHandle } from "node:fs/promises";
import { Readable } from "node:stream";
import { errorText, InvalidMessageError } from "../domain/errors.ts";
import { openConfined } from "../runtime/confined-file.ts";
import type { SmtpAttachment } from "./mail.ts";

export interface OpenAttachment {
  readonly filename: string;
  readonly contentType: string | undefined;
  readonly contentId: string | undefined;
  readonly content: Buffer | Readable;
}

export interface OpenAttachments extends AsyncDisposable {
  readonly list: readonly OpenAttachment[];
  /** Before base64. */
  readonly totalBytes: number;
}

const SLICE_BYTES = 64 * 1024;

/**
 * Opens every file before a byte is sent, so that a missing one is told at once and not in the middle of a mail.
 * @throws InvalidMessageError naming the file.
 */
export async function openAttachments(attachments: readonly SmtpAttachment[]): Promise<OpenAttachments> {
  const handles: FileHandle[] = [];
  const list: OpenAttachment[] = [];
  const dispose = async () => {
    // A handle closes only after its stream has let go of it.
    for (const { content } of list) if (!Buffer.isBuffer(content)) content.destroy();
    await Promise.all(handles.map((handle) => handle.close()));
  };
  try {
    let totalBytes = 0;
    for (const { source, ...about } of attachments) {
      const { content, bytes } =
        "path" in source
          ? await openFile(source, handles)
          : { content: inSlices(source.content), bytes: source.content.length };
      totalBytes += bytes;
      list.push({ ...about, content });
    }
    return { list, totalBytes, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** Handed over at once, a large buffer would be "sent" long before it is: nobody could tell a cut in its middle from one at its end. */
function inSlices(content: Buffer): Buffer | Readable {
  if (content.length <= SLICE_BYTES) return content;
  const slices = Array.from({ length: Math.ceil(content.length / SLICE_BYTES) }, (_, index) =>
    content.subarray(index * SLICE_BYTES, (index + 1) * SLICE_BYTES),
  );
  return Readable.from(slices, { objectMode: false });
}

async function openFile(
  { path, within }: { path: string; within: readonly string[] },
  handles: FileHandle[],
): Promise<{ content: Buffer | Readable; bytes: number }> {
  const { handle, bytes } = await openConfined(path, within).catch((cause: unknown) => {
    throw new InvalidMessageError(`The attachment ${JSON.stringify(path)} ${errorText(cause)}.`, { cause });
  });
  handles.push(handle);
  if (bytes === 0) return { content: Buffer.alloc(0), bytes: 0 };
  // What is written to the file from now on would make the mail longer than was checked.
  return { content: handle.createReadStream({ start: 0, end: bytes - 1 }), bytes };
}
