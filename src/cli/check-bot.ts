import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, extname, join, resolve } from "node:path";
import type { Finding } from "../config/findings.ts";
import type { LoadedConfig } from "../config/load.ts";
import { runProgram } from "../config/program.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** Only these can be read by `node --check`; what a newer Node makes of TypeScript is found at the start. */
const PLAIN_JAVASCRIPT = new Set([".js", ".mjs", ".cjs"]);
const SCRIPT_ENDINGS = new Set([".js", ".mjs", ".cjs", ".ts", ".py", ".rb", ".pl", ".php", ".sh"]);
/** Reading a module takes a moment; a disk that has gone away takes for ever. */
const SYNTAX_TIMEOUT_MS = 10_000;
const MAX_OUTPUT_BYTES = 64 * 1024;

/**
 * Whether the bot is there. It is not run: a module does what it does when it is loaded, and a check must not answer mail.
 * Its syntax is read, by another process.
 */
export async function botFindings({ config: { bot }, directory }: LoadedConfig, env: Env): Promise<Finding[]> {
  if (bot.kind === "module") return await moduleFindings(bot.path, env);
  return bot.kind === "command" ? await commandFindings(bot.command, directory, env) : [];
}

async function moduleFindings(path: string, env: Env): Promise<Finding[]> {
  if (!(await may(path, constants.R_OK)))
    return [
      error(
        "bot-module-missing",
        `the bot's module ${path} is not there or cannot be read`,
        "bot.path",
        "write the path as it counts from the configuration file",
      ),
    ];
  if (!PLAIN_JAVASCRIPT.has(extname(path))) return [];
  const what = await syntaxFault(path, env);
  if (what === undefined) return [];
  const fix = `mend it; \`node --check ${path}\` shows the place`;
  return [error("bot-module-broken", `the bot's module ${path} cannot be loaded: ${what}`, "bot.path", fix)];
}

/** Undefined also when Node does not say in time. */
async function syntaxFault(path: string, env: Env): Promise<string | undefined> {
  const words = [process.execPath, "--check", path];
  const node = { words, cwd: undefined, env, input: "", maxOutputBytes: MAX_OUTPUT_BYTES };
  const end = await runProgram(node, AbortSignal.timeout(SYNTAX_TIMEOUT_MS)).catch(() => undefined);
  if (end === undefined || end.code === 0) return undefined;
  return /^\w*Error: .*$/m.exec(end.stderr)?.[0] ?? "it is no JavaScript";
}

async function commandFindings(command: readonly string[], directory: string, env: Env): Promise<Finding[]> {
  const [program = "", ...args] = command;
  if (!(await isProgram(program, directory, env)))
    return [
      error(
        "bot-program-missing",
        `the bot's program ${program} is not there or may not be run by this user`,
        "bot.command",
        "install it, or write its path; a relative one counts from the configuration file",
      ),
    ];
  // `python3 bot.py`: the first word that is no option.
  const script = args.find((word) => !word.startsWith("-"));
  if (
    script === undefined ||
    !SCRIPT_ENDINGS.has(extname(script)) ||
    (await may(resolve(directory, script), constants.R_OK))
  )
    return [];
  return [
    error(
      "bot-script-missing",
      `the bot's script ${resolve(directory, script)} is not there or cannot be read`,
      "bot.command",
      "write the path as it counts from the configuration file",
    ),
  ];
}

/** As the system looks for it: a name without a slash along PATH, any other from the folder that it runs in. */
async function isProgram(program: string, directory: string, env: Env): Promise<boolean> {
  if (program.includes("/")) return await may(resolve(directory, program), constants.X_OK);
  // Windows also tries endings; there only the start can tell.
  if (process.platform === "win32") return true;
  const places = (env["PATH"] ?? "").split(delimiter).map((folder) => join(resolve(directory, folder), program));
  const found = await Promise.all(places.map(async (place) => await may(place, constants.X_OK)));
  return found.includes(true);
}

async function may(path: string, mode: number): Promise<boolean> {
  return await access(path, mode).then(
    () => true,
    () => false,
  );
}

function error(id: string, message: string, path: string, fix: string): Finding {
  return { id, severity: "error", account: "", message, path, fix };
}
