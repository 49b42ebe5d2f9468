import { resolve } from "node:path";
import { isObject } from "../config/problems.ts";
import type { BotAnswer } from "../domain/bot.ts";
import type { OutboundAttachment } from "../domain/message.ts";

/** What a bot said cannot be used; the mail comes again later. */
export class BotError extends Error {
  override readonly name: string = "BotError";
}

/** Larger than anybody reads in one mail, smaller than what would hurt the process (security.md P7). */
export const MAX_ANSWER_BYTES: number = 1024 * 1024;

/**
 * A bot's answer out of what it gave: Markdown, or `{ text, attachments?, subject? }`; undefined when it says nothing.
 * Attachments are paths or `{ path | content, filename?, contentType?, contentId? }`; relative paths count from `directory`.
 * @throws {BotError} saying what is wrong with it.
 */
export function readAnswer(given: unknown, directory: string): BotAnswer | undefined {
  if (given === undefined || given === null) return undefined;
  if (typeof given === "string") return answerOf(given, {});
  if (!isObject(given)) throw new BotError("the bot's answer is neither text nor an object");
  const attachments = given["attachments"] ?? [];
  if (!Array.isArray(attachments)) throw new BotError(`"attachments" in the bot's answer is not a list`);
  const files = attachments.map((item: unknown, index) => attachmentOf(item, `attachments[${index}]`, directory));
  const subject = textField(given, "subject", "the bot's answer");
  return answerOf(textField(given, "text", "the bot's answer") ?? "", {
    ...(subject === undefined ? {} : { subject }),
    ...(files.length === 0 ? {} : { attachments: files }),
  });
}

function answerOf(text: string, rest: Omit<BotAnswer, "text">): BotAnswer | undefined {
  if (Buffer.byteLength(text) > MAX_ANSWER_BYTES)
    throw new BotError(`the bot answered with more than ${MAX_ANSWER_BYTES} bytes`);
  if (text.trim() === "" && rest.attachments === undefined) return undefined;
  return { text: text.trimEnd(), ...rest };
}

function attachmentOf(item: unknown, where: string, directory: string): OutboundAttachment {
  const file = typeof item === "string" ? { path: item } : item;
  if (!isObject(file)) throw new BotError(`${where} in the bot's answer is neither a path nor an object`);
  const [path, filename, contentType, contentId] = (["path", "filename", "contentType", "contentId"] as const).map(
    (key) => textField(file, key, where),
  );
  const { content } = file;
  const described = {
    ...(contentType === undefined ? {} : { contentType }),
    ...(contentId === undefined ? {} : { contentId }),
  };
  if (path && content === undefined)
    return { path: resolve(directory, path), ...(filename === undefined ? {} : { filename }), ...described };
  if (!path && filename && (typeof content === "string" || content instanceof Uint8Array))
    return { content, filename, ...described };
  throw new BotError(`${where} in the bot's answer needs either "path", or "content" and "filename"`);
}

function textField(object: Record<string, unknown>, key: string, where: string): string | undefined {
  const value = object[key];
  if (value === undefined || typeof value === "string") return value;
  throw new BotError(`"${key}" of ${where} is not text`);
}
