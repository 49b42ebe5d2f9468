import { readFile, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { ConfigError, errorText } from "../domain/errors.ts";
import { accountRuleProblems, missingConnection } from "./account-rules.ts";
import { type BotConfig, type GatewayConfig, gatewaySchema, type StoreConfig } from "./gateway-schema.ts";
import { jsonFault } from "./json-text.ts";
import { notYetInGateway } from "./not-yet.ts";
import { isObject, problemsOf } from "./problems.ts";
import { type AccountConfig, type AccountDraft, accountSchema } from "./schema.ts";
import type { Secret } from "./secrets.ts";

/** The gateway's file, read, checked, and with every path absolute. */
export interface LoadedConfig {
  readonly path: string;
  /** Relative paths count from here, and a bot's command runs here. */
  readonly directory: string;
  readonly config: GatewayConfig;
  /** The enabled accounts, complete. */
  readonly accounts: readonly AccountConfig[];
  readonly disabled: readonly AccountDraft[];
  /** Somebody else on this machine may read the file. */
  readonly readableByOthers: boolean;
}

/**
 * Reads and checks the gateway's file.
 * @throws {ConfigError} a sentence for a file that cannot be read or is not JSON (line and column), or every mistake in it.
 */
export async function loadConfig(path: string): Promise<LoadedConfig> {
  const text = await readText(path);
  const fault = jsonFault(text);
  if (fault) throw new ConfigError([`JSON mistake at line ${fault.line}, column ${fault.column}: ${fault.what}`], path);
  const directory = dirname(resolve(path));
  const config = absolutePaths(parseGateway(JSON.parse(text), path), directory);
  // Parsed again for its type only: that an enabled account is complete has been checked.
  const accounts = config.accounts.filter(({ enabled }) => enabled).map((account) => accountSchema.parse(account));
  const disabled = config.accounts.filter(({ enabled }) => !enabled);
  return { path, directory, config, accounts, disabled, readableByOthers: await othersMayRead(path) };
}

/** @throws {ConfigError} naming every mistake of the whole file at once. */
export function parseGateway(input: unknown, source = "configuration"): GatewayConfig {
  const result = gatewaySchema.safeParse(input);
  const problems = [...(result.success ? [] : problemsOf(result.error, input)), ...ruleProblems(input)];
  if (result.success && problems.length === 0) return result.data;
  throw new ConfigError(problems, source);
}

function ruleProblems(input: unknown): string[] {
  if (!isObject(input)) return [];
  const accounts: unknown[] = Array.isArray(input["accounts"]) ? input["accounts"] : [];
  const ids = accounts.map((account) => (isObject(account) ? (account["id"] ?? "default") : undefined));
  const inAccounts = accounts.flatMap((account, index) => {
    const problems = [...missingConnection(account), ...accountRuleProblems(account)];
    const first = ids.indexOf(ids[index]);
    if (ids[index] !== undefined && first < index)
      problems.push(
        `id: ${JSON.stringify(ids[index])} is the id of accounts[${first}] too; each account needs its own`,
      );
    return problems.map((problem) => `accounts[${index}].${problem}`);
  });
  return [...notYetInGateway(input), ...inAccounts];
}

async function readText(path: string): Promise<string> {
  try {
    // A byte order mark is what some editors put first; JSON.parse would stumble over it.
    return (await readFile(path, "utf8")).replace(/^\uFEFF/, "");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    const sentence =
      code === "ENOENT"
        ? "there is no such file; `mailport init` writes one to start from"
        : `cannot be read (${errorText(error)})`;
    throw new ConfigError([sentence], path);
  }
}

async function othersMayRead(path: string): Promise<boolean> {
  // Windows has no such bits; there the mode says 0666 of every file.
  return process.platform !== "win32" && ((await stat(path)).mode & 0o044) !== 0;
}

function absolutePaths(config: GatewayConfig, directory: string): GatewayConfig {
  const absolute = (path: string) => resolve(directory, path);
  return {
    ...config,
    store: absoluteStore(config.store, absolute),
    bot: absoluteBot(config.bot, absolute),
    accounts: config.accounts.map((account) => ({
      ...account,
      ...(account.password === undefined ? {} : { password: absoluteSecret(account.password, absolute) }),
      attachments: { ...account.attachments, dir: absolute(account.attachments.dir) },
      ...(account.attachFrom === undefined ? {} : { attachFrom: account.attachFrom.map(absolute) }),
    })),
  };
}

function absoluteStore(store: StoreConfig, absolute: (path: string) => string): StoreConfig {
  return store.kind === "sqlite" ? { ...store, path: absolute(store.path) } : store;
}

function absoluteBot(bot: BotConfig, absolute: (path: string) => string): BotConfig {
  if (bot.kind === "module") return { ...bot, path: absolute(bot.path) };
  return bot.kind === "http" ? { ...bot, secret: absoluteSecret(bot.secret, absolute) } : bot;
}

function absoluteSecret(secret: Secret, absolute: (path: string) => string): Secret {
  return typeof secret === "object" && "file" in secret ? { file: absolute(secret.file) } : secret;
}
