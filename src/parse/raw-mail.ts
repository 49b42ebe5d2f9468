import { createHash, type Hash } from "node:crypto";
import { MailEnd } from "./mail-end.ts";
import { bodyOffset, fieldValue, type HeaderField, MAX_HEADER_BYTES, parameterOf } from "./header.ts";

/** As much of a body as is looked at together: long parts of it are taken as one piece. */
const CHUNK_BYTES = 64 * 1024;

/** A million lines cost half a second. More may come, if they are lines: base64 has 60 bytes in each and more. */
const MAX_SHORT_LINES = 1_000_000;
const SHORT_LINE_BYTES = 32;

/** Most mails are shorter than this, and are spared the counting. */
const UNCOUNTED_BYTES = 256 * 1024;

/**
 * So much of a mail is in its fingerprint; of the rest only how long it is. Two mails with one Message-ID, one length and
 * the same beginning of this size are one mail, or were made to look like it by whoever sent both.
 */
const HASHED_BYTES = 256 * 1024;

/** A mail whose header is known and whose body is still to come. */
export interface OpenedMail {
  /** The header block exactly as received, with the empty line; cut at the limit when `tooLarge`. */
  readonly header: Buffer;
  readonly tooLarge: boolean;
  readonly body: AsyncIterable<Buffer> | Iterable<Buffer>;
  /** The whole body, when it is there already. */
  readonly whole: Buffer | undefined;
  /** Tells the source that no more is wanted. */
  close(): Promise<void>;
}

export async function openMail(source: AsyncIterable<Uint8Array> | Uint8Array): Promise<OpenedMail> {
  if (source instanceof Uint8Array) return openBytes(asBuffer(source));
  const iterator = source[Symbol.asyncIterator]();
  const close = async (): Promise<void> => void (await iterator.return?.());
  let bytes: Buffer = Buffer.alloc(0);
  for (;;) {
    const { done, value } = await iterator.next();
    if (done) return { header: bytes, tooLarge: false, body: [], whole: undefined, close };
    const searched = Math.max(0, bytes.length - 2);
    bytes = bytes.length > 0 ? Buffer.concat([bytes, value]) : asBuffer(value);
    const offset = bodyOffset(bytes, searched);
    if (offset >= 0 && offset <= MAX_HEADER_BYTES) {
      return {
        header: bytes.subarray(0, offset),
        tooLarge: false,
        body: rest(bytes.subarray(offset), iterator),
        whole: undefined,
        close,
      };
    }
    if (bytes.length > MAX_HEADER_BYTES) return cut(bytes, close);
  }
}

function openBytes(bytes: Buffer): OpenedMail {
  const offset = bodyOffset(bytes.subarray(0, MAX_HEADER_BYTES));
  if (offset < 0 && bytes.length > MAX_HEADER_BYTES) return cut(bytes, nothingToClose);
  const end = offset < 0 ? bytes.length : offset;
  const whole = bytes.subarray(end);
  return { header: bytes.subarray(0, end), tooLarge: false, body: slices(whole), whole, close: nothingToClose };
}

async function nothingToClose(): Promise<void> {}

function cut(bytes: Buffer, close: () => Promise<void>): OpenedMail {
  return {
    header: Buffer.from(bytes.subarray(0, MAX_HEADER_BYTES)),
    tooLarge: true,
    body: [],
    whole: undefined,
    close,
  };
}

async function* rest(first: Buffer, iterator: AsyncIterator<Uint8Array>): AsyncGenerator<Buffer, void, void> {
  yield* slices(first);
  for (;;) {
    const { done, value } = await iterator.next();
    if (done) return;
    yield* slices(asBuffer(value));
  }
}

export function* slices(bytes: Buffer, sliceBytes: number = CHUNK_BYTES): Generator<Buffer, void, void> {
  for (let start = 0; start < bytes.length; start += sliceBytes) yield bytes.subarray(start, start + sliceBytes);
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** What servers write on a mail's way: two deliveries of one mail differ in nothing else. */
const TRACE_FIELD =
  /^(?:received|received-spf|return-path|delivered-to|x-delivered-to|x-original-to|envelope-to|x-envelope-to|delivery-date|authentication-results|x-authentication-results|arc-.*|dkim-.*|domainkey-signature|x-google-.*|x-gm-.*|x-received|x-forwarded-.*|x-spam.*|x-ms-exchange-.*|x-microsoft-antispam.*|x-forefront-.*|x-virus-.*|x-rspamd-.*|x-sieve|x-uid|x-uidl|x-keywords|x-mozilla-.*|status|x-status|lines|content-length)$/;

/** Goes along with the body: counts it, and takes the fingerprint of everything but the trace fields. */
export class BodyWatch {
  bytes: number;
  readonly #headerBytes: number;
  #lines = 0;
  readonly #end: MailEnd | undefined;
  readonly #hash: Hash;
  readonly #keptHeader: string;

  constructor(header: Buffer, fields: readonly HeaderField[]) {
    this.bytes = header.length;
    this.#headerBytes = header.length;
    this.#keptHeader = fields.reduce((kept, { name, raw }) => (TRACE_FIELD.test(name) ? kept : kept + raw), "");
    this.#hash = createHash("sha256").update(this.#keptHeader, "latin1");
    const boundary = outerBoundary(fields);
    this.#end = boundary === undefined ? undefined : new MailEnd(boundary);
  }

  update(chunk: Buffer): void {
    const unhashed = HASHED_BYTES - this.#bodyBytes;
    this.bytes += chunk.length;
    if (unhashed > 0) this.#hash.update(chunk.subarray(0, unhashed));
    this.#end?.see(chunk);
    if (this.bytes <= UNCOUNTED_BYTES) return;
    for (let at = chunk.indexOf(LF); at >= 0; at = chunk.indexOf(LF, at + 1)) this.#lines++;
  }

  /** More than any honest mail has of its size: no more of it should be read. */
  get tooManyLines(): boolean {
    return this.#lines > MAX_SHORT_LINES && this.bytes / this.#lines < SHORT_LINE_BYTES;
  }

  /** Whether the mail ended before its last boundary (RFC 2046 section 5.1.2); unknown for a mail of one part. */
  get truncated(): boolean {
    return this.#end !== undefined && !this.#end.isSeen;
  }

  /** Whether a part begins behind the last boundary, where half of the readers see it. */
  get hasPartsAfterEnd(): boolean {
    return this.#end?.hasPartsAfter ?? false;
  }

  /** Whether white space follows a boundary, which the RFC allows, and after which not every reader knows it (nor ours). */
  get hasPaddedBoundary(): boolean {
    return this.#end?.isPadded ?? false;
  }

  /** Hex SHA-256; of the header alone when reading stopped early, since where it stopped is chance. */
  fingerprint(stoppedEarly: "stopped-early" | "complete"): string {
    if (stoppedEarly === "stopped-early") return createHash("sha256").update(this.#keptHeader, "latin1").digest("hex");
    return this.#hash.update(`\n${this.#bodyBytes}`).digest("hex");
  }

  get #bodyBytes(): number {
    return this.bytes - this.#headerBytes;
  }
}

function outerBoundary(fields: readonly HeaderField[]): string | undefined {
  const field = fields.find(({ name }) => name === "content-type");
  const value = field ? fieldValue(field) : "";
  return /^\s*multipart\//i.test(value) ? parameterOf(value, "boundary") : undefined;
}

const LF = 0x0a;
