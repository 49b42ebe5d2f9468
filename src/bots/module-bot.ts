import { dirname } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import type { BotPort } from "../domain/bot.ts";
import { ConfigError, errorText } from "../domain/errors.ts";
import type { InboundMessage } from "../domain/message.ts";
import { readAnswer } from "./answer.ts";

/** What a bot's module exports by default: this function, or an object with it as `answer(message, signal)`. */
export type BotFunction = (message: InboundMessage, options: { signal: AbortSignal }) => unknown;

/** A bot that cannot part is left behind. */
const GOODBYE_MS = 5_000;

interface LoadedBot {
  readonly answer: (message: InboundMessage, signal: AbortSignal) => unknown;
  readonly dispose: () => unknown;
}

/**
 * A bot out of an ES module on disk.
 * @throws {ConfigError} when the module cannot be loaded or its default export is no bot.
 */
export async function loadModuleBot(path: string): Promise<BotPort> {
  const bot = botOf(await importDefault(path), path);
  const directory = dirname(path);
  return {
    async answer(message, signal) {
      return readAnswer(await bot.answer(message, signal), directory);
    },
    async [Symbol.asyncDispose]() {
      await Promise.race([bot.dispose(), pause(GOODBYE_MS, undefined, { ref: false })]);
    },
  };
}

async function importDefault(path: string): Promise<unknown> {
  try {
    const module: { default?: unknown } = await import(pathToFileURL(path).href);
    return module.default;
  } catch (error) {
    throw new ConfigError([`bot.path: cannot load ${path} (${errorText(error)})`], "bot");
  }
}

function botOf(exported: unknown, path: string): LoadedBot {
  if (typeof exported === "function")
    return { answer: (message, signal) => exported(message, { signal }), dispose: () => {} };
  if (
    typeof exported === "object" &&
    exported !== null &&
    "answer" in exported &&
    typeof exported.answer === "function"
  ) {
    const { answer } = exported;
    const dispose: unknown = Reflect.get(exported, Symbol.asyncDispose);
    return {
      answer: (message, signal) => answer.call(exported, message, signal),
      dispose: () => (typeof dispose === "function" ? dispose.call(exported) : undefined),
    };
  }
  throw new ConfigError(
    [`bot.path: the default export of ${path} is neither a function nor an object with answer()`],
    "bot",
  );
}
