import { MailboxError } from "../domain/errors.ts";
import { linkSignals } from "../runtime/signals.ts";
import { type ImapConnection, type ImapSettings, connectImap, imapWhere, nextUid } from "./imap-client.ts";
import { imapError } from "./imap-errors.ts";
import { ImapSession, type ImapSessionOptions, silenceLimitMs } from "./imap-session.ts";
import { OpenCommands } from "./open-commands.ts";
import type { AppendMail, MailboxSession } from "./session.ts";

/** Connects, logs in and opens the folder. Rejects with a ChannelError; nothing stays open then. */
export async function openImapSession(
  options: ImapSessionOptions,
  signal: AbortSignal,
): Promise<MailboxSession & AppendMail> {
  // The session's own watch over silence begins when there is a session.
  using attempt = linkSignals(signal);
  using _ = new OpenCommands(attempt.abort, openingLimitMs(options.settings)).begin();
  const client = await connectImap(options.settings, options.logger, attempt.signal);
  const onAbort = () => client.close();
  attempt.signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await openFolder(client, options, signal);
  } catch (error) {
    client.close();
    throw error instanceof MailboxError ? error : imapError(error, imapWhere(options.settings));
  } finally {
    attempt.signal.removeEventListener("abort", onAbort);
  }
}

async function openFolder(client: ImapConnection, options: ImapSessionOptions, signal: AbortSignal) {
  const mailbox = await client.mailboxOpen(options.folder);
  if (mailbox.uidValidity) {
    const uidValidity = String(mailbox.uidValidity);
    return new ImapSession(client, options, { uidValidity, uidNext: await nextUid(client, mailbox.uidNext), signal });
  }
  // RFC 3501 section 2.3.1.1: without UIDVALIDITY no UID means anything tomorrow.
  const where = imapWhere(options.settings);
  throw new MailboxError(`${where}: folder ${options.folder} has no UIDVALIDITY, so its mails cannot be told apart`);
}

function openingLimitMs(settings: ImapSettings): number {
  const { connectTimeoutMs, greetingTimeoutMs } = settings.timing;
  return connectTimeoutMs + greetingTimeoutMs + silenceLimitMs(settings);
}
