#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { COMMANDS_NOT_YET } from "../config/not-yet.ts";
import { ChannelError, errorText } from "../domain/errors.ts";
import { allowCommand } from "./allow.ts";
import { checkCommand } from "./check.ts";
import { type Command, type Surroundings, UsageError } from "./command.ts";
import { demoCommand } from "./demo.ts";
import { EXIT, exitCodeOf } from "./exit-code.ts";
import { explainCommand } from "./explain.ts";
import { framesOf } from "./fatal.ts";
import { inboxCommand } from "./inbox.ts";
import { initCommand } from "./init.ts";
import { outboxCommand } from "./outbox.ts";
import { runCommand } from "./run.ts";
import { schemaCommand } from "./schema.ts";

const COMMANDS = new Map<string, Command>([
  ["run", runCommand],
  ["demo", demoCommand],
  ["check", checkCommand],
  ["explain", explainCommand],
  ["allow", allowCommand],
  ["inbox", inboxCommand],
  ["outbox", outboxCommand],
  ["init", initCommand],
  ["schema", schemaCommand],
]);

/** When everything has been closed, what still keeps the process alive (a bot's timer, say) gets this long. */
const LINGER_MS = 1_000;

async function main([name = "", ...args]: readonly string[], surroundings: Surroundings): Promise<number> {
  const { out, err } = surroundings;
  if (name === "help" || name === "--help" || name === "-h") return (out(helpText(args[0])), EXIT.ok);
  if (name === "--version" || name === "-v") return (out(version()), EXIT.ok);
  const command = COMMANDS.get(name);
  if (!command) return (err(unknown(name)), EXIT.usage);
  if (args.includes("--help") || args.includes("-h")) return (out(helpText(name)), EXIT.ok);
  try {
    return await command.run(args, surroundings);
  } catch (error) {
    if (isUsageError(error))
      return (err(`mailport ${name}: ${errorText(error)}\nusage: mailport ${name} ${command.usage}`), EXIT.usage);
    if (error instanceof ChannelError) return (err(`mailport ${name}: ${error.message}`), exitCodeOf(error));
    return (err(`mailport ${name}: a bug: ${errorText(error)}\n  ${framesOf(error)}`), EXIT.software);
  }
}

function isUsageError(error: unknown): boolean {
  return (
    error instanceof UsageError ||
    (error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS_"))
  );
}

function unknown(name: string): string {
  if (name === "") return helpText(undefined);
  const later = COMMANDS_NOT_YET.includes(name);
  return `mailport ${name}: ${later ? "not available in this version (0.1)" : "there is no such command"}\n\n${helpText(undefined)}`;
}

function helpText(name: string | undefined): string {
  const command = name === undefined ? undefined : COMMANDS.get(name);
  if (command) return `usage: mailport ${name} ${command.usage}\n\n${command.summary}`;
  const lines = [...COMMANDS].map(([each, { summary }]) => `  ${each.padEnd(8)} ${summary}`);
  return [
    "usage: mailport COMMAND [OPTIONS]",
    "",
    ...lines,
    "",
    "mailport help COMMAND shows its options; mailport --version the version.",
  ].join("\n");
}

function version(): string {
  const about: { version: string } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  return about.version;
}

// A reader that has had enough (`mailport schema | head`) is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) =>
  process.exit(error.code === "EPIPE" ? EXIT.ok : EXIT.software),
);

process.exitCode = await main(process.argv.slice(2), {
  out: (text) => void process.stdout.write(`${text}\n`),
  err: (text) => void process.stderr.write(`${text}\n`),
  env: process.env,
  errIsTerminal: process.stderr.isTTY,
});
setTimeout(() => process.exit(), LINGER_MS).unref();
