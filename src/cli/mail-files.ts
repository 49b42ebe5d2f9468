import { createReadStream } from "node:fs";
import { open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/** Standard input. */
export const STDIN = "-";

/** One mail from the disk. */
export interface MailFile {
  readonly content: Buffer | AsyncIterable<Buffer>;
  /** When it was last written to: as near to the time of its arrival as a file tells. */
  readonly writtenAt: Date;
}

/** A mail up to this size is read whole; a larger one streams, so that memory stays flat. */
const WHOLE_MAIL_BYTES = 2 << 20;
const STREAM_CHUNK_BYTES = 1 << 20;

/**
 * The files that the arguments name, in their order; of a folder all `*.eml` in it and below, sorted by path. What cannot be
 * looked at is given as it is: whoever opens it learns why.
 */
export async function* mailFiles(names: readonly string[]): AsyncGenerator<string, void> {
  for (const name of names) {
    if (name !== STDIN && (await isFolder(name))) yield* filesBelow(name);
    else yield name;
  }
}

async function isFolder(path: string): Promise<boolean> {
  return await stat(path).then(
    (status) => status.isDirectory(),
    () => false,
  );
}

/** Symbolic links to folders are not followed: they may lead in a circle. */
async function* filesBelow(folder: string): AsyncGenerator<string, void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => undefined);
  if (entries === undefined) yield folder;
  for (const entry of (entries ?? []).toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else if (/\.eml$/i.test(entry.name)) yield path;
  }
}

/** Rejects as the file system does. */
export async function readMailFile(path: string): Promise<MailFile> {
  if (path === STDIN) return { content: process.stdin, writtenAt: new Date() };
  await using file = await open(path, "r");
  const status = await file.stat();
  if (!status.isFile()) throw new Error("it is not a file");
  const isLarge = status.size > WHOLE_MAIL_BYTES;
  const content = isLarge ? createReadStream(path, { highWaterMark: STREAM_CHUNK_BYTES }) : await file.readFile();
  return { content, writtenAt: status.mtime };
}
