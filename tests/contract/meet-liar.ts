import {
  type AccountConfigInput,
  type ChannelDeps,
  type EmailChannel,
  createEmailChannel,
  silentLogger,
} from "../../src/index.ts";
import { type Liar, type LiarName, type LiarOptions, type RunningLiar, startLiar } from "../servers/liars.ts";
import { ScriptedMailbox } from "../servers/scripted-mailbox.ts";
import { disposed } from "./receiving-servers.ts";

/** A minute of real patience in less than a second. */
const QUICK = {
  imap: { connectTimeoutMs: 500, greetingTimeoutMs: 300, idleRenewMs: 300, deadAfterMs: 400, logoutTimeoutMs: 200 },
  watch: { backoff: { baseMs: 10, capMs: 50 }, refusedLoginPausesMs: [20, 20] },
} satisfies ChannelDeps["timing"];

export interface Meeting {
  readonly channel: EmailChannel;
  readonly mailbox: ScriptedMailbox;
  readonly server: RunningLiar;
}

/** A channel on a mailbox that such a server keeps. Both are closed at the end of the test. */
export async function meet(
  liar: LiarName | Liar,
  options: LiarOptions = {},
  mails: readonly string[] = [],
  config: Partial<AccountConfigInput> = {},
): Promise<Meeting> {
  const mailbox = new ScriptedMailbox({ mails });
  const server = disposed(await startLiar(liar, { user: "bot", password: "secret", ...options, mailbox }));
  const channel = disposed(
    createEmailChannel(
      {
        imapHost: server.host,
        imapPort: server.port,
        smtpHost: "127.0.0.1",
        smtpPort: 1,
        username: "bot",
        password: "secret",
        fromAddress: "bot@example.test",
        pollIntervalSeconds: 1,
        tls: false,
        ...config,
      },
      { logger: silentLogger, timing: QUICK },
    ),
  );
  return { channel, mailbox, server };
}

export function mail(subject: string): string {
  return `From: ann@example.org\r\nTo: bot@example.test\r\nSubject: ${subject}\r\nMessage-ID: <${subject.replaceAll(" ", "-")}@example.org>\r\n\r\nhello\r\n`;
}
