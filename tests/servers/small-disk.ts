import { rmSync, writeSync, openSync, closeSync } from "node:fs";
import { canRun } from "./can-run.ts";

/** A command that runs `program` with `folder` on a file system of its own, of `size` (`2m`); no root needed on Linux. */
export function onSmallDisk(folder: string, options: string, program: readonly string[]): [string, string[]] {
  const script = 'mount -t tmpfs -o "$1" tmpfs "$2" && shift 2 && exec "$@"';
  return ["unshare", ["-Urm", "sh", "-c", script, "sh", options, folder, ...program]];
}

/** Whether this machine lets us make such disks. */
export function canMakeDisks(folder: string): boolean {
  return canRun(onSmallDisk(folder, "size=64k", ["true"]));
}

/** What the process sees of a path on its own disks. */
export function seenBy(pid: number, path: string): string {
  return `/proc/${pid}/root${path}`;
}

/** Writes until nothing more fits; gives the bytes. What it returns can be removed to make room. */
export function fillUp(path: string): { readonly bytes: number; readonly empty: () => void } {
  const file = openSync(path, "w");
  let bytes = 0;
  try {
    for (const block of [64 << 10, 4 << 10, 1])
      try {
        for (;;) bytes += writeSync(file, Buffer.alloc(block));
      } catch (error) {
        if (!(error instanceof Error) || !("code" in error) || error.code !== "ENOSPC") throw error;
      }
  } finally {
    closeSync(file);
  }
  return { bytes, empty: () => rmSync(path) };
}
