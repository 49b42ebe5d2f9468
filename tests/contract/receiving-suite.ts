import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterAll, describe, expect, it, vi } from "vitest";
import {
  type AccountConfigInput,
  type ChannelDeps,
  type EmailChannel,
  type InboundMessage,
  createEmailChannel,
} from "../../src/index.ts";
import { lineLogger } from "../../src/runtime/logger.ts";
import { type ReceivingServer, disposed } from "./receiving-servers.ts";

const attachmentsDir = await mkdtemp(join(tmpdir(), "mailport-receiving-"));
afterAll(async () => await rm(attachmentsDir, { recursive: true, force: true }));

/** What every IMAP server must be able to give us, whatever it is. */
export function describeReceiving(server: ReceivingServer): void {
  describe(`receiving from ${server.name}`, () => {
    it("receive() yields unseen mail that waits, oldest first, and sets \\Seen when it is acked", async () => {
      const account = disposed(await server.account());
      for (const n of [1, 2, 3]) await account.deliver(mail({ subject: `number ${n}` }));
      const { channel } = open(account.config);
      const subjects: string[] = [];
      for await (const message of channel.receive()) {
        subjects.push(message.metadata.email_subject);
        if (subjects.length === 3) {
          await message.ack();
          break;
        }
      }
      expect(subjects).toEqual(["number 1", "number 2", "number 3"]);
      await vi.waitFor(async () => expect(await seen(account)).toBe(3));
    });

    it("leaves a mail unseen until it is acked", async () => {
      const account = disposed(await server.account());
      await account.deliver(mail({}));
      const { channel } = open(account.config);
      const { value } = await channel.receive().next();
      expect(await seen(account)).toBe(0);
      await value?.ack();
      expect(await seen(account)).toBe(1);
    });

    it(`gives mail that comes while it listens (${server.mode})`, async () => {
      const account = disposed(await server.account());
      const { channel } = open(account.config);
      const messages = channel.receive();
      const first = messages.next();
      await vi.waitFor(() =>
        expect(channel.status().folders[0]?.state).toBe(server.mode === "idle" ? "idling" : "polling"),
      );
      await account.deliver(mail({ subject: "one" }));
      expect((await first).value?.metadata.email_subject).toBe("one");
      const second = messages.next();
      await account.deliver(mail({ subject: "two" }));
      expect((await second).value?.metadata.email_subject).toBe("two");
      expect(channel.status().folders[0]?.mode).toBe(server.mode);
    });

    it("gives each of a burst once, in order", async () => {
      const account = disposed(await server.account());
      const { channel } = open(account.config);
      const got = collect(channel, 25);
      for (let n = 1; n <= 25; n++) await account.deliver(mail({ subject: `burst ${n}` }));
      const metadata = (await got).map((message) => message.metadata);
      // Oldest first is by UID: a server may number two mails that come at the same moment either way.
      const uids = metadata.map(({ email_uid }) => email_uid);
      expect(uids).toEqual(uids.toSorted((one, other) => one - other));
      expect(new Set(metadata.map(({ email_subject }) => email_subject)).size).toBe(25);
      expect(channel.status().counts.received).toBe(25);
    });

    it("gives mail that came while the connection was down", async () => {
      const account = disposed(await server.account());
      const { channel } = open(account.config);
      const messages = channel.receive();
      const first = messages.next();
      await account.deliver(mail({ subject: "before" }));
      await first;
      await account.proxy.refuse();
      account.proxy.cutAll("rst");
      await vi.waitFor(() => expect(channel.status().folders[0]?.state).toBe("waiting-to-retry"));
      await account.deliver(mail({ subject: "meanwhile" }));
      const second = messages.next();
      await account.proxy.accept();
      expect((await second).value?.metadata.email_subject).toBe("meanwhile");
      await vi.waitFor(async () => expect(await seen(account)).toBe(1));
    });

    it("drops strangers and marks their mail \\Seen", async () => {
      const account = disposed(await server.account());
      await account.deliver(mail({ from: "Stranger <stranger@elsewhere.test>" }));
      await account.deliver(mail({ from: "Ann <ann@example.org>", subject: "let me in" }));
      const { channel, logged } = open({ ...account.config, allowFrom: ["ann@example.org"] });
      const [message] = await collect(channel, 1);
      expect(message?.metadata.email_subject).toBe("let me in");
      await vi.waitFor(async () => expect(await seen(account)).toBe(1));
      expect(channel.status().counts.refused).toEqual({ "not-allowed": 1 });
      expect(logged()).toContain("not-allowed");
      expect(logged()).not.toContain("Stranger");
    });

    it("saves an attachment and appends its path to the text", async () => {
      const account = disposed(await server.account());
      const bytes = Buffer.from(Array.from({ length: 5_000 }, (_, n) => n % 251));
      await account.deliver(mailWithAttachment(bytes));
      const { channel } = open(account.config);
      const [message] = await collect(channel, 1);
      const [attachment] = message?.attachments ?? [];
      expect(attachment).toMatchObject({
        filename: "table.bin",
        contentType: "application/octet-stream",
        size: 5_000,
        section: "2",
      });
      expect(attachment?.path).toMatch(/mailport-[0-9a-f]{16}\.bin$/);
      expect(await readFile(attachment?.path ?? "")).toEqual(bytes);
      expect(message?.text).toBe(
        `see the table\n\n[Attachment: table.bin (application/octet-stream, 5.0 kB)] → ${attachment?.path}`,
      );
    });

    it("leaves the attachments of a large mail on the server, to be opened on demand", async () => {
      const account = disposed(await server.account());
      const bytes = Buffer.from(Array.from({ length: 700_000 }, (_, n) => (n * 7) % 253));
      await account.deliver(mailWithAttachment(bytes));
      const { channel } = open({ ...account.config, maxMessageBytes: 100_000 });
      const { value: message } = await channel.receive().next();
      const [attachment] = message?.attachments ?? [];
      expect(message?.text).toContain("see the table");
      expect(attachment?.path).toBeUndefined();
      expect(attachment?.section).toBe("2");
      expect((await buffer((await attachment?.open()) ?? [])).equals(bytes)).toBe(true);
      expect(account.proxy.bytesToClient).toBeLessThan(1_200_000);
    });

    it("brings a nacked message again, and not the acked ones", async () => {
      const account = disposed(await server.account());
      await account.deliver(mail({ subject: "one" }));
      await account.deliver(mail({ subject: "two" }));
      const { channel } = open({ ...account.config, ack: "manual", sessionBy: "thread" });
      const messages = channel.receive();
      const [one, two] = [await messages.next(), await messages.next()];
      await two.value?.ack();
      await one.value?.nack({ retryAfterMs: 10, reason: "busy" });
      const again = await messages.next();
      expect(again.value).toMatchObject({ id: one.value?.id, deliveries: 2 });
      expect(await seen(account)).toBe(1);
    });

    it("ends its iterators and its connections when it is closed", async () => {
      const account = disposed(await server.account());
      const { channel } = open(account.config);
      const waiting = channel.receive().next();
      await vi.waitFor(() => expect(account.proxy.open).toBe(1));
      await channel.close();
      expect(await waiting).toEqual({ done: true, value: undefined });
      await vi.waitFor(() => expect(account.proxy.open).toBe(0));
      expect(channel.status().state).toBe("closed");
    });
  });
}

interface Opened {
  readonly channel: EmailChannel;
  readonly logged: () => string;
}

function open(config: AccountConfigInput, deps: ChannelDeps = {}): Opened {
  const lines: string[] = [];
  const channel = createEmailChannel(
    { ...config, attachments: { dir: attachmentsDir } },
    {
      logger: lineLogger({
        level: "info",
        format: "text",
        now: () => Date.now(),
        write: (line) => void lines.push(line),
      }),
      timing: { watch: { backoff: { baseMs: 20, capMs: 100 } } },
      ...deps,
    },
  );
  disposed(channel);
  return { channel, logged: () => lines.join("") };
}

async function collect(channel: EmailChannel, count: number): Promise<InboundMessage[]> {
  const messages: InboundMessage[] = [];
  const iterator = channel.receive();
  while (messages.length < count) {
    const { value } = await iterator.next();
    if (value === undefined) break;
    messages.push(value);
  }
  return messages;
}

async function seen(account: { mails(): Promise<{ flags: readonly string[] }[]> }): Promise<number> {
  return (await account.mails()).filter(({ flags }) => flags.includes("\\Seen")).length;
}

let mails = 0;

function mail({
  from = "Ann <ann@example.org>",
  subject = "hello",
  text = "Good morning",
}: {
  from?: string;
  subject?: string;
  text?: string;
}): string {
  return [
    `From: ${from}`,
    "To: bot@example.test",
    `Subject: ${subject}`,
    `Message-ID: <${++mails}.${process.pid}@example.org>`,
    "Date: Fri, 20 Nov 2026 10:00:00 +0000",
    "",
    text,
    "",
  ].join("\r\n");
}

function mailWithAttachment(bytes: Buffer): string {
  const base64 = bytes.toString("base64").replace(/.{76}/g, "$&\r\n");
  return [
    "From: Ann <ann@example.org>",
    "To: bot@example.test",
    "Subject: a table",
    `Message-ID: <${++mails}.${process.pid}@example.org>`,
    "MIME-Version: 1.0",
    'Content-Type: multipart/mixed; boundary="frontier"',
    "",
    "--frontier",
    "Content-Type: text/plain; charset=utf-8",
    "",
    "see the table",
    "--frontier",
    "Content-Type: application/octet-stream",
    'Content-Disposition: attachment; filename="table.bin"',
    "Content-Transfer-Encoding: base64",
    "",
    base64,
    "--frontier--",
    "",
  ].join("\r\n");
}
