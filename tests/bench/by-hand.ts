import { ImapFlow } from "imapflow";
import { simpleParser } from "mailparser";
import type { Dovecot } from "../servers/dovecot.ts";

export async function connectByHand(dovecot: Dovecot, user: string): Promise<ImapFlow> {
  const { host, ports, password } = dovecot;
  const client = new ImapFlow({
    host,
    port: ports.imap,
    secure: false,
    doSTARTTLS: false,
    auth: { user, pass: password },
    logger: false,
  });
  client.on("error", () => {});
  await client.connect();
  await client.mailboxOpen("INBOX");
  return client;
}

/** What people write: search, then for each mail fetch, parse, flag. */
export async function handWrittenLoop(dovecot: Dovecot, user: string): Promise<number> {
  const client = await connectByHand(dovecot, user);
  const uids = (await client.search({ seen: false }, { uid: true })) || [];
  let texts = 0;
  for (const uid of uids) {
    const message = await client.fetchOne(String(uid), { source: true }, { uid: true });
    if (!message || !message.source) continue;
    const parsed = await simpleParser(message.source);
    if (parsed.text) texts++;
    await client.messageFlagsAdd(String(uid), ["\\Seen"], { uid: true });
  }
  await client.logout();
  return texts;
}

/** The most that these libraries can do: one FETCH for everything, nothing kept, nothing flagged. */
export async function ceiling(dovecot: Dovecot, user: string): Promise<number> {
  const client = await connectByHand(dovecot, user);
  let texts = 0;
  for await (const { source } of client.fetch("1:*", { source: true }, { uid: true })) {
    if (!source) continue;
    const parsed = await simpleParser(source);
    if (parsed.text) texts++;
  }
  await client.logout();
  return texts;
}

/** The bytes alone, without looking at them. */
export async function bareFetch(dovecot: Dovecot, user: string): Promise<number> {
  const client = await connectByHand(dovecot, user);
  let bytes = 0;
  for await (const { source } of client.fetch("1:*", { source: true }, { uid: true })) bytes += source?.length ?? 0;
  await client.logout();
  return bytes;
}
