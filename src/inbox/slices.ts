/** One command's worth of a mail that is too large to come whole. */
export const SLICE_BYTES: number = 1 << 20;

export interface SliceSource {
  readSection(uid: number, section: string, startByte: number, maxBytes: number): Promise<Buffer | undefined>;
}

/** The mail slice by slice; one that is larger than RFC822.SIZE said is cut at the limit. */
export async function* slices(
  session: SliceSource,
  uid: number,
  first: Buffer,
  maxBytes: number,
): AsyncGenerator<Buffer> {
  let slice: Buffer | undefined = first;
  let offset = 0;
  while (slice !== undefined && slice.length > 0) {
    // Whoever gets it may move it to another thread: afterwards it is empty here.
    const { length } = slice;
    yield slice.subarray(0, maxBytes - offset);
    offset += length;
    // A short answer is the end of the mail (RFC 3501 section 6.4.5).
    if (length < SLICE_BYTES || offset >= maxBytes) return;
    slice = await session.readSection(uid, "", offset, SLICE_BYTES);
  }
}

/** What comes behind the first `bytes`. */
export async function* behind(pieces: AsyncIterable<Buffer>, bytes: number): AsyncGenerator<Buffer> {
  let left = bytes;
  for await (const piece of pieces) {
    if (piece.length > left) yield piece.subarray(left);
    left = Math.max(0, left - piece.length);
  }
}
