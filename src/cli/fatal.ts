import { errorText } from "../domain/errors.ts";
import type { Logger } from "../runtime/logger.ts";
import { EXIT } from "./exit-code.ts";

/**
 * What nobody caught is a bug, and a process in an unknown state must not go on answering mail: it is logged, and the
 * process ends with 70 so that its supervisor starts it again. What was in hand comes again then.
 */
export function diesLoudly(logger: Logger): Disposable {
  const onError = (error: unknown) => {
    logger.log("error", "a bug: something failed that nobody had foreseen; leaving with 70", {
      error: errorText(error),
      at: framesOf(error),
    });
    process.exit(EXIT.software);
  };
  process.on("uncaughtException", onError);
  process.on("unhandledRejection", onError);
  return {
    [Symbol.dispose]() {
      process.off("uncaughtException", onError);
      process.off("unhandledRejection", onError);
    },
  };
}

const MAX_FRAMES = 5;

/** Where it happened, without the message that a stack begins with. */
export function framesOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  return (error.stack ?? "")
    .split("\n")
    .filter((line) => /^\s+at /.test(line))
    .slice(0, MAX_FRAMES)
    .map((line) => line.trim())
    .join("; ");
}
