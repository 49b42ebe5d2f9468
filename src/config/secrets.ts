import { open } from "node:fs/promises";
import { ConfigError } from "../domain/errors.ts";
import { runProgram } from "./program.ts";

/** A password, or where to find it. Looked up at each login, so that a changed one is used without a restart. */
export type Secret = string | { env: string } | { file: string } | { command: string | string[] };

export interface SecretPlace {
  /** What the secret is for, as it stands in the configuration: `accounts[0].password`. */
  readonly name?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal | undefined;
}

/** Password managers ask a daemon; one that has not answered by then is waiting for a person. */
const COMMAND_TIMEOUT_MS = 10_000;
/** Far above any password or token, far below what would hurt. */
const MAX_SECRET_BYTES = 64 * 1024;

/**
 * The secret itself: the literal, the variable, the file's or the command's one line (its newline cut off).
 * Rejects with a `ConfigError` that says where it looked and never what it found.
 */
export async function resolveSecret(secret: Secret, place: SecretPlace = {}): Promise<string> {
  const { name = "password", env = process.env, signal } = place;
  const fail = (sentence: string) => new ConfigError([`${name}: ${sentence}`]);
  if (typeof secret === "string") return secret;
  if ("env" in secret) return fromEnvironment(secret.env, env, fail);
  if ("file" in secret) return oneLine(await fromFile(secret.file, fail), `the file ${secret.file}`, fail);
  const [program = "", ...args] = commandWords(secret.command);
  return oneLine(await fromCommand([program, ...args], signal, fail), `the command ${program}`, fail);
}

/** A command written as one string, cut at spaces; quotes keep spaces. No shell is involved. */
export function commandWords(command: string | readonly string[]): string[] {
  if (typeof command !== "string") return [...command];
  return [...command.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, bare]) => double ?? single ?? bare ?? "",
  );
}

type Fail = (sentence: string) => ConfigError;

function fromEnvironment(variable: string, env: NonNullable<SecretPlace["env"]>, fail: Fail): string {
  const value = env[variable];
  if (value === undefined) throw fail(`the environment variable ${variable} is not set; set it before the start`);
  if (value === "") throw fail(`the environment variable ${variable} is empty`);
  return value;
}

async function fromFile(path: string, fail: Fail): Promise<string> {
  try {
    await using file = await open(path, "r");
    // One byte more than allowed, so that too much is seen without reading it all.
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_SECRET_BYTES + 1), 0, MAX_SECRET_BYTES + 1, 0);
    if (bytesRead > MAX_SECRET_BYTES)
      throw fail(`the file ${path} is larger than ${MAX_SECRET_BYTES} bytes; is it the right file?`);
    return buffer.toString("utf8", 0, bytesRead);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw fail(`cannot read the file ${path} (${systemCode(error)})${FILE_HINTS[systemCode(error)] ?? ""}`);
  }
}

const FILE_HINTS: Record<string, string> = {
  ENOENT: "; there is no such file",
  EACCES: "; this user may not read it",
  EISDIR: "; it is a folder",
};

async function fromCommand(words: string[], signal: AbortSignal | undefined, fail: Fail): Promise<string> {
  const [name = ""] = words;
  const limit = AbortSignal.timeout(COMMAND_TIMEOUT_MS);
  const stop = AbortSignal.any(signal ? [signal, limit] : [limit]);
  try {
    const program = { words, cwd: undefined, env: process.env, input: "", maxOutputBytes: MAX_SECRET_BYTES };
    // Its messages are not repeated: a password manager may print what it should not.
    const { code, stdout, tooMuchOutput } = await runProgram(program, stop);
    if (tooMuchOutput) throw fail(`the command ${name} printed more than ${MAX_SECRET_BYTES} bytes`);
    if (code !== 0) throw fail(`the command ${name} ended with ${code}; run it by hand to see why`);
    return stdout.toString("utf8");
  } catch (error) {
    if (error instanceof ConfigError || signal?.aborted) throw error;
    if (limit.aborted) throw fail(`the command ${name} did not answer within ${COMMAND_TIMEOUT_MS / 1000} seconds`);
    throw fail(`the command ${name} cannot be run (${systemCode(error)})`);
  }
}

function oneLine(text: string, where: string, fail: Fail): string {
  const line = text.replace(/\r?\n$/, "");
  if (line === "") throw fail(`${where} is empty`);
  if (/[\r\n]/.test(line)) throw fail(`${where} has more than one line; the secret must stand alone`);
  return line;
}

function systemCode(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown error";
}
