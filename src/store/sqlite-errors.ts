import { ChannelError, StorageError, errorText } from "../domain/errors.ts";
import { sqliteCode } from "./sqlite-driver.ts";

const WHAT_IS_LOST = "Mail that was waiting in it is then no longer known here.";

/** A driver's or a file's error as ours: what is wrong, where, what to do. Anything else is a bug and stays as it is. */
export function storageError(path: string, error: unknown): unknown {
  if (error instanceof ChannelError) return error;
  const code = sqliteCode(error);
  if (code !== undefined) return new StorageError(sentence(path, code, errorText(error)), { cause: error });
  return isSystemError(error)
    ? new StorageError(
        `The store ${path} cannot be used: ${errorText(error)}. Give this user the right to write to the file and its folder.`,
        { cause: error },
      )
    : error;
}

export function damaged(path: string, what: string): StorageError {
  return new StorageError(
    `The store ${path} is damaged: ${what}. ` +
      `Restore it from a backup, or move it away, with its -wal and -shm, to begin anew. ${WHAT_IS_LOST}`,
  );
}

function sentence(path: string, code: string, text: string): string {
  switch (code) {
    case "FULL":
      return `The disk has no room for the store ${path} (${text}). Make room: what failed is tried again.`;
    case "READONLY":
    case "CANTOPEN":
      return `The store ${path} cannot be written (${text}). Give this user the right to write to the file and its folder.`;
    case "IOERR":
      return `The store ${path} could not be read or written (${text}). Look whether the disk is full, over a quota or failing.`;
    case "NOTADB":
      return `${path} is not a mailport store (${text}). Move it away, or name another path. ${WHAT_IS_LOST}`;
    case "CORRUPT":
      return damaged(path, text).message;
    case "BUSY":
    case "LOCKED":
      return `Another process holds the store ${path} for too long (${text}). End whatever has opened it.`;
    default:
      return `The store ${path} failed: ${text}.`;
  }
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && "syscall" in error;
}
