import { join } from "node:path";
import { createEmailChannel, silentLogger } from "../../src/index.ts";
import { openSqliteStore } from "../../src/store/sqlite-store.ts";
import type { DovecotHandle } from "../servers/dovecot-handle.ts";
import { type ConnectionFaults, type FaultProxy, firstConnections, startFaultProxy } from "../servers/fault-proxy.ts";
import { freshUser } from "../servers/shared.ts";
import { type SmtpSink, startSmtpSink } from "../servers/smtp-sink.ts";
import { tempFolder } from "../servers/temp-folder.ts";

export interface Fault {
  readonly name: string;
  /** On the way to the IMAP server, for the first connections. */
  readonly imap?: ConnectionFaults;
  /** On the way to the SMTP server. */
  readonly smtp?: ConnectionFaults;
  /** Of the SMTP server itself, until it is called. */
  readonly server?: (sink: SmtpSink) => void;
  /** An answer may come twice, byte for byte: the connection was lost between the last dot and its reply. */
  readonly mayRepeat?: boolean;
  /** So many answers are refused for good, and must be shown as failed. */
  readonly mayFail?: number;
}

export interface Outcome {
  readonly complaints: readonly string[];
  /** From the start to the last answer. */
  readonly ms: number;
  readonly imapBytes: { readonly toClient: number; readonly toServer: number };
  readonly smtpBytes: { readonly toClient: number; readonly toServer: number };
}

const MAILS = ["a", "b", "c", "d"];
/** One more on the way to SMTP, and a mail whose fate is unknown twice is held for a person. */
const FAULTY_CONNECTIONS = { imap: 2, smtp: 1 };
/** Far above what any of these needs with the timing below. */
const PATIENCE_MS = 20_000;
/** Minutes of real patience in less than a second. */
const TIMING = {
  imap: { idleRenewMs: 400, deadAfterMs: 400, logoutTimeoutMs: 200, connectTimeoutMs: 1_000, greetingTimeoutMs: 500 },
  watch: { backoff: { baseMs: 20, capMs: 100 } },
};
const OUTBOX = { retry: { baseMs: 20, capMs: 100 }, unknownRetryMs: 50 };

/** A whole session, from the login to the last \Seen, under one fault: four mails must get one answer each. */
export async function survives(fault: Fault, dovecot: DovecotHandle): Promise<Outcome> {
  const user = freshUser();
  await using folder = await tempFolder("fault");
  await using sink = await startSmtpSink({ security: "none", auth: { user, password: dovecot.password } });
  fault.server?.(sink);
  await using imap = await proxy(
    dovecot.host,
    dovecot.ports.imap,
    firstConnections(FAULTY_CONNECTIONS.imap, fault.imap ?? {}),
  );
  await using smtp = await proxy(sink.host, sink.port, firstConnections(FAULTY_CONNECTIONS.smtp, fault.smtp ?? {}));
  for (const name of MAILS.slice(0, 3)) await dovecot.deliver(question(name), { user });
  const wanted = MAILS.length - (fault.mayFail ?? 0);
  let failed = 0;
  const startedAt = performance.now();
  {
    await using store = await openSqliteStore(join(folder.path, "mailport.db"));
    const account = { imapHost: imap.host, imapPort: imap.port, smtpHost: smtp.host, smtpPort: smtp.port };
    const secrets = { username: user, password: dovecot.password, fromAddress: "bot@example.test", tls: false };
    await using channel = createEmailChannel(
      { ...account, ...secrets, attachments: { dir: join(folder.path, "attachments") } },
      { store, logger: silentLogger, timing: TIMING, outbox: OUTBOX },
    );
    void (async () => {
      for await (const message of channel.receive()) await message.reply(`answer to ${message.text}`);
    })().catch(() => undefined);
    await until(() => answered(sink).size > 0 || channel.status().outbox.failed > 0);
    await dovecot.deliver(question(MAILS[3] ?? ""), { user });
    await until(() => answered(sink).size === wanted);
    await until(async () => (await dovecot.mails({ user })).every(({ flags }) => flags.includes("\\Seen")));
    ({ failed } = channel.status().outbox);
    await channel.close({ drainMs: 500 });
  }
  const ms = performance.now() - startedAt;
  const unread = (await dovecot.mails({ user })).filter(({ flags }) => !flags.includes("\\Seen")).length;
  return { complaints: judge(fault, sink, { unread, failed }), ms, imapBytes: bytesOf(imap), smtpBytes: bytesOf(smtp) };
}

async function proxy(
  host: string,
  port: number,
  faults: (index: number) => ConnectionFaults | undefined,
): Promise<FaultProxy> {
  return await startFaultProxy({ target: { host, port }, faults });
}

function bytesOf({ links }: FaultProxy): { toClient: number; toServer: number } {
  const [first] = links;
  return { toClient: first?.bytesToClient ?? 0, toServer: first?.bytesToServer ?? 0 };
}

function judge(
  { name, mayRepeat, mayFail = 0 }: Fault,
  sink: SmtpSink,
  { unread, failed }: { unread: number; failed: number },
): string[] {
  const complaints: string[] = unread > 0 ? [`${name}: ${unread} mails are still unread`] : [];
  if (failed !== mayFail) complaints.push(`${name}: ${failed} answers are shown as failed, not ${mayFail}`);
  let missing = 0;
  const answers = answered(sink);
  for (const mail of MAILS) {
    const ids = answers.get(`<${mail}@people.test>`) ?? [];
    if (ids.length === 0 && ++missing > mayFail) complaints.push(`${name}: ${mail} was never answered`);
    if (new Set(ids).size > 1) complaints.push(`${name}: ${mail} has answers with different Message-IDs`);
    if (ids.length > 1 && !mayRepeat) complaints.push(`${name}: ${mail} was answered ${ids.length} times`);
  }
  return complaints;
}

/** Message-IDs of the answers, by what they answer. */
function answered({ mails }: SmtpSink): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { raw } of mails) {
    const text = raw.toString("latin1");
    const field = (name: string) => new RegExp(`^${name}: (.*)$`, "im").exec(text)?.[1]?.trim() ?? "";
    found.set(field("In-Reply-To"), [...(found.get(field("In-Reply-To")) ?? []), field("Message-ID")]);
  }
  return found;
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline && !(await isSo());)
    await new Promise((resolve) => setTimeout(resolve, 20));
}

function question(name: string): string {
  return `From: ${name}@people.test\r\nSubject: About ${name}\r\nMessage-ID: <${name}@people.test>\r\n\r\nWhat about ${name}?\r\n`;
}
