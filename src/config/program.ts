import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

export interface Program {
  /** The program and its arguments. No shell is involved. */
  readonly words: readonly string[];
  readonly cwd: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Written to standard input, which is then closed. */
  readonly input: string;
  /** More than this on standard output ends the program. */
  readonly maxOutputBytes: number;
}

export interface ProgramEnd {
  /** Exit code, or the signal's name. 0 is success. */
  readonly code: number | string;
  readonly stdout: Buffer;
  readonly tooMuchOutput: boolean;
  /** The last part of standard error. */
  readonly stderr: string;
  readonly stderrLines: number;
}

/** A polite program saves its work after SIGTERM; then the whole group is killed. */
const TERM_GRACE_MS = 2_000;
/** A grandchild may hold the pipe open after the program has ended; nobody waits longer for it. */
const PIPE_GRACE_MS = 1_000;
const MAX_STDERR_BYTES = 8 * 1024;

/**
 * Runs a program in a process group of its own and gives what it wrote. Rejects when it cannot be started, and with the
 * signal's reason once the signal has aborted and the group is dead. Nothing of the group outlives this call or this process.
 */
export async function runProgram(program: Program, signal: AbortSignal): Promise<ProgramEnd> {
  signal.throwIfAborted();
  const { words, cwd, env, input } = program;
  const [name = "", ...args] = words;
  const child = spawn(name, args, { cwd, env: { ...env }, detached: true, stdio: ["pipe", "pipe", "pipe"] });
  const exit = new Promise<number | string>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, killedBy) => resolve(code ?? killedBy ?? "unknown"));
  });
  const closed = once(child, "close").catch(() => {});
  const stopped = new AbortController();
  const collected = collect(child, program.maxOutputBytes, () => stopped.abort());
  const stop = () => stopped.abort();
  signal.addEventListener("abort", stop, { once: true });
  stopped.signal.addEventListener("abort", () => void killGroup(child, exit), { once: true });
  keepTrack(child);
  try {
    child.stdin.on("error", () => {}); // EPIPE: a program need not read what it was given.
    child.stdin.end(input);
    const code = await exit;
    await Promise.race([closed, pause(PIPE_GRACE_MS)]);
    if (signal.aborted) throw signal.reason;
    return { code, ...collected() };
  } finally {
    signal.removeEventListener("abort", stop);
    signalGroup(child, "SIGKILL");
    for (const pipe of child.stdio) pipe?.destroy();
    alive.delete(child);
  }
}

function collect(child: ChildProcess, maxBytes: number, onTooMuch: () => void): () => Omit<ProgramEnd, "code"> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  let stderr = Buffer.alloc(0);
  let stderrLines = 0;
  child.stdout?.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= maxBytes) chunks.push(chunk);
    else onTooMuch();
  });
  child.stderr?.on("data", (chunk: Buffer) => {
    for (const byte of chunk) if (byte === NEWLINE) stderrLines++;
    stderr = Buffer.concat([stderr, chunk]).subarray(-MAX_STDERR_BYTES);
  });
  return () => ({
    stdout: Buffer.concat(chunks),
    tooMuchOutput: bytes > maxBytes,
    stderr: stderr.toString("utf8"),
    stderrLines: stderrLines + (stderr.length > 0 && stderr.at(-1) !== NEWLINE ? 1 : 0),
  });
}

const NEWLINE = 0x0a;

async function killGroup(child: ChildProcess, exit: Promise<unknown>): Promise<void> {
  signalGroup(child, "SIGTERM");
  await Promise.race([exit.catch(() => {}), pause(TERM_GRACE_MS)]);
  signalGroup(child, "SIGKILL");
}

/** The group may be gone already, which is what was wanted. */
function signalGroup(child: ChildProcess, name: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    if (process.platform === "win32") child.kill(name);
    else process.kill(-child.pid, name);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && (error.code === "ESRCH" || error.code === "EPERM"))) throw error;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}

/** Programs that must not outlive this process when it leaves at once. */
const alive = new Set<ChildProcess>();
let watchingExit = false;

function keepTrack(child: ChildProcess): void {
  alive.add(child);
  if (watchingExit) return;
  watchingExit = true;
  process.once("exit", () => {
    for (const each of alive) signalGroup(each, "SIGKILL");
  });
}
