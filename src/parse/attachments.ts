import { createHash, type Hash } from "node:crypto";
import { join } from "node:path";
import type { InboundAttachment, RefusedAttachment } from "../domain/message.ts";
import { AttachmentDir, type PartFile } from "./attachment-dir.ts";
import { attachmentCard } from "./attachment-card.ts";
import { attachmentType, cleanName, isTypeAllowed, shownName } from "./attachment-name.ts";
import { type FileKind, fileKind } from "./file-kind.ts";
import { SIGNATURE_BYTES } from "./file-signature.ts";
import type { PartSink } from "./part-sink.ts";
import type { TreePart } from "./mime-tree.ts";
import { WriteBlock } from "./write-block.ts";

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

/** Files being made durable at the same time; each waits for the disk and holds at most a block. */
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

  /**
   * In the order of the mail, once every file is safe on disk. No file has its name before: whether the mail can be read in
   * two ways is known only at its end, and then none of its files is kept.
   */
  async settle(verdict: "keep" | "refuse"): Promise<SavedAttachment[]> {
    await Promise.all(this.#finishing);
    if (this.#failure) throw this.#failure.error;
    for (const pending of this.#saved) {
      if (verdict === "refuse") await pending.refuse("ambiguous");
      else if (pending.file) pending.path = await pending.file.finish(pending.name);
    }
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
    pending.count(chunk);
    if (pending.refused) return undefined;
    this.#totalBytes += chunk.length;
    if (pending.size > this.#limits.maxBytes || this.#totalBytes > this.#limits.maxTotalBytes) {
      this.#totalBytes -= pending.size;
      this.#kept--;
      return pending.refuse("too-large");
    }
    const rest = pending.block.fill(chunk);
    if (!pending.block.isFull || this.#isTypeRefused(pending)) return undefined;
    if (this.#limits.discard) return (pending.block.empty(), undefined);
    this.#writing = this.#flush(pending, rest);
    return this.#writing;
  }

  /** Looks at the first bytes, once there are enough of them or no more: the label has been looked at before. */
  #isTypeRefused(pending: Pending): boolean {
    if (pending.kind !== undefined) return false;
    if (isTypeAllowed(pending.recognise().type, this.#limits.allowTypes)) return false;
    this.#totalBytes -= pending.size;
    this.#kept--;
    void pending.refuse("type-not-allowed");
    return true;
  }

  async #flush(pending: Pending, chunk: Buffer): Promise<void> {
    pending.file ??= await (await this.#open()).create();
    for (let rest = chunk; pending.block.isFull; rest = pending.block.fill(rest)) {
      await pending.file.write([pending.block.filled]);
      pending.block.empty();
    }
  }

  /** Making a file durable takes the disk's time; the rest of the mail is read meanwhile. */
  #end(pending: Pending): Promise<void> | undefined {
    pending.close();
    if (pending.refused || this.#closed || this.#isTypeRefused(pending)) return undefined;
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
      pending.block.giveBack();
      return;
    }
    const dir = await this.#open();
    const { name, sha256 } = pending;
    pending.path = pending.file ? undefined : await dir.reuse(name, sha256);
    if (pending.path === undefined) {
      pending.file ??= await dir.create();
      await pending.file.write([pending.block.filled]);
      await pending.file.sync();
    }
    pending.block.giveBack();
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
  /** What has not been written yet. */
  readonly block = new WriteBlock();
  size = 0;
  sha256 = "";
  refused: RefusedAttachment | undefined;
  file: PartFile | undefined;
  path: string | undefined;
  kind: FileKind | undefined;
  #card: string | undefined;

  constructor(part: TreePart, refused: RefusedAttachment | undefined) {
    this.#part = part;
    this.refused = refused;
  }

  get name(): string {
    return `mailport-${this.sha256.slice(0, 16)}.${this.recognise().extension}`;
  }

  /** Before anything of it is written: what waits is its beginning. */
  recognise(): FileKind {
    const { type, filename } = this.#part;
    if (this.kind) return this.kind;
    this.kind = fileKind(type, filename, this.block.filled.subarray(0, SIGNATURE_BYTES));
    this.#card = attachmentCard(this.kind.type, this.block.filled);
    return this.kind;
  }

  count(chunk: Buffer): void {
    this.size += chunk.length;
    this.#hash.update(chunk);
  }

  /** What was refused already stays so for its first reason. */
  refuse(reason: RefusedAttachment): Promise<void> | undefined {
    this.refused ??= reason;
    this.path = undefined;
    this.block.giveBack();
    const { file } = this;
    this.file = undefined;
    return file?.discard();
  }

  close(): void {
    this.sha256 = this.#hash.digest("hex");
  }

  result(): SavedAttachment {
    return {
      ...describe(this.#part, this.kind?.type),
      size: this.size,
      sha256: this.sha256,
      ...(this.#card === undefined || this.refused ? {} : { description: this.#card }),
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

/** `type`: what its bytes say, as far as they were seen. */
function describe(
  { type: label, filename, section, contentId, disposition }: TreePart,
  type?: string,
): Omit<SavedAttachment, "size" | "sha256"> {
  const contentType = type ?? attachmentType(label, filename);
  return {
    filename: shownName(filename, section, contentType),
    contentType,
    ...(contentId === undefined ? {} : { contentId: cleanName(contentId) }),
    inline: contentId !== undefined && disposition !== "attachment" ? true : disposition === "inline",
    section,
  };
}
