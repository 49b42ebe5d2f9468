import { createHash, randomUUID } from "node:crypto";
import { constants, existsSync } from "node:fs";
import { type FileHandle, lstat, mkdir, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { errorText, StorageError } from "../domain/errors.ts";

const DIR_MODE = 0o700;
const FILE_MODE = 0o600;

const CREATE_FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
const DIR_FLAGS = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

const READ_BYTES = 64 * 1024;

/** Where Linux shows an open directory under a path that no rename or symbolic link can redirect. */
const OPEN_FILES = "/proc/self/fd";

/** A folder held open; `base` leads to it whatever becomes of its name. */
export interface OpenFolder {
  readonly handle: FileHandle;
  readonly base: string;
}

/** Rejects when it is a link, or does not exist. */
export async function openFolder(dir: string): Promise<OpenFolder> {
  const handle = await open(dir, DIR_FLAGS);
  return { handle, base: existsSync(OPEN_FILES) ? `${OPEN_FILES}/${handle.fd}` : dir };
}

/** A file being written under a name of its own, until it is complete. */
export interface PartFile {
  write(chunks: readonly Buffer[]): Promise<void>;
  /** Makes what was written durable. */
  sync(): Promise<void>;
  /** After `sync`: gives it its final name; returns the path. What has that name already is the same, or is replaced. */
  finish(name: string): Promise<string>;
  /** Removes what was written; harmless after `finish`. */
  discard(): Promise<void>;
}

/**
 * The folder for attachments, held open while one mail is read, so that somebody who swaps it for a symbolic link in
 * the meantime gains nothing (Linux; elsewhere the link is looked for once, at the start).
 */
export class AttachmentDir implements AsyncDisposable {
  readonly #dir: string;
  readonly #handle: FileHandle;
  readonly #base: string;
  #changed = false;

  private constructor(dir: string, { handle, base }: OpenFolder) {
    this.#dir = dir;
    this.#handle = handle;
    this.#base = base;
  }

  static async open(dir: string): Promise<AttachmentDir> {
    try {
      return new AttachmentDir(dir, await openFolder(dir).catch(async () => await AttachmentDir.#make(dir)));
    } catch (error) {
      const isLink = await lstat(dir).then(
        (stats) => stats.isSymbolicLink(),
        () => false,
      );
      const why = isLink ? "it is a symbolic link; name the folder it leads to" : errorText(error);
      throw new StorageError(`attachments: the folder ${dir} cannot be used: ${why}`, { cause: error });
    }
  }

  static async #make(dir: string): Promise<OpenFolder> {
    await mkdir(dir, { recursive: true, mode: DIR_MODE });
    return await openFolder(dir);
  }

  async create(): Promise<PartFile> {
    const temporary = join(this.#base, `.mailport-${randomUUID()}.part`);
    const handle = await this.#guard(open(temporary, CREATE_FLAGS, FILE_MODE));
    let closed = false;
    let named = false;
    const close = async (): Promise<void> => {
      if (closed) return;
      closed = true;
      await handle.close();
    };
    return {
      write: async (chunks) => await this.#guard(writeAll(handle, chunks)),
      sync: async () => {
        // On disk before the name is: after a power cut there is the whole file or none.
        await this.#guard(handle.sync());
        await this.#guard(close());
      },
      finish: async (name) => {
        await this.#guard(rename(temporary, join(this.#base, name)));
        named = true;
        this.#changed = true;
        return join(this.#dir, name);
      },
      discard: async () => {
        if (named) return;
        // What made us give up is what the caller must hear of, not that the remains could not be cleared away.
        await close().catch(() => {});
        await rm(temporary, { force: true }).catch(() => {});
      },
    };
  }

  /** The path of a file that is there already with the same content, made young again for whoever clears up by age. */
  async reuse(name: string, sha256: string): Promise<string | undefined> {
    return (await this.#has(name, sha256)) ? join(this.#dir, name) : undefined;
  }

  /** Makes the new names durable. */
  async sync(): Promise<void> {
    if (this.#changed) await this.#guard(this.#handle.sync());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }

  /** A link, a folder or other content under that name is not it, and will be replaced. */
  async #has(name: string, sha256: string): Promise<boolean> {
    const path = join(this.#base, name);
    let handle: FileHandle;
    try {
      handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    } catch {
      return false;
    }
    try {
      if (!(await handle.stat()).isFile()) return false;
      const hash = createHash("sha256");
      const block = Buffer.allocUnsafe(READ_BYTES);
      for (;;) {
        const { bytesRead } = await handle.read(block, 0, block.length);
        if (bytesRead === 0) break;
        hash.update(block.subarray(0, bytesRead));
      }
      if (hash.digest("hex") !== sha256) return false;
      const now = new Date();
      await handle.utimes(now, now).catch(() => {}); // somebody else's file: its age is theirs to decide
      return true;
    } finally {
      await handle.close();
    }
  }

  async #guard<T>(step: Promise<T>): Promise<T> {
    try {
      return await step;
    } catch (error) {
      throw new StorageError(
        `attachments: cannot write into ${this.#dir}: ${errorText(error)}; free space or mend its permissions`,
        {
          cause: error,
        },
      );
    }
  }
}

async function writeAll(handle: FileHandle, chunks: readonly Buffer[]): Promise<void> {
  const total = chunks.reduce((sum, { length }) => sum + length, 0);
  let { bytesWritten: written } = await handle.writev(chunks);
  if (written === total) return;
  const all = Buffer.concat(chunks);
  while (written < total) written += (await handle.write(all, written)).bytesWritten;
}
