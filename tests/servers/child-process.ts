import { type ChildProcess, spawn } from "node:child_process";
import { readFile, readdir } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { CommandLine } from "./debian-packages.ts";
import { errorCode } from "./error-code.ts";

/** How long a server may take to end on SIGTERM before it is killed. */
const POLITE_STOP_MS = 200;

/** Killed processes end at once, unless the kernel holds them. */
const GROUP_GONE_MS = 1_000;

export interface OwnedProcess extends AsyncDisposable {
  readonly pid: number;
  /** Resolves, never rejects, once the process is gone. */
  readonly exited: Promise<void>;
  readonly isRunning: () => boolean;
  /** What it printed so far on both outputs. */
  readonly output: () => string;
  /** Ends it and everything it started, also what hangs under SIGSTOP. */
  readonly stop: () => Promise<void>;
}

/** Starts a server in a process group of its own, which ends with this process at the latest. */
export async function startProcess({ file, args, cwd }: CommandLine): Promise<OwnedProcess> {
  const child = spawn(file, args, { cwd, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  const printed: string[] = [];
  child.stdout.on("data", (chunk: Buffer) => printed.push(chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => printed.push(chunk.toString()));
  const pid = await startedPid(child);
  const killGroup = () => signalGroup(pid, "SIGKILL");
  process.once("exit", killGroup);
  let running = true;
  const exited = new Promise<void>((resolve) => {
    child.once("exit", () => {
      running = false;
      // Its children may outlive it, stopped ones for ever.
      killGroup();
      process.removeListener("exit", killGroup);
      resolve();
    });
  });
  const stop = async () => {
    if (!running) return;
    child.kill("SIGTERM");
    await Promise.race([exited, sleep(POLITE_STOP_MS, undefined, { ref: false })]);
    if (running) killGroup();
    await exited;
    await groupGone(pid);
  };
  return {
    pid,
    exited,
    isRunning: () => running,
    output: () => printed.join(""),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function startedPid(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("spawn", () => (child.pid === undefined ? reject(new Error("no pid")) : resolve(child.pid)));
  });
}

/** Killed is not yet gone: they may still write to the folder that is to be removed. */
async function groupGone(groupId: number): Promise<void> {
  const deadline = Date.now() + GROUP_GONE_MS;
  while ((await groupLives(groupId)) && Date.now() < deadline) await sleep(5);
}

/** Dead processes that nobody has collected do not count; a container's first process often does not bother. */
async function groupLives(groupId: number): Promise<boolean> {
  const pids = (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name));
  const stats = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, "latin1").catch(() => "")));
  return stats.some((stat) => {
    // The name before the closing parenthesis may hold anything; state, parent and group follow.
    const [state = "Z", , group] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return Number(group) === groupId && !"ZX".includes(state);
  });
}

function signalGroup(groupId: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-groupId, signal);
  } catch (error) {
    // Gone already is what we want.
    if (errorCode(error) !== "ESRCH") throw error;
  }
}
