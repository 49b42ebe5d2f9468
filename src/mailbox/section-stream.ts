import { Readable } from "node:stream";
import { MailGoneError } from "../domain/errors.ts";
import { transferDecoder } from "../domain/transfer-decoder.ts";

/** One command per slice: other commands run in between, and a reader that stops reading holds up nobody. */
const SLICE_BYTES = 256 << 10;

export type ReadSlice = (startByte: number, maxBytes: number) => Promise<Buffer | undefined>;

/** A part of a mail on the server, decoded, fetched as it is read. Errors with MailGoneError when the mail is gone. */
export function sectionStream(readSlice: ReadSlice, encoding: string | undefined): Readable {
  return Readable.from(decoded(readSlice, encoding), { objectMode: false });
}

async function* decoded(readSlice: ReadSlice, encoding: string | undefined): AsyncGenerator<Buffer> {
  const decoder = transferDecoder(encoding?.toLowerCase() ?? "");
  for (let offset = 0; ;) {
    const slice = await readSlice(offset, SLICE_BYTES);
    if (slice === undefined) throw new MailGoneError("the mail of this attachment is no longer on the server");
    const bytes = decoder.push(slice);
    if (bytes.length > 0) yield bytes;
    if (slice.length < SLICE_BYTES) break;
    offset += slice.length;
  }
  const rest = decoder.end();
  if (rest.length > 0) yield rest;
}
