import type { BotAnswer, BotPort } from "../domain/bot.ts";
import { errorText } from "../domain/errors.ts";
import type { InboundMessage } from "../domain/message.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Logger } from "../runtime/logger.ts";
import { aborted, linkSignals } from "../runtime/signals.ts";

export interface AnswerParts {
  readonly bot: BotPort;
  readonly logger: Logger;
  readonly clock: Clock;
  /** The bot may think this long about one mail. */
  readonly botTimeoutMs: number;
}

/**
 * One mail through the bot and back: answer, send, then ack. What goes wrong before the answer is sent is a nack, so that
 * the mail comes again; when `stop` aborts the mail is left as it is. Never rejects.
 */
export async function answerMail(message: InboundMessage, parts: AnswerParts, stop: AbortSignal): Promise<void> {
  const { logger, clock } = parts;
  const fields = { account: message.metadata.email_account, id: message.id, delivery: message.deliveries };
  const startedAt = clock.monotonic();
  try {
    const answer = await thinkAboutIt(message, parts, stop);
    if (answer === undefined) {
      logger.log("info", "the bot owes no answer", fields);
    } else {
      const { messageId, status, error } = await message.reply(answer.text, outgoing(answer));
      const ms = Math.round(clock.monotonic() - startedAt);
      if (status === "failed" || error)
        logger.log("warn", "the answer was not sent", { ...fields, status, messageId, ms, code: error?.code });
      else logger.log("info", "answered", { ...fields, status, messageId, ms });
    }
  } catch (error) {
    await comesAgain(message, error, { logger, stop });
    return;
  }
  // Last on purpose: a crash before this line answers again rather than never.
  await message
    .ack()
    .catch((error: unknown) =>
      logger.log("error", "the mail could not be marked as dealt with", { ...fields, error: errorText(error) }),
    );
}

class BotTimeout extends Error {}
class Stopped extends Error {}

/** The answer, unless time is up or the gateway stops first; a bot that does not listen to its signal is not waited for. */
async function thinkAboutIt(
  message: InboundMessage,
  { bot, logger, clock, botTimeoutMs }: AnswerParts,
  stop: AbortSignal,
): Promise<BotAnswer | undefined> {
  const decided = new AbortController();
  using patience = linkSignals(stop);
  const thinking = (async () => await bot.answer(message, patience.signal))();
  const tooLate = clock
    .sleep(botTimeoutMs, decided.signal)
    .then(() => Promise.reject(new BotTimeout(`the bot gave no answer within ${botTimeoutMs / 1000} seconds`)));
  const stopping = aborted(patience.signal).then(() => Promise.reject(new Stopped("the gateway is stopping")));
  try {
    return await Promise.race([thinking, tooLate, stopping]);
  } catch (error) {
    if (error instanceof BotTimeout || error instanceof Stopped) {
      const drop = () => logger.log("warn", "a late answer of the bot was dropped", { id: message.id });
      thinking.then(drop, () => {});
    }
    throw error;
  } finally {
    decided.abort();
    patience.abort();
    tooLate.catch(() => {});
    stopping.catch(() => {});
  }
}

async function comesAgain(
  message: InboundMessage,
  error: unknown,
  { logger, stop }: { logger: Logger; stop: AbortSignal },
): Promise<void> {
  const fields = { account: message.metadata.email_account, id: message.id, delivery: message.deliveries };
  if (stop.aborted) {
    logger.log("info", "stopping before the bot had answered; the mail comes again at the next start", fields);
    return;
  }
  const reason = errorText(error);
  logger.log("debug", "no answer this time", { ...fields, reason });
  await message
    .nack({ reason })
    .catch((failure: unknown) =>
      logger.log("error", "the mail could not be put back", { ...fields, error: errorText(failure) }),
    );
}

function outgoing({ attachments, subject }: BotAnswer): Parameters<InboundMessage["reply"]>[1] {
  return { ...(attachments ? { attachments: [...attachments] } : {}), ...(subject === undefined ? {} : { subject }) };
}
