import { isDeepStrictEqual } from "node:util";
import { type AdjustableChannel, type ChannelRules, LIVE_KEYS } from "../channel/rules.ts";
import type { LogConfig } from "../config/gateway-schema.ts";
import { type LoadedConfig, loadConfig } from "../config/load.ts";
import type { AccountConfig } from "../config/schema.ts";
import { ConfigError, errorText } from "../domain/errors.ts";
import type { Logger } from "../runtime/logger.ts";

export interface ReloadParts {
  /** By account id. */
  readonly channels: ReadonlyMap<string, AdjustableChannel>;
  readonly logger: Logger;
  readonly setLevel: (level: LogConfig["level"]) => void;
}

/** What a new reading of the file means for the running process. */
export interface Changes {
  /** By account id: what applies at once. */
  readonly live: ReadonlyMap<string, ChannelRules>;
  /** As they stand in the file, `accounts.support.imapHost`: what needs a restart. */
  readonly restart: readonly string[];
}

/**
 * Reads the file again and applies what can be applied without a new connection; what cannot is named in a warning. A file
 * that cannot be used changes nothing. Gives what is in force from now on. Never rejects.
 */
export async function reload(
  current: LoadedConfig,
  { channels, logger, setLevel }: ReloadParts,
): Promise<LoadedConfig> {
  let next: LoadedConfig;
  try {
    next = await loadConfig(current.path);
  } catch (error) {
    const problems = error instanceof ConfigError ? error.problems : [errorText(error)];
    logger.log("error", "the configuration was not reloaded, the old rules stay: the file has mistakes", {
      path: current.path,
      mistakes: problems.length,
    });
    // One line each: a line of the log is cut at its limit, and none of them may be lost.
    for (const problem of problems) logger.log("error", "mistake in the configuration", { problem });
    return current;
  }
  const { live, restart } = changes(current, next);
  setLevel(next.config.log.level);
  for (const [id, rules] of live) channels.get(id)?.update(rules);
  const changed = [...live].flatMap(([id, rules]) => Object.keys(rules).map((key) => `accounts.${id}.${key}`));
  if (current.config.log.level !== next.config.log.level) changed.push("log.level");
  logger.log("info", "configuration reloaded", { changed: changed.join(", ") || "nothing" });
  if (restart.length > 0) logger.log("warn", `restart for ${restart.join(", ")}`, { path: current.path });
  return inForce(current, next, live);
}

/** What needs a restart is compared with the file again the next time, so that it is not forgotten. */
function inForce(current: LoadedConfig, next: LoadedConfig, live: Changes["live"]): LoadedConfig {
  const accounts = current.accounts.map((account) => ({ ...account, ...live.get(account.id) }) as AccountConfig);
  const log = { ...current.config.log, level: next.config.log.level };
  return { ...current, accounts, config: { ...current.config, log } };
}

export function changes(current: LoadedConfig, next: LoadedConfig): Changes {
  const live = new Map<string, ChannelRules>();
  const restart = [...inFile(current, next)];
  for (const account of current.accounts) {
    const later = next.accounts.find(({ id }) => id === account.id);
    if (later === undefined) restart.push(`accounts.${account.id}`);
    else {
      const keys = changedKeys(account, later);
      const rules = Object.fromEntries(keys.filter(isLive).map((key) => [key, Reflect.get(later, key)]));
      if (Object.keys(rules).length > 0) live.set(account.id, rules);
      restart.push(...keys.filter((key) => !isLive(key)).map((key) => `accounts.${account.id}.${key}`));
    }
  }
  const isNew = ({ id }: AccountConfig) => current.accounts.every((account) => account.id !== id);
  restart.push(...next.accounts.filter(isNew).map(({ id }) => `accounts.${id}`));
  return { live, restart };
}

/** `log` is half live, and accounts are looked at one by one. */
const LOOKED_AT_ELSEWHERE = ["$schema", "accounts", "log"];

function inFile({ config: current }: LoadedConfig, { config: next }: LoadedConfig): string[] {
  const keys = changedKeys(current, next).filter((key) => !LOOKED_AT_ELSEWHERE.includes(key));
  return current.log.format === next.log.format ? keys : [...keys, "log.format"];
}

function changedKeys(current: object, next: object): string[] {
  const keys = new Set([...Object.keys(current), ...Object.keys(next)]);
  return [...keys].filter((key) => !isDeepStrictEqual(Reflect.get(current, key), Reflect.get(next, key)));
}

function isLive(key: string): boolean {
  return (LIVE_KEYS as readonly string[]).includes(key);
}
