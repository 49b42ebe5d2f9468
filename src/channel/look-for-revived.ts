import { errorText } from "../domain/errors.ts";
import type { Parts } from "./parts.ts";

/** How soon it is noticed that a person has put something back. */
const REVIVAL_MS = 2_000;

/** A person may put mail back, with `mailport inbox retry` in another process. Never rejects. */
export async function lookForRevived(
  { clock, logger }: Pick<Parts, "clock" | "logger">,
  signal: AbortSignal,
  take: () => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(REVIVAL_MS, signal);
    try {
      await take();
    } catch (error) {
      if (!signal.aborted) logger.log("warn", "the store cannot be read", { error: errorText(error) });
    }
  }
}
