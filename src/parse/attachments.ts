import { createHash, type Hash } from "node:crypto";
import { join } from "node:path";
import type { InboundAttachment, RefusedAttachment } from "../domain/message.ts";
import { AttachmentDir, type PartFile } from "./attachment-dir.ts";
import { attachmentType, fileExtension, isTypeAllowed, shownName } from "./attachment-name.ts";
import type { PartSink } from "./part-sink.ts";
import type { TreePart } from "./mime-tree.ts";

export interface AttachmentLimits {
  readonly dir: string;
  readonly maxBytes: number;
  /** Of all attachments of one mail. */
  readonly maxTotalBytes: number;
  readonly maxCount: number;
  readonly allowTypes: readonly string[];
  /** True: measured, hashed and named, and not written; `path` is where it would lie. */
  readonly discard?: boolean;
}

/** An attachment as it is stored; how to open it depends on where it is. */
export type SavedAttachment = Omit<InboundAttachment, "open">;

/** Written at once; below it an attachment stays in memory until it is complete. */
const WRITE_BYTES = 256 * 1024;

/** Files being made durable at the same time; each waits for the disk and holds at most WRITE_BYTES. */
const MAX_FINISHING = 8;

/** Saves one mail's attachments while the mail is read. Disposing it removes whatever is not complete. */
export class AttachmentSaver implements AsyncDisposable {
  readonly #limits: AttachmentLimits;
  readonly #saved: Pending[] = [];
  readonly #finishing = new Set<Promise<void>>();
  #dir: Promise<AttachmentDir> | undefined;
  /** At most one: the mail waits for it. */
  #writing: Promise<void> | undefined;
  #closed = false;
  #totalBytes = 0;
  #kept = 0;
  #failure: { error: unknown } | undefined;

  constructor(limits: AttachmentLimits) {
    this.#limits = limits;
  }

  sink(part: TreePart): PartSink {
    const pending = new Pending(part, this.#refusal(part));
    this.#saved.push(pending);
    if (!pending.refused) this.#kept++;
    return {
      write: (chunk) => this.#write(pending, chunk),
      end: () => this.#end(pending),
    };
  }

  /** In the order of the mail, once every file is safe on disk. */
  async settle(): Promise<SavedAttachment[]> {
    await Promise.all(this.#finishing);
    if (this.#failure) throw this.#failure.error;
    await (await this.#dir)?.sync();
    return this.#saved.map((pending) => pending.result());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await Promise.allSettled([...this.#finishing, this.#writing]);
    await Promise.all(this.#saved.map(async ({ file }) => await file?.discard()));
    const dir = await this.#dir?.catch(() => undefined);
    await dir?.[Symbol.asyncDispose]();
  }

  #refusal(part: TreePart): RefusedAttachment | undefined {
    if (!isTypeAllowed(attachmentType(part.type, part.filename), this.#limits.allowTypes)) return "type-not-allowed";
    return this.#kept >= this.#limits.maxCount ? "too-many" : undefined;
  }

  #write(pending: Pending, chunk: Buffer): Promise<void> | undefined {
    if (this.#closed) return undefined;
    pending.take(chunk);
    if (pending.refused) return undefined;
    this.#totalBytes += chunk.length;
    if (pending.size > this.#limits.maxBytes || this.#totalBytes > this.#limits.maxTotalBytes) {
      this.#totalBytes -= pending.size;
      this.#kept--;
      return pending.refuse("too-large");
    }
    if (this.#limits.discard) pending.takeWaiting();
    if (pending.waitingBytes < WRITE_BYTES) return undefined;
    this.#writing = this.#flush(pending);
    return this.#writing;
  }

  async #flush(pending: Pending): Promise<void> {
    pending.file ??= await (await this.#open()).create();
    await pending.file.write(pending.takeWaiting());
  }

  /** Making a file durable takes the disk's time; the rest of the mail is read meanwhile. */
  #end(pending: Pending): Promise<void> | undefined {
    pending.close();
    if (pending.refused || this.#closed) return undefined;
    const work = this.#finish(pending)
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => this.#finishing.delete(work));
    this.#finishing.add(work);
    return this.#finishing.size < MAX_FINISHING ? undefined : Promise.race(this.#finishing);
  }

  async #finish(pending: Pending): Promise<void> {
    if (this.#limits.discard) {
      pending.path = join(this.#limits.dir, pending.name);
      return;
    }
    const dir = await this.#open();
    const { name, sha256 } = pending;
    pending.path = pending.file ? undefined : await dir.reuse(name, sha256);
    if (pending.path !== undefined) return;
    pending.file ??= await dir.create();
    await pending.file.write(pending.takeWaiting());
    pending.path = await pending.file.finish(name);
  }

  async #open(): Promise<AttachmentDir> {
    this.#dir ??= AttachmentDir.open(this.#limits.dir);
    return await this.#dir;
  }
}

/** One attachment on its way: what has been seen of it, and what has not been written yet. */
class Pending {
  readonly #part: TreePart;
  readonly #hash: Hash = createHash("sha256");
  #waiting: Buffer[] = [];
  waitingBytes = 0;
  size = 0;
  sha256 = "";
  refused: RefusedAttachment | undefined;
  file: PartFile | undefined;
  path: string | undefined;

  constructor(part: TreePart, refused: RefusedAttachment | undefined) {
    this.#part = part;
    this.refused = refused;
  }

  get name(): string {
    const { type, filename } = this.#part;
    return `mailport-${this.sha256.slice(0, 16)}.${fileExtension(attachmentType(type, filename), filename)}`;
  }

  take(chunk: Buffer): void {
    this.size += chunk.length;
    this.#hash.update(chunk);
    if (this.refused) return;
    this.#waiting.push(chunk);
    this.waitingBytes += chunk.length;
  }

  takeWaiting(): Buffer[] {
    this.waitingBytes = 0;
    return this.#waiting.splice(0);
  }

  refuse(reason: RefusedAttachment): Promise<void> | undefined {
    this.refused = reason;
    this.takeWaiting();
    return this.file?.discard();
  }

  close(): void {
    this.sha256 = this.#hash.digest("hex");
  }

  result(): SavedAttachment {
    return {
      ...describe(this.#part),
      size: this.size,
      sha256: this.sha256,
      ...(this.path === undefined ? {} : { path: this.path }),
      ...(this.refused ? { refused: this.refused } : {}),
    };
  }
}

/** An attachment that was not downloaded; its size is guessed from the encoded one. */
export function leftOnServer(part: TreePart, encodedBytes: number): SavedAttachment {
  const size =
    part.encoding === "base64" ? Math.floor((encodedBytes * BASE64_BYTES_PER_LINE) / BASE64_LINE_BYTES) : encodedBytes;
  return { ...describe(part), size, sha256: "" };
}

/** RFC 2045 section 6.8: 57 bytes become a line of 76 characters and its end. */
const BASE64_BYTES_PER_LINE = 57;
const BASE64_LINE_BYTES = 78;

function describe({
  type,
  filename,
  section,
  contentId,
  disposition,
}: TreePart): Omit<SavedAttachment, "size" | "sha256"> {
  const contentType = attachmentType(type, filename);
  return {
    filename: shownName(filename, section, contentType),
    contentType,
    ...(contentId === undefined ? {} : { contentId }),
    inline: contentId !== undefined && disposition !== "attachment" ? true : disposition === "inline",
    section,
  };
}
