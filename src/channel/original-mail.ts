import type { OriginalMail } from "../compose/quote-original.ts";
import type { TextsConfig } from "../config/account.ts";
import type { InboundMessage } from "../domain/message.ts";
import { withAttachmentLines } from "../parse/attachment-line.ts";

/**
 * What of a mail may be quoted back to who wrote it: their words alone. The lines for its attachments are the bot's, and
 * name paths of this machine, so whatever the account's texts say now, no line with such a path is quoted.
 */
export function originalMail(
  { text, attachments, sender, receivedAt, metadata }: InboundMessage,
  texts: TextsConfig,
): OriginalMail | undefined {
  const lines = withAttachmentLines("", attachments, texts.attachment);
  const paths = attachments.flatMap(({ path }) => (path === undefined ? [] : [path]));
  const said = (lines !== "" && text.endsWith(lines) ? text.slice(0, -lines.length) : text)
    .split("\n")
    .filter((line) => !paths.some((path) => line.includes(path)))
    .join("\n")
    .trim();
  if (said === "" || said === texts.noText) return undefined;
  const sent = new Date(metadata.email_date);
  return {
    text: said,
    date: Number.isNaN(sent.getTime()) ? receivedAt : sent,
    from: { address: sender.address, name: sender.name },
  };
}
