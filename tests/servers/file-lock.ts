import { spawn } from "node:child_process";

/**
 * Runs `work` while no other process holds the lock.
 *
 * The lock is held by util-linux' `flock`, so the kernel frees it when the holder
 * dies; there is no stale lock to clear.
 */
export async function withFileLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  const holder = spawn("flock", ["-x", file, "sh", "-c", "echo held; read _"], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise<void>((resolve) => holder.once("close", () => resolve()));
  try {
    await new Promise<void>((resolve, reject) => {
      holder.once("error", reject);
      holder.once("exit", () => reject(new Error("flock ended early")));
      holder.stdout.once("data", () => resolve());
    });
    return await work();
  } finally {
    holder.stdin.end();
    if (holder.pid !== undefined) await ended;
  }
}
