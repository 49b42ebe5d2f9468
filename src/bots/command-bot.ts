import { runProgram } from "../config/program.ts";
import type { BotAnswer, BotPort } from "../domain/bot.ts";
import { errorText } from "../domain/errors.ts";
import type { InboundAttachment, InboundMessage } from "../domain/message.ts";
import type { Logger } from "../runtime/logger.ts";
import { BotError, MAX_ANSWER_BYTES, readAnswer } from "./answer.ts";

export interface CommandBotOptions {
  /** The program and its arguments. No shell is involved. */
  readonly command: readonly string[];
  /** It runs here; relative attachment paths of its answers count from here. */
  readonly directory: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly logger: Logger;
}

/** One run of a program for each mail: the message as JSON on standard input, the answer on standard output. */
export function createCommandBot({ command, directory, env, logger }: CommandBotOptions): BotPort {
  const program = { words: command, cwd: directory, env, maxOutputBytes: MAX_ANSWER_BYTES };
  const [name = ""] = command;
  return {
    async answer(message, signal) {
      const end = await runProgram({ ...program, input: `${JSON.stringify(messageJson(message))}\n` }, signal).catch(
        (error: unknown) => {
          if (signal.aborted) throw error;
          throw new BotError(`the bot's command ${name} cannot be run (${errorText(error)})`);
        },
      );
      // What a bot says about a mail may quote it, so it is shown to those only who ask for details.
      if (end.stderrLines > 0)
        logger.log("debug", "the bot wrote to standard error", {
          id: message.id,
          lines: end.stderrLines,
          end: end.stderr,
        });
      if (end.tooMuchOutput) throw new BotError(`the bot's command ${name} wrote more than ${MAX_ANSWER_BYTES} bytes`);
      if (end.code !== 0)
        throw new BotError(`the bot's command ${name} ended with ${end.code}${aboutStderr(end.stderrLines)}`);
      return answerOf(end.stdout.toString("utf8"), directory);
    },
    async [Symbol.asyncDispose]() {},
  };
}

/** The message without its methods: what the command reads. */
export function messageJson(message: InboundMessage): Record<string, unknown> {
  const { id, session, text, fullText, removed, receivedAt, sender, metadata, deliveries } = message;
  const attachments = message.attachments.map(attachmentJson);
  return {
    id,
    session,
    text,
    fullText,
    removed,
    receivedAt: receivedAt.toISOString(),
    sender,
    attachments,
    metadata,
    deliveries,
  };
}

function attachmentJson(attachment: InboundAttachment): Omit<InboundAttachment, "open"> {
  const { filename, contentType, size, sha256, contentId, inline, section, path, refused } = attachment;
  const known = {
    ...(contentId === undefined ? {} : { contentId }),
    ...(path === undefined ? {} : { path }),
    ...(refused === undefined ? {} : { refused }),
  };
  return { filename, contentType, size, sha256, inline, section, ...known };
}

function answerOf(output: string, directory: string): BotAnswer | undefined {
  if (!output.startsWith("{")) return readAnswer(output, directory);
  let parsed: unknown;
  try {
    parsed = JSON.parse(output);
  } catch {
    throw new BotError('the bot\'s answer begins with "{" but is not JSON');
  }
  return readAnswer(parsed, directory);
}

function aboutStderr(lines: number): string {
  return lines > 0
    ? `; it wrote ${lines} ${lines === 1 ? "line" : "lines"} to standard error (shown at log level debug)`
    : "";
}
