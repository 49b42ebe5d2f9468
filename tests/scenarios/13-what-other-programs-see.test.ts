import { simpleParser } from "mailparser";
import { describe, expect, it, vi } from "vitest";
import { createEmailChannel, silentLogger } from "../../src/index.ts";
import { accountOn } from "../servers/account-on.ts";
import { dovecotAvailable, freshUser, sharedDovecots } from "../servers/shared.ts";
import { startSmtpSink } from "../servers/smtp-sink.ts";
import { letter, room } from "./room.ts";

describe.skipIf(!dovecotAvailable)("what other mail programs see", () => {
  it("is which mails have been answered, and which are only read", async () => {
    const { channel, write, flags } = await room({ config: { ack: "manual" } });
    await write(letter());
    const messages = channel.receive();
    const { value: answered } = await messages.next();
    await answered?.reply("Fine.");
    await answered?.ack();
    await write(letter());
    const { value: read } = await messages.next();
    await read?.ack();
    await vi.waitFor(async () => expect(await flags()).toEqual([["\\Answered", "\\Seen"], ["\\Seen"]]));
  });

  it("is no answered mail where the answer was refused", async () => {
    const { channel, write, flags, sink } = await room({ config: { ack: "manual" } });
    sink.fail("rcpt", { reply: "550 5.1.1 No such user" });
    await write(letter());
    const { value: message } = await channel.receive().next();
    expect(await message?.reply("Fine.")).toMatchObject({ status: "failed" });
    await message?.ack();
    await vi.waitFor(async () => expect(await flags()).toEqual([["\\Seen"]]));
    await channel.close();
    expect(await flags()).toEqual([["\\Seen"]]);
  });

  it("is an answer from the address that was written to", async () => {
    const { channel, write, sink } = await room({ config: { aliases: ["help@example.test"] } });
    await write(letter().replace("To: The Bot <bot@example.test>", "To: The Desk <HELP+x@example.test>"));
    const { value: message } = await channel.receive().next();
    await message?.reply("The desk speaking.");
    const [mail] = await sink.waitForMails(1);
    const { from } = await simpleParser(mail?.raw ?? "");
    expect([from?.value[0]?.address, mail?.envelope.from]).toEqual(["help@example.test", "bot@example.test"]);
  });

  it("are not logins without end when a bot that never listens has the wrong password", async () => {
    const { plain: dovecot } = sharedDovecots();
    const user = freshUser();
    await using sink = await startSmtpSink({ security: "starttls", auth: { user, password: "wrong" } });
    const logged: string[] = [];
    await using channel = createEmailChannel(
      {
        ...accountOn(dovecot, sink, user),
        password: "wrong",
        saveSent: "Sent",
      },
      { logger: { log: (_, message, fields) => void logged.push(`${message}: ${String(fields?.["error"])}`) } },
    );
    const session = { channel: "email", senderId: "ann@example.org" } as const;
    for (const subject of ["One", "Two", "Three"])
      expect(await channel.send({ session, subject, text: "News." })).toMatchObject({ status: "sent" });
    await channel.close();
    const told = logged.filter((line) => line.startsWith("the sent mail could not be filed"));
    expect(told).toHaveLength(3);
    expect(told.filter((line) => !line.includes("a moment ago"))).toHaveLength(1);
  });

  it("is a copy of what a bot sent that never listens, to the byte, without its blind copies", async () => {
    const { plain: dovecot } = sharedDovecots();
    const user = freshUser();
    await using sink = await startSmtpSink({ security: "starttls", auth: { user, password: dovecot.password } });
    await dovecot.doveadm("mailbox", "create", "-u", user, "Sent");
    {
      await using channel = createEmailChannel(
        { ...accountOn(dovecot, sink, user), saveSent: "Sent" },
        { logger: silentLogger },
      );
      const session = { channel: "email", senderId: "ann@example.org" } as const;
      for (const subject of ["One", "Two"])
        await channel.send({ session, subject, text: "News.", bcc: ["boss@example.org"] });
    }
    const sent = await sink.waitForMails(2);
    expect(sent[0]?.envelope.to).toEqual(["ann@example.org", "boss@example.org"]);
    const filed = await dovecot.mails({ user, folder: "Sent" });
    expect(filed.map(({ flags }) => flags)).toEqual([["\\Seen"], ["\\Seen"]]);
    const raw = await dovecot.doveadm("fetch", "-u", user, "text", "mailbox", "Sent", "uid", "1");
    expect(raw.replaceAll("\r\n", "\n")).toContain(sent[0]?.raw.toString().replaceAll("\r\n", "\n").trimEnd());
    expect(raw).not.toContain("boss@");
  });
});
