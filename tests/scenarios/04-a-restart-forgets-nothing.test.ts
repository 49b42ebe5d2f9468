import { join } from "node:path";
import { type ParsedMail, simpleParser } from "mailparser";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  type AccountConfigInput,
  type EmailChannel,
  type InboundMessage,
  createEmailChannel,
} from "../../src/index.ts";
import { silentLogger } from "../../src/runtime/logger.ts";
import { openSqliteStore } from "../../src/store/sqlite-store.ts";
import { openStoreDesk } from "../../src/store/store-desk.ts";
import { dovecotAvailable, freshUser, sharedDovecots } from "../servers/shared.ts";
import { startSmtpSink } from "../servers/smtp-sink.ts";
import { tempFolder } from "../servers/temp-folder.ts";
import { letter } from "./room.ts";

describe.skipIf(!dovecotAvailable)("a restart with a store on disk", () => {
  it("brings again what was in hand, and not what was acked", async () => {
    const house = await setUp();
    await house.write({ id: "<done@x.org>" });
    await house.write({ id: "<in-hand@x.org>", from: "ben@example.org" });
    await house.life(async (next) => {
      await (await next()).ack();
      await next();
    });
    await house.life(async (next) => {
      const again = await next();
      expect(again).toMatchObject({ deliveries: 2, metadata: { email_message_id: "<in-hand@x.org>" } });
      await again.ack();
      await house.write({ id: "<new@x.org>" });
      expect((await next()).metadata.email_message_id).toBe("<new@x.org>");
    });
  });

  it("sends the same answer once, whatever the bot says the second time", async () => {
    const house = await setUp();
    await house.write({ id: "<q@x.org>" });
    await house.life(async (next) => void (await (await next()).reply("First words")));
    await house.life(async (next) => {
      expect(await (await next()).reply("Other words")).toMatchObject({ status: "duplicate" });
    });
    expect(house.sink.mails).toHaveLength(1);
    expect((await house.answer()).text).toContain("First words");
  });

  it("sends what could not be sent before, with the Message-ID of then, and a file that is gone by now (P1)", async () => {
    const house = await setUp();
    const healed = house.sink.fail("mail", { reply: "451 4.3.0 later" });
    await house.write({ id: "<q@x.org>" });
    let promised = "";
    await house.life(async (next) => {
      const message = await next();
      const attachments = [{ content: "the figures", filename: "figures.txt" }];
      const receipt = await message.reply("Here they are", { attachments });
      expect(receipt.status).toBe("queued");
      promised = receipt.messageId;
      await message.ack();
    });
    healed();
    await house.life(async () => void (await house.sink.waitForMails(1, 10_000)));
    const answer = await house.answer();
    expect(answer).toMatchObject({ messageId: promised, inReplyTo: "<q@x.org>" });
    expect(answer.attachments[0]?.content.toString()).toBe("the figures");
  });

  it("answers a mail that a person has opened meanwhile (M5)", async () => {
    const house = await setUp();
    await house.life(async () => {});
    await house.write({ id: "<opened@x.org>" });
    const [mail] = await house.mails();
    await house.dovecot.addFlags(mail?.uid ?? 0, ["\\Seen"], { user: house.user });
    await house.life(async (next) => {
      expect((await next()).metadata.email_message_id).toBe("<opened@x.org>");
    });
  });

  it("answers nothing twice when the server has numbered its mails anew, and skips nothing (M8)", async () => {
    const house = await setUp();
    await house.write({ id: "<answered@x.org>" });
    await house.life(async (next) => await (await next()).ack());
    await house.dovecot.setUidValidity(4_711, { user: house.user });
    // As if a person had marked it as unread again.
    const [mail] = await house.mails();
    await house.markUnread(mail?.uid ?? 0);
    await house.write({ id: "<came-meanwhile@x.org>", from: "ben@example.org" });
    await house.life(async (next) => {
      expect((await next()).metadata.email_message_id).toBe("<came-meanwhile@x.org>");
      await expect.poll(async () => (await house.mails())[0]?.flags).toContain("\\Seen");
    });
  });

  it("knows a mail without a Message-ID again in another folder numbering, and two that say the same apart (M4)", async () => {
    const house = await setUp();
    const nameless = "From: ann@example.org\r\nSubject: Backup done\r\n\r\nAll is well.\r\n";
    await house.dovecot.deliver(nameless, { user: house.user });
    await house.life(async (next) => await (await next()).ack());
    await house.dovecot.setUidValidity(4_713, { user: house.user });
    const [mail] = await house.mails();
    await house.markUnread(mail?.uid ?? 0);
    // The server's dates count whole seconds.
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    await house.dovecot.deliver(nameless, { user: house.user });
    await house.life(async (next) => {
      const again = await next();
      expect(again.metadata.email_uid).not.toBe(mail?.uid);
      await again.ack();
      await expect
        .poll(async () => (await house.mails()).map(({ flags }) => flags.includes("\\Seen")))
        .toEqual([true, true]);
    });
  });

  it("does not answer what lay there before the first start, not even when the numbers change", async () => {
    const house = await setUp({ startFrom: "now" });
    await house.write({ id: "<old@x.org>" });
    await house.life(async () => {});
    await house.dovecot.setUidValidity(4_712, { user: house.user });
    await house.life(async (next) => {
      await house.write({ id: "<new@x.org>" });
      expect((await next()).metadata.email_message_id).toBe("<new@x.org>");
    });
  });

  it("is done with a mail that was answered each time before the process ended", async () => {
    const house = await setUp({ maxDeliveries: 2 });
    await house.write({ id: "<unlucky@x.org>" });
    for (let life = 1; life <= 2; life++)
      await house.life(async (next) => {
        const message = await next();
        expect(message.deliveries).toBe(life);
        await message.reply("An answer.");
      });
    expect((await house.mails()).map(({ flags }) => flags)).toEqual([[]]);
    await house.life(async (next) => {
      await house.write({ id: "<next@x.org>" });
      expect((await next()).metadata.email_message_id).toBe("<next@x.org>");
      await expect.poll(async () => (await house.mails())[0]?.flags).toContain("\\Seen");
    });
    expect(house.sink.mails).toHaveLength(1);
    using desk = openStoreDesk(house.path);
    expect(desk.inbound({ state: "dead", limit: 10 })).toEqual([]);
  });

  it("shows a mail as dead that the bot failed over too often, and brings it when a person says so", async () => {
    const house = await setUp({ maxDeliveries: 2 });
    await house.write({ id: "<poison@x.org>" });
    let id = "";
    await house.life(async (next) => {
      const first = await next();
      id = first.id;
      await first.nack({ retryAfterMs: 1 });
      await (await next()).nack({ reason: "the bot chokes on it" });
      await house.write({ id: "<fine@x.org>" });
      expect((await next()).metadata.email_message_id).toBe("<fine@x.org>");
    });
    using desk = openStoreDesk(house.path);
    expect(desk.inbound({ state: "dead", limit: 10 })).toMatchObject([{ id, reason: "the bot chokes on it" }]);
    await house.life(async (next) => {
      await (await next()).ack();
      expect(desk.retryInbound(id)).toBe(true);
      expect(await next()).toMatchObject({ id, deliveries: 1 });
    });
  });
});

type Next = () => Promise<InboundMessage>;

/** A mailbox, an SMTP server and a store, for several lives of a channel one after the other. */
async function setUp(config: Partial<AccountConfigInput> = {}) {
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
    imapHost: dovecot.host,
    imapPort: dovecot.ports.imaps,
    smtpHost: sink.host,
    smtpPort: sink.port,
    username: user,
    password: dovecot.password,
    fromAddress: "bot@example.test",
    tlsVerify: false,
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
    async write({ id, from }: { id: string; from?: string }) {
      await dovecot.deliver(letter({ id, ...(from ? { from } : {}) }), { user });
    },
    async answer(): Promise<ParsedMail> {
      const [mail] = await sink.waitForMails(1);
      return await simpleParser(mail?.raw ?? Buffer.alloc(0));
    },
    /** One process's worth: from opening the store to closing it. */
    async life(story: (next: Next) => Promise<void>) {
      await using opened = await open();
      const { channel } = opened;
      const messages = channel.receive();
      await expect.poll(() => channel.status().folders[0]?.state).toMatch(/idling|polling/);
      await story(async () => {
        const { value } = await messages.next();
        if (value === undefined) throw new Error("the iteration has ended");
        return value;
      });
    },
  };
}
