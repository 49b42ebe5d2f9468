import type { Dirent, Stats } from "node:fs";
import { lstat, opendir, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { openFolder } from "./attachment-dir.ts";

export interface SweepOptions {
  readonly dir: string;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
  /** Undefined: saved files are kept for ever. */
  readonly keepDays: number | undefined;
  /** Paths of files that a mail still needs; asked only when there is something to delete. */
  readonly needed: () => Promise<readonly string[]>;
  readonly signal: AbortSignal;
}

export interface Swept {
  /** Saved files that were deleted for their age. */
  readonly expired: number;
  /** What a process that was killed had begun to write. */
  readonly unfinished: number;
  /** More is to be done, the next time. */
  readonly isMore: boolean;
}

const DAY_MS = 86_400_000;

/** Nothing is written to a file for so long by anybody who lives: the server would have hung up before. */
const UNFINISHED_AGE_MS = 3_600_000;

/** A sweep is not to keep a disk busy; there is another one tomorrow. */
const MAX_DELETED = 10_000;
const MAX_LOOKED_AT = 200_000;

const UNFINISHED = /^\.mailport-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.part$/;
const SAVED = /^mailport-[0-9a-f]{16}\.[a-z0-9]{1,10}$/;

/**
 * Deletes what is ours and of no more use: regular files under the names that attachments are saved by. Links are neither
 * followed nor deleted, and the folder itself must not be one. A folder that does not exist has nothing to delete.
 */
export async function sweepAttachments(options: SweepOptions): Promise<Swept> {
  const folder = await openFolder(options.dir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (!folder) return { expired: 0, unfinished: 0, isMore: false };
  try {
    return await sweep(folder.base, options);
  } finally {
    await folder.handle.close();
  }
}

async function sweep(base: string, { now, keepDays, needed, signal }: SweepOptions): Promise<Swept> {
  const isOld = (age: number) => (stats: Stats) => stats.isFile() && now - stats.mtimeMs > age;
  const isUnfinished = isOld(UNFINISHED_AGE_MS);
  const isExpired = isOld((keepDays ?? Infinity) * DAY_MS);
  const expired: string[] = [];
  let unfinished = 0;
  let lookedAt = 0;
  for await (const entry of await opendir(base)) {
    if (signal.aborted || ++lookedAt > MAX_LOOKED_AT || unfinished + expired.length >= MAX_DELETED) break;
    const path = join(base, entry.name);
    if (!mayBeFile(entry)) continue;
    if (UNFINISHED.test(entry.name)) unfinished += await removeIf(path, isUnfinished);
    else if (keepDays !== undefined && SAVED.test(entry.name) && (await matches(path, isExpired))) expired.push(path);
  }
  const isMore = lookedAt > MAX_LOOKED_AT || unfinished + expired.length >= MAX_DELETED;
  return { expired: await removeUnneeded(expired, { needed, isExpired, signal }), unfinished, isMore };
}

type Removal = Pick<SweepOptions, "needed" | "signal"> & { readonly isExpired: (stats: Stats) => boolean };

/** The store is asked after the folder was read: a mail that has come meanwhile has made its file young again. */
async function removeUnneeded(paths: readonly string[], { needed, isExpired, signal }: Removal): Promise<number> {
  if (paths.length === 0) return 0;
  const kept = new Set((await needed()).map((path) => basename(path)));
  let removed = 0;
  for (const path of paths) {
    if (signal.aborted) break;
    if (!kept.has(basename(path))) removed += await removeIf(path, isExpired);
  }
  return removed;
}

/** Some file systems do not say what an entry is. */
function mayBeFile(entry: Dirent): boolean {
  return entry.isFile() || !(entry.isDirectory() || entry.isSymbolicLink() || entry.isFIFO() || entry.isSocket());
}

async function matches(path: string, wanted: (stats: Stats) => boolean): Promise<boolean> {
  // Somebody else may be clearing up, too.
  const stats = await lstat(path).catch(() => undefined);
  return stats !== undefined && wanted(stats);
}

async function removeIf(path: string, wanted: (stats: Stats) => boolean): Promise<number> {
  if (!(await matches(path, wanted))) return 0;
  await rm(path, { force: true });
  return 1;
}
