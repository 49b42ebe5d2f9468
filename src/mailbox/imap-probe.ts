import { MailboxError } from "../domain/errors.ts";
import type { Logger } from "../runtime/logger.ts";
import { type ImapConnection, type ImapSettings, connectImap, imapWhere } from "./imap-client.ts";
import { imapError } from "./imap-errors.ts";

export interface ImapProbe {
  readonly capabilities: string[];
  readonly idle: boolean;
  /** Null on a connection without TLS. */
  readonly tls: { protocol: string; cipher: string } | null;
  readonly folders: { name: string; messages: number; unseen: number; uidValidity: string }[];
  /** Whether the folder for sent mail is there; null: none is configured. */
  readonly sentFolder: boolean | null;
}

export interface ProbedFolders {
  readonly watched: readonly string[];
  readonly sent: string | undefined;
}

/**
 * Logs in, looks at the folders and leaves: what `mailport check` reports. Rejects with LoginRefusedError,
 * ServerBusyError, InsecureConnectionError, ConnectionError or, for a folder that is not there, MailboxError.
 */
export async function probeImap(
  settings: ImapSettings,
  { watched, sent }: ProbedFolders,
  logger: Logger,
  signal: AbortSignal,
): Promise<ImapProbe> {
  const client = await connectImap(settings, logger, signal);
  try {
    const found: ImapProbe["folders"] = [];
    for (const name of watched) found.push(await folderStatus(client, name));
    const capabilities = [...client.capabilities.keys()].toSorted();
    const sentFolder = sent === undefined ? null : await isThere(client, sent);
    return { capabilities, idle: client.capabilities.has("IDLE"), tls: tlsOf(client), folders: found, sentFolder };
  } catch (error) {
    throw imapError(error, imapWhere(settings));
  } finally {
    await client.logout().catch(() => undefined);
    client.close();
  }
}

async function folderStatus(client: ImapConnection, name: string): Promise<ImapProbe["folders"][number]> {
  const mailbox = await client.mailboxOpen(name, { readOnly: true });
  const unseen = await client.search({ seen: false }, { uid: true, returnOptions: ["COUNT"] });
  return {
    name,
    messages: mailbox.exists,
    unseen: Array.isArray(unseen) ? unseen.length : unseen ? (unseen.count ?? 0) : 0,
    uidValidity: String(mailbox.uidValidity),
  };
}

async function isThere(client: ImapConnection, name: string): Promise<boolean> {
  try {
    await client.mailboxOpen(name, { readOnly: true });
    return true;
  } catch (error) {
    if (imapError(error, "") instanceof MailboxError) return false;
    throw error;
  }
}

function tlsOf(client: ImapConnection): ImapProbe["tls"] {
  if (!client.secureConnection) return null;
  const { version = "TLS", standardName = "" } = client.tls ? client.tls : {};
  return { protocol: version, cipher: standardName };
}
