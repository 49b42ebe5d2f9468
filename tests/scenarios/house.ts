import { join } from "node:path";
import { type ParsedMail, simpleParser } from "mailparser";
import { expect, onTestFinished } from "vitest";
import {
  type AccountConfigInput,
  type EmailChannel,
  type InboundMessage,
  createEmailChannel,
} from "../../src/index.ts";
import { silentLogger } from "../../src/runtime/logger.ts";
import { openSqliteStore } from "../../src/store/sqlite-store.ts";
import { accountOn } from "../servers/account-on.ts";
import { freshUser, sharedDovecots } from "../servers/shared.ts";
import { startSmtpSink } from "../servers/smtp-sink.ts";
import { tempFolder } from "../servers/temp-folder.ts";
import { letter } from "./room.ts";

export type Next = () => Promise<InboundMessage>;

/** A mailbox, an SMTP server and a store, for several lives of a channel one after the other. */
export async function house(config: Partial<AccountConfigInput> = {}) {
  const { plain: dovecot } = sharedDovecots();
  const user = freshUser();
  const sink = await startSmtpSink({ security: "starttls", auth: { user, password: dovecot.password } });
  const folder = await tempFolder("restart");
  onTestFinished(async () => {
    await sink.stop();
    await folder[Symbol.asyncDispose]();
  });
  const path = join(folder.path, "mailport.db");
  const account: AccountConfigInput = {
    ...accountOn(dovecot, sink, user),
    ack: "manual",
    attachments: { dir: join(folder.path, "attachments") },
    ...config,
  };
  const open = async (): Promise<AsyncDisposable & { channel: EmailChannel }> => {
    const store = await openSqliteStore(path);
    const outbox = { retry: { baseMs: 50, capMs: 200 }, unknownRetryMs: 100 };
    const channel = createEmailChannel(account, { store, outbox, logger: silentLogger });
    return {
      channel,
      async [Symbol.asyncDispose]() {
        await channel.close({ drainMs: 100 });
        await store[Symbol.asyncDispose]();
      },
    };
  };
  return {
    dovecot,
    user,
    sink,
    path,
    mails: async () => await dovecot.mails({ user }),
    async markUnread(uid: number) {
      await dovecot.doveadm("flags", "remove", "-u", user, "\\Seen", "mailbox", "INBOX", "uid", `${uid}`);
    },
    async deliver(raw: string) {
      await dovecot.deliver(raw, { user });
    },
    async write({ id, from }: { id: string; from?: string }) {
      await dovecot.deliver(letter({ id, ...(from ? { from } : {}) }), { user });
    },
    async answer(): Promise<ParsedMail> {
      const [mail] = await sink.waitForMails(1);
      return await simpleParser(mail?.raw ?? Buffer.alloc(0));
    },
    /** One process's worth: from opening the store to closing it. */
    async life(story: (next: Next, channel: EmailChannel) => Promise<void>) {
      await using opened = await open();
      const { channel } = opened;
      const messages = channel.receive();
      await expect.poll(() => channel.status().folders[0]?.state).toMatch(/idling|polling/);
      await story(async () => {
        const { value } = await messages.next();
        if (value === undefined) throw new Error("the iteration has ended");
        return value;
      }, channel);
    },
  };
}
