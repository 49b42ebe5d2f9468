import {
  type AccountConfigInput,
  type ChannelDeps,
  type EmailChannel,
  createEmailChannel,
  silentLogger,
} from "../../dist/index.js";
import type { Dovecot } from "../servers/dovecot.ts";

export interface BenchChannel {
  readonly dovecot: Dovecot;
  readonly user: string;
  readonly dir: string;
  readonly more?: Partial<AccountConfigInput>;
  readonly deps?: ChannelDeps;
}

export function benchConfig({ dovecot, user, dir, more }: BenchChannel): AccountConfigInput {
  return {
    imapHost: dovecot.host,
    imapPort: dovecot.ports.imap,
    smtpHost: "127.0.0.1",
    smtpPort: 1,
    username: user,
    password: dovecot.password,
    fromAddress: "bot@example.test",
    tls: false,
    backlogLimit: 1_000_000,
    attachments: { dir },
    ...more,
  };
}

export function benchChannel(setup: BenchChannel): EmailChannel {
  return createEmailChannel(benchConfig(setup), { logger: silentLogger, ...setup.deps });
}

/** Receives `count` messages as a plain bot would, and closes: all of them are then flagged. */
export async function drain(setup: BenchChannel, count: number): Promise<number> {
  await using channel = benchChannel(setup);
  let texts = 0;
  for await (const message of channel.receive()) {
    if (message.text) texts++;
    if (texts === count) {
      await message.ack();
      break;
    }
  }
  return texts;
}
