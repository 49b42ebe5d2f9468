import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

const MAIN = resolve(import.meta.dirname, "../../dist/cli/main.js");

export interface Ended {
  readonly code: number | NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

export interface RunningMailport extends AsyncDisposable {
  readonly pid: number;
  readonly ended: Promise<Ended>;
  /** What it has written to standard error so far. */
  err(): string;
  kill(signal: NodeJS.Signals): void;
  /** Waits until standard error says something. */
  says(text: string | RegExp): Promise<void>;
}

export interface Start {
  readonly env?: Record<string, string>;
  /** Puts another command around it, which ends by becoming it. */
  readonly wrap?: (command: readonly string[]) => [file: string, args: string[]];
}

/** The real command, from dist, as a user starts it. */
export function startMailport(args: readonly string[], { env, wrap }: Start = {}): RunningMailport {
  if (!existsSync(MAIN)) throw new Error("dist is missing: run `npm run build` first");
  const [file, all] = wrap?.([process.execPath, MAIN, ...args]) ?? [process.execPath, [MAIN, ...args]];
  const child = spawn(file, all, {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [out, err] = [collect(child.stdout), collect(child.stderr)];
  const ended = whenEnded(child, out, err);
  return {
    pid: child.pid ?? 0,
    ended,
    err,
    kill: (signal) => void child.kill(signal),
    async says(text) {
      const deadline = performance.now() + SAYS_WITHIN_MS;
      while (!(typeof text === "string" ? err().includes(text) : text.test(err()))) {
        if (performance.now() > deadline || child.exitCode !== null)
          throw new Error(`never said ${String(text)}, but:\n${err()}`);
        await pause(20);
      }
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

const SAYS_WITHIN_MS = 15_000;

export async function mailport(...args: string[]): Promise<Ended> {
  return await startMailport(args).ended;
}

function collect(stream: NodeJS.ReadableStream): () => string {
  let text = "";
  stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
  return () => text;
}

async function whenEnded(child: ChildProcess, out: () => string, err: () => string): Promise<Ended> {
  return await new Promise((done, fail) => {
    child.once("error", fail);
    child.once("close", (code, signal) => done({ code: code ?? signal, out: out(), err: err() }));
  });
}
