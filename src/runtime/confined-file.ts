import { constants } from "node:fs";
import { type FileHandle, open, realpath, stat } from "node:fs/promises";
import { resolve, sep } from "node:path";

/** A pipe without a writer would otherwise be waited for, and with it a thread, for ever. */
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0);

/** Why a file is not to be had; its message is the rest of a sentence that begins with the path. */
export class ConfinedFileError extends Error {
  override readonly name: string = "ConfinedFileError";
  readonly reason: "outside" | "unreadable";

  constructor(reason: "outside" | "unreadable", message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.reason = reason;
  }
}

export interface ConfinedFile {
  readonly handle: FileHandle;
  readonly bytes: number;
}

/**
 * Opens a regular file for reading that lies under one of `folders`, all symbolic links followed: no link, no `..` and no
 * swapping of names leads out of them.
 * @throws ConfinedFileError
 */
export async function openConfined(path: string, folders: readonly string[]): Promise<ConfinedFile> {
  const real = await confinedPath(path, folders);
  const handle = await open(real, OPEN_FLAGS).catch((cause: unknown) => {
    throw new ConfinedFileError("unreadable", `cannot be read: ${messageOf(cause)}`, { cause });
  });
  try {
    const status = await handle.stat();
    if (!status.isFile()) throw new ConfinedFileError("unreadable", "is not a file");
    // What was opened is what lies there: otherwise somebody has put a link in its way meanwhile.
    const { dev, ino } = await stat(await confinedPath(path, folders));
    if (dev !== status.dev || ino !== status.ino)
      throw new ConfinedFileError("unreadable", "was changed while it was opened");
    return { handle, bytes: status.size };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/**
 * Where the file really lies, when that is under one of `folders`.
 * @throws ConfinedFileError; of a path that leads elsewhere it does not tell whether there is a file.
 */
export async function confinedPath(path: string, folders: readonly string[]): Promise<string> {
  const bases = await Promise.all(folders.map(async (folder) => await realpath(folder).catch(() => resolve(folder))));
  const failure: { cause?: unknown } = {};
  const real = await realpath(path).catch((cause: unknown) => {
    failure.cause = cause;
    return undefined;
  });
  const named = resolve(path);
  const isInside = (file: string) =>
    [...bases, ...(real === undefined ? folders : [])].some((base) => liesIn(file, base));
  if (!isInside(real ?? named))
    throw new ConfinedFileError(
      "outside",
      "lies in none of the folders that may be attached from; add its folder to attachFrom, or give the content itself",
    );
  if (real === undefined)
    throw new ConfinedFileError("unreadable", `cannot be read: ${messageOf(failure.cause)}`, failure);
  return real;
}

function liesIn(file: string, folder: string): boolean {
  const base = resolve(folder);
  return file.startsWith(base.endsWith(sep) ? base : `${base}${sep}`);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
