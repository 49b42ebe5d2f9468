import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ParsedMail, simpleParser } from "mailparser";
import { onTestFinished } from "vitest";
import {
  type AccountConfigInput,
  type AdjustableChannel,
  type ChannelDeps,
  type EmailChannel,
  type LogLevel,
  createEmailChannel,
} from "../../src/index.ts";
import { accountOn } from "../servers/account-on.ts";
import { freshUser, sharedDovecots } from "../servers/shared.ts";
import { type SmtpSink, startSmtpSink } from "../servers/smtp-sink.ts";

/** A bot's mailbox on a real IMAP server, a real SMTP server, and a channel between them. */
export interface Room {
  readonly channel: EmailChannel & AdjustableChannel;
  readonly sink: SmtpSink;
  readonly dir: string;
  readonly logged: { level: LogLevel; message: string; [field: string]: unknown }[];
  /** Resolves once the mail lies in the bot's mailbox. The envelope sender is the From address unless given. */
  readonly write: (mail: string | Buffer, envelope?: { readonly from?: string }) => Promise<void>;
  readonly flags: () => Promise<string[][]>;
  /** The n-th mail that the bot sent, read by a second MIME library. */
  readonly answer: (n?: number) => Promise<ParsedMail & { raw: string }>;
}

export interface RoomOptions {
  readonly config?: Partial<AccountConfigInput>;
  readonly deps?: ChannelDeps;
  readonly idle?: boolean;
}

export async function room({ config = {}, deps = {}, idle = true }: RoomOptions = {}): Promise<Room> {
  const dovecot = idle ? sharedDovecots().plain : sharedDovecots().withoutIdle;
  const user = freshUser();
  const sink = await startSmtpSink({ security: "starttls", auth: { user, password: dovecot.password } });
  const dir = await mkdtemp(join(tmpdir(), "mailport-room-"));
  const logged: Room["logged"] = [];
  const channel = createEmailChannel(
    {
      ...accountOn(dovecot, sink, user),
      fromName: "The Bot",
      pollIntervalSeconds: 1,
      attachments: { dir },
      ...config,
    },
    { logger: { log: (level, message, fields) => void logged.push({ ...fields, level, message }) }, ...deps },
  );
  onTestFinished(async () => {
    await channel.close({ drainMs: 500 });
    await sink.stop();
    await rm(dir, { recursive: true, force: true });
  });
  return {
    channel,
    sink,
    dir,
    logged,
    write: async (mail, envelope = {}) => await dovecot.deliver(mail, { user, ...envelope }),
    flags: async () => (await dovecot.mails({ user })).map(({ flags }) => [...flags]),
    async answer(n = 1) {
      const mails = await sink.waitForMails(n);
      const raw = (mails[n - 1]?.raw ?? Buffer.alloc(0)).toString("utf8");
      return { ...(await simpleParser(raw)), raw };
    },
  };
}

export interface Letter {
  readonly from?: string;
  readonly subject?: string;
  readonly text?: string;
  readonly id?: string;
  readonly headers?: readonly string[];
}

let letters = 0;

export function letter({
  from = "Ann <ann@example.org>",
  subject = "A question",
  text = "How are you?",
  id,
  headers = [],
}: Letter = {}): string {
  return [
    `From: ${from}`,
    "To: The Bot <bot@example.test>",
    `Subject: ${subject}`,
    `Message-ID: ${id ?? `<letter.${++letters}.${process.pid}@example.org>`}`,
    "Date: Fri, 20 Nov 2026 10:00:00 +0000",
    ...headers,
    "",
    text,
    "",
  ].join("\r\n");
}
