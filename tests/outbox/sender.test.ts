import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { makeParts } from "../../src/channel/parts.ts";
import { Sender, type SenderOptions } from "../../src/channel/sender.ts";
import { type AccountConfigInput, parseAccount } from "../../src/config/schema.ts";
import { SentMails } from "../../src/outbox/sent-mails.ts";
import { createMemoryStore } from "../../src/store/memory-store.ts";
import { reply } from "../compose/context.ts";
import { ManualClock } from "../fakes/manual-clock.ts";
import { type SmtpSink, startSmtpSink } from "../servers/smtp-sink.ts";
import { FakeStore } from "./fake-store.ts";

interface Started {
  readonly sender: Sender;
  readonly clock: ManualClock;
}

function senderTo(
  sink: SmtpSink,
  options: Pick<SenderOptions, "store" | "isDurable">,
  config: Partial<AccountConfigInput> = {},
): Started {
  const clock = new ManualClock();
  const account = parseAccount({
    imapHost: "imap.example.org",
    smtpHost: sink.host,
    smtpPort: sink.port,
    tlsVerify: false,
    username: sink.user,
    password: sink.password,
    fromAddress: "bot@example.org",
    ...config,
  });
  const parts = makeParts(account, { clock, logger: { log() {} } });
  const sender = new Sender({
    parts,
    desk: () => undefined,
    onAnswered: () => {},
    limits: {},
    sent: new SentMails({ ...parts, store: options.store }),
    secret: async () => Buffer.alloc(32, 7),
    ...options,
  });
  onTestFinished(async () => await sender[Symbol.asyncDispose]());
  return { sender, clock };
}

async function temporaryFile(content: string): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "mailport-sender-"));
  onTestFinished(async () => await rm(dir, { recursive: true, force: true }));
  const path = join(dir, "report.txt");
  await writeFile(path, content);
  return path;
}

const answer = reply({ metadata: { email_message_id: "<q1@ann.example>", email_subject: "Lunch" } });

describe("a sender with a durable store", () => {
  it("sends after a restart what was queued, with its file though the bot has deleted that", async () => {
    await using sink = await startSmtpSink();
    const options = { store: new FakeStore(), isDurable: true };
    const path = await temporaryFile("the report");
    sink.fail("rcpt", { reply: "450 4.2.1 later" }, { times: 1 });
    const first = senderTo(sink, options);
    const receipt = await first.sender.send({ ...answer, attachment: path });
    expect(receipt.status).toBe("queued");
    await first.sender[Symbol.asyncDispose]();
    await rm(path);
    const second = senderTo(sink, options);
    await second.sender.start();
    second.clock.advance(60_000);
    const [mail] = await sink.waitForMails(1);
    expect(mail?.raw.toString()).toContain(Buffer.from("the report").toString("base64"));
    expect(mail?.raw.toString()).toContain(`Message-ID: ${receipt.messageId}`);
    expect(await second.sender.send(answer)).toMatchObject({ status: "duplicate", messageId: receipt.messageId });
    expect(sink.mails).toHaveLength(1);
  });

  it("refuses a file that cannot be read before anything is stored", async () => {
    await using sink = await startSmtpSink();
    const store = new FakeStore();
    const { sender } = senderTo(sink, { store, isDurable: true });
    await expect(sender.send({ ...answer, attachment: "/nowhere" })).rejects.toMatchObject({ code: "INVALID_MESSAGE" });
    expect(store.rows).toEqual([]);
    sender.delivered({ id: "<q1@ann.example>", text: "Lunch?" });
    expect(await sender.send(answer)).toMatchObject({ status: "sent" });
  });
});

describe("a sender with a store in memory", () => {
  it("keeps the path of a file, and not the file", async () => {
    await using sink = await startSmtpSink();
    const store = createMemoryStore().account("bot").outbox;
    const { sender } = senderTo(sink, { store, isDurable: false });
    const path = await temporaryFile("the report");
    sink.fail("rcpt", { reply: "450 4.2.1 later" }, { times: 1 });
    await sender.send({ ...answer, attachment: path });
    expect(await store.open()).toMatchObject([{ files: [], mail: { attachments: [{ source: { path } }] } }]);
  });
});

describe("the limits of replies", () => {
  it("count each reply once, and a repeated one not at all", async () => {
    await using sink = await startSmtpSink();
    const store = createMemoryStore().account("bot").outbox;
    const { sender } = senderTo(sink, { store, isDurable: false }, { limits: { repliesPerSenderPerHour: 1 } });
    const both = [sender.send({ ...answer, idempotencyKey: "k" }), sender.send({ ...answer, idempotencyKey: "k" })];
    expect((await Promise.all(both)).map(({ status }) => status)).toEqual(["sent", "duplicate"]);
    expect(await sender.send({ ...answer, idempotencyKey: "k" })).toMatchObject({ status: "duplicate" });
    expect(await sender.send(answer)).toMatchObject({ status: "suppressed", error: { code: "RATE_LIMIT" } });
  });

  it("take a bot that says the same several times about one mail for no echo", async () => {
    await using sink = await startSmtpSink();
    const store = createMemoryStore().account("bot").outbox;
    const { sender } = senderTo(sink, { store, isDurable: false });
    sender.delivered({ id: "<q1@ann.example>", text: "Lunch?" });
    for (let n = 0; n < 4; n++) expect(await sender.send(answer)).toMatchObject({ status: "sent" });
  });
});
