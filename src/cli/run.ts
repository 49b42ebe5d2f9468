import { parseArgs } from "node:util";
import { createBot, withoutSecrets } from "../bots/create-bot.ts";
import { type ChannelDeps, createEmailChannel } from "../channel/email-channel.ts";
import { fileFindings } from "../config/findings.ts";
import { type LoadedConfig, loadConfig } from "../config/load.ts";
import type { StoreConfig } from "../config/gateway-schema.ts";
import { ConfigError } from "../domain/errors.ts";
import type { Store } from "../domain/store.ts";
import { runGateway } from "../gateway/gateway.ts";
import { systemClock } from "../runtime/clock.ts";
import { lineLogger, type Logger } from "../runtime/logger.ts";
import { openSqliteStore } from "../store/sqlite-store.ts";
import { type Command, needConfig, type Surroundings } from "./command.ts";
import { EXIT, exitCodeOf, worstOf } from "./exit-code.ts";
import { diesLoudly } from "./fatal.ts";
import { type ReloadParts, reload } from "./reload.ts";
import { onHangup, stopOnSignals } from "./stop-signals.ts";

export const runCommand: Command = {
  summary: "answer mail until SIGTERM; SIGHUP reads the file again",
  usage: "--config FILE",
  async run(args, surroundings) {
    const { values } = parseArgs({ args: [...args], options: { config: { type: "string" } } });
    const loaded = await loadConfig(needConfig(values.config));
    if (loaded.accounts.length === 0)
      throw new ConfigError(['accounts: none is enabled; set "enabled": true in one'], loaded.path);
    return await serve(loaded, surroundings);
  },
};

/** What `run` does once the file has been read. Gives the exit code. `deps` is for tests that cannot wait for real pauses. */
export async function serve(loaded: LoadedConfig, surroundings: Surroundings, deps: ChannelDeps = {}): Promise<number> {
  const { config, directory, accounts } = loaded;
  const log = { ...config.log };
  const logger = configuredLogger(log, surroundings);
  using fatal = diesLoudly(logger);
  void fatal;
  using stop = stopOnSignals(["SIGTERM", "SIGINT"]);
  for (const { message, ...rest } of fileFindings(loaded)) logger.log("warn", message, { ...rest });

  const passwords = accounts.map(({ password }) => password);
  await using bot = await createBot(config.bot, {
    directory,
    env: withoutSecrets(surroundings.env, passwords),
    logger,
  });
  await using store = deps.store ?? (await openStore(config.store, logger));
  const channels = accounts.map((account) =>
    createEmailChannel({ ...account, ack: "manual" }, { ...deps, ...(store ? { store } : {}), logger }),
  );
  using hangup = reloadOnHangup(loaded, {
    channels: new Map(channels.map((channel) => [channel.status().account, channel])),
    logger,
    setLevel: (level) => (log.level = level),
  });
  void hangup;
  logger.log("info", "mailport is running", {
    accounts: accounts.map(({ id }) => id).join(", "),
    bot: config.bot.kind,
  });
  const limits = {
    botTimeoutMs: config.bot.timeoutSeconds * 1_000,
    concurrency: config.bot.concurrency,
    drainMs: config.drainSeconds * 1_000,
  };
  const ends = await runGateway({ channels, bot, logger, clock: systemClock, ...limits }, stop.signal);
  logger.log("info", "mailport has stopped");
  if (stop.signal.aborted) return EXIT.ok;
  return worstOf(ends.flatMap(({ error }) => (error === undefined ? [] : [exitCodeOf(error)])));
}

function reloadOnHangup(loaded: LoadedConfig, parts: ReloadParts): Disposable {
  let current = loaded;
  return onHangup(async () => {
    current = await reload(current, parts);
  });
}

/** Undefined: each channel has a memory of its own. */
async function openStore(config: StoreConfig, logger: Logger): Promise<Store | undefined> {
  if (config.kind === "memory") return undefined;
  return await openSqliteStore(config.path, { clock: systemClock, keepDays: config.keepDays, logger });
}

function configuredLogger(log: LoadedConfig["config"]["log"], { err, errIsTerminal }: Surroundings): Logger {
  const format = log.format === "auto" ? (errIsTerminal ? "text" : "json") : log.format;
  return lineLogger({ level: () => log.level, format, now: () => Date.now(), write: (line) => err(line.trimEnd()) });
}
