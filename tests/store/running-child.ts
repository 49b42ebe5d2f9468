import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

export interface RunningChild extends AsyncDisposable {
  /** The next line that begins so; lines before it are passed over. */
  line(start: string): Promise<string>;
  /** Ends it as a power cut would: nothing of it runs any more. */
  kill(): Promise<void>;
  /** How large a file it may write; undefined: as large as it likes. */
  limitFiles(bytes: number | undefined): void;
}

/** `uid`: the user that it becomes. */
export function startChild(path: string, task: "fill" | "hold", uid?: number): RunningChild {
  const file = join(import.meta.dirname, "store-child.mjs");
  const child = spawn(
    process.execPath,
    ["--import", "tsx", file, path, task, ...(uid === undefined ? [] : [String(uid)])],
    {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, TSX_DISABLE_CACHE: "1" },
    },
  );
  const exited = once(child, "exit");
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const kill = async () => {
    child.kill("SIGKILL");
    await exited;
  };
  return {
    async line(start) {
      for (;;) {
        const { value, done } = await lines.next();
        if (done) throw new Error(`the child ended before it said "${start}"`);
        if (value.startsWith(start)) return value;
      }
    },
    kill,
    limitFiles(bytes) {
      // The soft limit only: it can be raised again.
      execFileSync("prlimit", ["--pid", String(child.pid), `--fsize=${bytes ?? "unlimited"}:`]);
    },
    [Symbol.asyncDispose]: kill,
  };
}
