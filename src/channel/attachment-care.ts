import { errorText } from "../domain/errors.ts";
import type { Store } from "../domain/store.ts";
import { sweepAttachments } from "../parse/attachment-sweep.ts";
import type { Parts } from "./parts.ts";

const SWEEP_EVERY_MS = 86_400_000;

/**
 * Clears the folder for attachments of what has served its time, now and once a day: files older than
 * `attachments.keepDays` that no mail in the store needs, and what a process that was killed left half-written.
 */
export function careForAttachments(parts: Parts, store: Store, signal: AbortSignal): void {
  const { clock, logger } = parts;
  // A dry run deletes nothing.
  if (parts.account.dryRun) return;
  const sweep = async (): Promise<void> => {
    // The rules of the moment: they may have changed since yesterday.
    const { dir, keepDays } = parts.account.attachments;
    try {
      const needed = async () => await store.attachmentPaths();
      const { expired, unfinished, isMore } = await sweepAttachments({
        dir,
        keepDays,
        needed,
        signal,
        now: clock.now(),
      });
      if (expired + unfinished > 0)
        logger.log("info", "old attachments deleted", { folder: dir, expired, unfinished, more: isMore });
    } catch (error) {
      if (!signal.aborted)
        logger.log("warn", "old attachments cannot be deleted; tried again tomorrow", {
          folder: dir,
          error: errorText(error),
        });
    }
  };
  const timer = setInterval(() => void sweep(), SWEEP_EVERY_MS).unref();
  void sweep();
  signal.addEventListener("abort", () => clearInterval(timer), { once: true });
}
