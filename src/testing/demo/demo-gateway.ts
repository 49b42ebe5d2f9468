import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createEchoBot } from "../../bots/echo-bot.ts";
import { createEmailChannel } from "../../channel/email-channel.ts";
import { runGateway } from "../../gateway/gateway.ts";
import { systemClock } from "../../runtime/clock.ts";
import type { Logger } from "../../runtime/logger.ts";
import { composeMail, type MailDraft } from "../compose-mail.ts";
import { startMailServer } from "../mail-server.ts";
import { readMail } from "../read-mail.ts";
import type { DemoBackend } from "./backend.ts";
import { MailLog } from "./mail-log.ts";

/** The echo bot answers at once; what takes longer is a fault to be seen. */
const BOT_TIMEOUT_MS = 10_000;
const DRAIN_MS = 2_000;

/** A mail server, the email channel on it and the echo bot behind it: everything but the person. */
export async function startDemoGateway(logger: Logger): Promise<DemoBackend & AsyncDisposable> {
  const log = new MailLog();
  const stop = new AbortController();
  const server = await startMailServer({ onMail: ({ mail }) => void log.add("bot", mail) });
  const attachmentsDir = await mkdtemp(path.join(tmpdir(), "mailport-demo-"));
  const channel = createEmailChannel(
    { ...server.config(), id: "demo", fromName: "Echo Bot", ack: "manual", attachments: { dir: attachmentsDir } },
    { logger },
  );
  const bot = createEchoBot();
  const parts = {
    channels: [channel],
    bot,
    logger,
    clock: systemClock,
    botTimeoutMs: BOT_TIMEOUT_MS,
    concurrency: 4,
    drainMs: DRAIN_MS,
  };
  const running = runGateway(parts, stop.signal);
  return {
    botAddress: server.address,
    mails: log.mails,
    onMail: (listener) => log.onMail(listener),
    async write(draft: MailDraft) {
      const { raw } = composeMail(draft, server.address);
      // Noted before it is delivered: the answer must not come first.
      const entry = log.add("person", readMail(raw));
      await server.deliver(raw);
      return entry;
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await running;
      await bot[Symbol.asyncDispose]();
      await server.close();
      await rm(attachmentsDir, { recursive: true, force: true });
    },
  };
}
