import { execFile } from "node:child_process";

/** Long enough to download packages over a slow line, short enough to end a hung one. */
const DEFAULT_TIMEOUT_MS = 180_000;

/** doveadm and apt print whole lists. */
const OUTPUT_LIMIT_BYTES = 64 * 1024 * 1024;

export interface CommandResult {
  readonly ok: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly cwd?: string;
  readonly timeoutMs?: number;
}

/** Runs a program to its end. Never rejects: a missing program is `ok: false` too. */
export function tryCommand(
  file: string,
  args: readonly string[],
  { cwd, timeoutMs = DEFAULT_TIMEOUT_MS }: CommandOptions = {},
): Promise<CommandResult> {
  return new Promise((resolve) => {
    const options = {
      cwd,
      timeout: timeoutMs,
      maxBuffer: OUTPUT_LIMIT_BYTES,
      env: { ...process.env, LC_ALL: "C", PATH: `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin` },
    };
    execFile(file, [...args], options, (error, stdout, stderr) => {
      resolve({ ok: error === null, stdout, stderr: stderr || (error?.message ?? "") });
    });
  });
}

/** Runs a program that must succeed; resolves to what it printed. */
export async function runCommand(file: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  const result = await tryCommand(file, args, options);
  if (!result.ok) throw new Error(`${file} ${args.join(" ")} failed: ${lastLines(result.stderr || result.stdout)}`);
  return result.stdout;
}

/** The end of a program's complaint, where the cause usually stands. */
export function lastLines(text: string, count = 4): string {
  return text.trim().split("\n").slice(-count).join(" | ");
}
