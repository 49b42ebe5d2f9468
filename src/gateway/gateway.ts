import type { BotPort } from "../domain/bot.ts";
import type { EmailChannel } from "../domain/channel.ts";
import { errorText } from "../domain/errors.ts";
import type { InboundMessage } from "../domain/message.ts";
import { type Clock, within } from "../runtime/clock.ts";
import type { Logger } from "../runtime/logger.ts";
import { aborted } from "../runtime/signals.ts";
import { answerMail } from "./answer-mail.ts";

export interface GatewayParts {
  readonly channels: readonly EmailChannel[];
  readonly bot: BotPort;
  readonly logger: Logger;
  readonly clock: Clock;
  /** The bot may think this long about one mail. */
  readonly botTimeoutMs: number;
  /** Mails that the bot works on at the same time, over all channels. */
  readonly concurrency: number;
  /** What the bot gets to finish its work once `signal` has aborted. */
  readonly drainMs: number;
}

export interface ChannelEnd {
  readonly account: string;
  /** Why it ended; undefined when it was asked to. */
  readonly error: unknown;
}

/** An answer that the bot has given is handed to the server, and its mail acked, for this much longer than the drain. */
const HAND_OVER_MS = 5_000;
/** The least that a channel gets to log out. */
const GOODBYE_MS = 2_000;

/**
 * Many mailboxes, one bot: every accepted mail gets its answer. Order within a conversation and back-pressure are the
 * channel's: it hands out no mail whose predecessor is not settled, and only so many at once.
 *
 * Resolves when `signal` has aborted and everything is closed, or when every channel has ended by itself. What ended a
 * channel is in the result.
 */
export async function runGateway(parts: GatewayParts, signal: AbortSignal): Promise<readonly ChannelEnd[]> {
  const { channels, clock, drainMs } = parts;
  const work = new Set<Promise<void>>();
  const ends: ChannelEnd[] = [];
  const stopBot = new AbortController();
  const take = async (message: InboundMessage) => {
    const job = answerMail(message, parts, stopBot.signal).finally(() => work.delete(job));
    work.add(job);
    while (work.size >= parts.concurrency) await Promise.race(work);
  };
  const serving = Promise.all(
    channels.map(async (channel) => ends.push(await serve(channel, take, parts.logger, signal))),
  );

  await Promise.race([serving.then(() => allDone(work)), aborted(signal)]);
  const deadlineMs = clock.monotonic() + drainMs;
  await within(clock, drainMs, allDone(work));
  stopBot.abort();
  await within(clock, HAND_OVER_MS, allDone(work));
  const restMs = Math.max(GOODBYE_MS, deadlineMs - clock.monotonic());
  await Promise.all(channels.map((channel) => channel.close({ drainMs: restMs })));
  await within(clock, GOODBYE_MS, serving);
  return ends;
}

async function serve(
  channel: EmailChannel,
  take: (message: InboundMessage) => Promise<void>,
  logger: Logger,
  signal: AbortSignal,
): Promise<ChannelEnd> {
  const { account } = channel.status();
  try {
    for await (const message of channel.receive({ signal })) await take(message);
    return { account, error: undefined };
  } catch (error) {
    if (signal.aborted) return { account, error: undefined };
    logger.log("error", "the account has stopped", { account, error: errorText(error) });
    return { account, error };
  }
}

async function allDone(work: ReadonlySet<Promise<void>>): Promise<void> {
  while (work.size > 0) await Promise.all(work);
}
