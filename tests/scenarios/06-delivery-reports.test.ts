import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { type AccountConfigInput, createEmailChannel, type InboundMessage } from "../../src/index.ts";
import { openSqliteStore } from "../../src/store/sqlite-store.ts";
import { openStoreDesk } from "../../src/store/store-desk.ts";
import { accountOn } from "../servers/account-on.ts";
import { dovecotAvailable, freshUser, sharedDovecots } from "../servers/shared.ts";
import { startSmtpSink } from "../servers/smtp-sink.ts";
import { tempFolder } from "../servers/temp-folder.ts";
import { fieldOf } from "./post-office.ts";
import { letter } from "./room.ts";

describe.skipIf(!dovecotAvailable)("what comes back (L4, RFC 3464)", () => {
  it.each([
    ["a report of RFC 3464", standardReport, "550 5.1.1 no such user"],
    ["its envelope id alone", envelopeReport, "550 5.1.1 no such user"],
    ["qmail's plain words", qmailReport, "5.1.1"],
  ])("%s makes the mail failed, and the bot never sees it", async (_, makeReport, reason) => {
    await using house = await setUp({ allowFrom: ["ann@example.org"] });
    const answer = await house.answered();
    await house.write(makeReport(answer), { from: "" });
    await expect.poll(() => house.outbox("failed")).toMatchObject([{ messageId: fieldOf(answer, "Message-ID"), details: { accepted: [], error: { code: "RETURNED", message: expect.stringContaining(reason) } } }]); // prettier-ignore
    expect(house.channel.status().outbox).toMatchObject({ failed: 1 });
    expect(house.channel.status().counts.refused).toEqual({ automatic: 1 });
    const [line] = house.logged.filter(({ code }) => code === "RETURNED");
    expect(line).toMatchObject({ level: "error", to: "example.org", reason: expect.stringContaining(reason) });
    expect(JSON.stringify(line)).not.toContain("ann@");
    expect(house.received).toHaveLength(1);
    expect(house.sink.mails).toHaveLength(1);
    console.info(`L4: ${house.sink.mails.length} mails sent, 1 allowed`);
  });

  it("a person may send it once more", async () => {
    await using house = await setUp();
    const answer = await house.answered();
    await house.write(standardReport(answer), { from: "" });
    await expect.poll(() => house.outbox("failed")).toHaveLength(1);
    using desk = openStoreDesk(house.path);
    expect(desk.retryOutbound(fieldOf(answer, "Message-ID"))).toBe(true);
    const [, again] = await house.sink.waitForMails(2, 10_000);
    expect(again?.envelope.to).toEqual(["ann@example.org"]);
    await expect.poll(() => house.outbox("sent")).toHaveLength(1);
  });

  it("a report about a mail that is not ours changes nothing, and neither does one that only warns, or an absence note", async () => {
    await using house = await setUp();
    const answer = await house.answered();
    const foreign = standardReport(answer).replaceAll(fieldOf(answer, "Message-ID").slice(1, 9), "00000000");
    const delayed = standardReport(answer).replace("Action: failed", "Action: delayed").replaceAll("5.1.1", "4.4.1");
    const absence = `From: ann@example.org\r\nSubject: Automatic reply: Lunch\r\nIn-Reply-To: ${fieldOf(answer, "Message-ID")}\r\n\r\nMessage-ID: ${fieldOf(answer, "Message-ID")}\r\n`;
    for (const mail of [foreign, delayed, absence]) await house.write(mail, { from: "" });
    await expect.poll(() => house.channel.status().counts.refused, { timeout: 10_000 }).toEqual({ automatic: 3 });
    expect(house.outbox("sent")).toHaveLength(1);
    expect(house.received).toHaveLength(1);
  });

  it("automaticMail deliver: also then a report about our own mail is not the bot's to read", async () => {
    await using house = await setUp({ automaticMail: "deliver" });
    const answer = await house.answered();
    const own = standardReport(answer).replace(/^From: .*$/m, "From: mailer-daemon@mx.example.org");
    await house.write(own, { from: "" });
    await expect.poll(() => house.outbox("failed")).toHaveLength(1);
    await house.write(own.replaceAll(fieldOf(answer, "Message-ID"), "<other@x>"), { from: "" });
    await expect.poll(() => house.received.length).toBe(2);
    expect(house.received[1]?.metadata.email_automatic).toBe("Return-Path");
    expect(house.sink.mails).toHaveLength(1);
    expect(house.channel.status().counts.refused).toEqual({ automatic: 1 });
  });

  it("servers that offer DSN are asked for reports of failures that name our mail; others are asked for nothing", async () => {
    await using house = await setUp({}, { hideDSN: false });
    const answer = await house.answered();
    const commands = house.sink.connections.flatMap((connection) => connection.commands);
    expect(commands.find((line) => line.startsWith("MAIL FROM"))).toContain(
      `RET=HDRS ENVID=${fieldOf(answer, "Message-ID").slice(1, -1)}`,
    );
    expect(commands.find((line) => line.startsWith("RCPT TO"))).toMatch(/NOTIFY=FAILURE$/);
    await using plain = await setUp();
    await plain.answered();
    expect(plain.sink.connections.flatMap(({ commands: lines }) => lines).join("\n")).not.toMatch(/NOTIFY|ENVID|RET=/);
  });
});

describe.skipIf(!dovecotAvailable)("what we send (RFC 3834 section 3)", () => {
  it("says that it is an answer, asks for silence, carries our mark, and comes from an address that takes bounces", async () => {
    await using house = await setUp();
    const answer = await house.answered();
    expect(fieldOf(answer, "Auto-Submitted")).toBe("auto-replied");
    expect(fieldOf(answer, "X-Auto-Response-Suppress")).toBe("All");
    expect(fieldOf(answer, "X-Mailport-Loop")).toMatch(/^[0-9a-f]{24}\.[0-9a-f]{32}$/);
    expect(fieldOf(answer, "Precedence")).toBe("");
    expect(fieldOf(answer, "Disposition-Notification-To")).toBe("");
    expect(house.sink.mails[0]?.envelope.from).toBe("bot@example.test");
  });

  it("L10: no read receipt is ever sent, whoever asks for one", async () => {
    await using house = await setUp();
    const headers = ["Disposition-Notification-To: ann@example.org", "Return-Receipt-To: ann@example.org"];
    await house.answered({ headers });
    expect(house.sink.mails.map(({ raw }) => fieldOf(raw.toString(), "Subject"))).toEqual(["Re: A question"]);
  });
});

describe.skipIf(!dovecotAvailable)("a restart", () => {
  it("neither closes a limit that is reached nor forgets which mail is ours", async () => {
    await using house = await setUp({ limits: { repliesPerSenderPerHour: 1 } });
    const answer = await house.answered();
    await house.restart();
    await house.write(letter({ text: "Once more" }));
    await expect.poll(() => house.channel.status().limits).toMatchObject({ suppressed: 1, open: [{ scope: "sender", sender: "ann@example.org" }] }); // prettier-ignore
    const changed = answer
      .replace(/^Auto-Submitted:.*\r\n/m, "")
      .replace(/^X-Auto-Response.*\r\n/m, "")
      .replace(/^From: .*$/m, "From: ann@example.org");
    await house.write(changed.replace(/^Message-ID: .*$/m, "Message-ID: <new@x>"));
    await house.write(changed.replace(/^X-Mailport-Loop: .*\r\n/m, ""));
    await expect.poll(() => house.channel.status().counts.refused).toEqual({ "own-message": 2 });
    expect(house.sink.mails).toHaveLength(1);
  });
});

async function setUp(config: Partial<AccountConfigInput> = {}, server = {}) {
  const { plain: dovecot } = sharedDovecots();
  const user = freshUser();
  const sink = await startSmtpSink({ security: "starttls", auth: { user, password: dovecot.password }, server });
  const folder = await tempFolder("reports");
  onTestFinished(async () => {
    await sink.stop();
    await folder[Symbol.asyncDispose]();
  });
  const path = join(folder.path, "mailport.db");
  const account: AccountConfigInput = {
    ...accountOn(dovecot, sink, user),
    attachments: { dir: join(folder.path, "attachments") },
    ...config,
  };
  const received: InboundMessage[] = [];
  const logged: Record<string, unknown>[] = [];
  const logger = {
    log: (level: string, message: string, fields = {}) => void logged.push({ ...fields, level, message }),
  };
  const open = async () => {
    const store = await openSqliteStore(path);
    const channel = createEmailChannel(account, { store, logger });
    void (async () => {
      for await (const message of channel.receive()) {
        received.push(message);
        await message.reply(`You said: ${message.text}`);
      }
    })();
    return { store, channel };
  };
  let opened = await open();
  const close = async () => {
    await opened.channel.close({ drainMs: 100 });
    await opened.store[Symbol.asyncDispose]();
  };
  return {
    path,
    sink,
    received,
    logged,
    get channel() {
      return opened.channel;
    },
    write: async (mail: string, envelope = {}) => await dovecot.deliver(mail, { user, ...envelope }),
    outbox(state: string) {
      using desk = openStoreDesk(path);
      return desk.outbound({ state, limit: 10 });
    },
    /** The bot's answer to a first letter, once it is known to be sent. */
    async answered(about: Parameters<typeof letter>[0] = {}) {
      await dovecot.deliver(letter(about), { user });
      const [mail] = await sink.waitForMails(1, 10_000);
      await expect.poll(() => this.outbox("sent")).toHaveLength(1);
      return mail?.raw.toString() ?? "";
    },
    async restart() {
      await close();
      opened = await open();
    },
    [Symbol.asyncDispose]: close,
  };
}

function standardReport(
  about: string,
  { envelopeId = "", returned = about }: { envelopeId?: string; returned?: string } = {},
): string {
  return [
    "From: MAILER-DAEMON (Mail Delivery System)",
    "To: bot@example.test",
    "Subject: Undelivered Mail Returned to Sender",
    "MIME-Version: 1.0",
    'Content-Type: multipart/report; report-type=delivery-status; boundary="r"',
    "",
    "--r",
    "",
    "I'm sorry to have to inform you that your message could not be delivered.",
    "--r",
    "Content-Type: message/delivery-status",
    "",
    "Reporting-MTA: dns; mx.example.org",
    ...(envelopeId === "" ? [] : [`Original-Envelope-Id: ${envelopeId}`]),
    "",
    "Final-Recipient: rfc822; ann@example.org",
    "Action: failed",
    "Status: 5.1.1",
    "Diagnostic-Code: smtp; 550 5.1.1 no such user",
    "",
    "--r",
    "Content-Type: message/rfc822",
    "",
    returned,
    "--r--",
    "",
  ].join("\r\n");
}

function envelopeReport(about: string): string {
  return standardReport(about, {
    envelopeId: fieldOf(about, "Message-ID").slice(1, -1),
    returned: "Subject: Lunch\r\n\r\nx",
  });
}

function qmailReport(about: string): string {
  return [
    "From: MAILER-DAEMON@mx.example.org",
    "To: bot@example.test",
    "Subject: failure notice",
    "",
    "Hi. This is the qmail-send program at mx.example.org.",
    "I'm afraid I wasn't able to deliver your message to the following addresses.",
    "",
    "<ann@example.org>:",
    "Sorry, no mailbox here by that name. (#5.1.1)",
    "",
    "--- Below this line is a copy of the message.",
    "",
    about,
  ].join("\r\n");
}
