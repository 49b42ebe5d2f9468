import type { BotConfig } from "../config/gateway-schema.ts";
import type { Secret } from "../config/secrets.ts";
import type { BotPort } from "../domain/bot.ts";
import { ConfigError } from "../domain/errors.ts";
import type { Logger } from "../runtime/logger.ts";
import { createCommandBot } from "./command-bot.ts";
import { createEchoBot } from "./echo-bot.ts";
import { loadModuleBot } from "./module-bot.ts";

export interface BotSurroundings {
  /** The configuration file's folder. */
  readonly directory: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly logger: Logger;
}

/**
 * The bot that the configuration names.
 * @throws {ConfigError} when it cannot be loaded.
 */
export async function createBot(config: BotConfig, { directory, env, logger }: BotSurroundings): Promise<BotPort> {
  if (config.kind === "echo") return createEchoBot();
  if (config.kind === "module") return await loadModuleBot(config.path);
  if (config.kind === "command") return createCommandBot({ command: config.command, directory, env, logger });
  throw new ConfigError([`bot.kind: "${config.kind}" is not available in this version`], "bot");
}

/** The environment without the mailbox passwords: a bot that runs tools for strangers must not be able to print them. */
export function withoutSecrets(
  env: Readonly<Record<string, string | undefined>>,
  secrets: readonly Secret[],
): Record<string, string | undefined> {
  const named = new Set(
    secrets.flatMap((secret) => (typeof secret === "object" && "env" in secret ? [secret.env] : [])),
  );
  return Object.fromEntries(Object.entries(env).filter(([name]) => !named.has(name)));
}
