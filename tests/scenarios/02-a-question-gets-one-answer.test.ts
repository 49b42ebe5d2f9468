import { describe, expect, it, vi } from "vitest";
import { dovecotAvailable } from "../servers/shared.ts";
import { letter, room } from "./room.ts";

describe.skipIf(!dovecotAvailable)("a question gets one answer", () => {
  it("through the whole channel, threaded, and is marked as read", async () => {
    const { channel, write, answer, flags } = await room();
    const bot = (async () => {
      for await (const message of channel.receive()) await message.reply(`You said:\n\n> ${message.text}`);
    })();
    await write(letter({ subject: "Hello", text: "Good morning, bot", id: "<q1@example.org>" }));
    const first = await answer(1);
    expect(first).toMatchObject({ subject: "Re: Hello", inReplyTo: "<q1@example.org>" });
    await write(
      letter({
        subject: "Re: Hello",
        text: "And again",
        id: "<q2@example.org>",
        headers: [`References: <q1@example.org> ${first.messageId}`],
      }),
    );
    const second = await answer(2);
    expect(second.references).toEqual(["<q1@example.org>", first.messageId, "<q2@example.org>"]);
    expect(second.text).toContain("And again");
    await channel.close();
    await bot;
    const answered = ["\\Answered", "\\Seen"];
    expect(await flags()).toEqual([answered, answered]);
  });

  it("also when the bot is given the mail again after it has answered", async () => {
    const { channel, write, answer, sink } = await room({ config: { ack: "manual" } });
    await write(letter());
    const messages = channel.receive();
    const first = await messages.next();
    const sent = await first.value?.reply("Once.");
    await first.value?.nack({ retryAfterMs: 1, reason: "crashed after the answer" });
    const again = await messages.next();
    expect(again.value?.deliveries).toBe(2);
    const repeated = await again.value?.reply("Twice?");
    expect(repeated).toMatchObject({ status: "duplicate", messageId: sent?.messageId });
    await again.value?.ack();
    await answer();
    expect(sink.mails).toHaveLength(1);
  });

  it("and a second answer to it is a second mail", async () => {
    const { channel, write, sink } = await room();
    await write(letter());
    const { value: message } = await channel.receive().next();
    await message?.reply("First part.");
    await message?.reply("Second part.");
    expect(sink.mails).toHaveLength(2);
  });

  it("a mail of our own keeps its subject, and goes to whom we say", async () => {
    const { channel, answer, sink } = await room();
    await channel.send({
      session: { channel: "email", senderId: "ben@example.org" },
      text: "News!",
      subject: "Re-opening on Monday",
      cc: ["carl@example.org"],
    });
    const { subject, inReplyTo } = await answer();
    expect([subject, inReplyTo]).toEqual(["Re-opening on Monday", undefined]);
    expect(sink.mails[0]?.envelope.to).toEqual(["ben@example.org", "carl@example.org"]);
  });

  it("an SMTP error is told in the receipt and logged at ERROR, and the next mail comes all the same", async () => {
    const { channel, write, sink, logged } = await room();
    sink.fail("rcpt", { reply: "550 5.1.1 no such user" });
    await write(letter({ subject: "one" }));
    await write(letter({ subject: "two" }));
    const messages = channel.receive();
    const first = await messages.next();
    expect(await first.value?.reply("Hello?")).toMatchObject({
      status: "failed",
      rejected: [{ address: "ann@example.org", permanent: true }],
    });
    expect(logged.some(({ level }) => level === "error")).toBe(true);
    sink.heal();
    const second = await messages.next();
    expect(second.value?.metadata.email_subject).toBe("two");
    expect(await second.value?.reply("Hello!")).toMatchObject({ status: "sent" });
  });

  it("stops answering at the limit, loudly", async () => {
    const { channel, write, sink, logged } = await room({ config: { limits: { repliesPerSenderPerHour: 2 } } });
    for (const subject of ["one", "two", "three"]) await write(letter({ subject }));
    const messages = channel.receive();
    const statuses: (string | undefined)[] = [];
    for (let n = 0; n < 3; n++) statuses.push((await (await messages.next()).value?.reply("Yes."))?.status);
    expect(statuses).toEqual(["sent", "sent", "suppressed"]);
    expect(sink.mails).toHaveLength(2);
    expect(logged.some(({ level, code }) => level === "error" && code === "RATE_LIMIT")).toBe(true);
  });

  it("files a copy of what it sent when it is asked to", async () => {
    const { channel, write, answer, logged } = await room({ config: { saveSent: "INBOX" } });
    await write(letter());
    const messages = channel.receive();
    const { value: message } = await messages.next();
    await message?.reply("Filed.");
    await answer();
    await vi.waitFor(() => expect(channel.status().counts.refused).toEqual({ "own-message": 1 }));
    expect(logged.filter(({ level }) => level === "error")).toEqual([]);
  });

  it("sends and flags nothing in a dry run", async () => {
    const { channel, write, flags, sink, logged } = await room({ config: { dryRun: true } });
    await write(letter());
    const { value: message } = await channel.receive().next();
    expect(await message?.reply("Would be sent.")).toMatchObject({ status: "suppressed" });
    await message?.ack();
    await channel.close();
    expect(sink.mails).toHaveLength(0);
    expect(await flags()).toEqual([[]]);
    expect(logged.some(({ message: line }) => line.startsWith("dry run"))).toBe(true);
  });

  it("says no subject, no text and no address of anybody in a log at info", async () => {
    const { channel, write, answer, logged } = await room();
    await write(letter({ subject: "Zebra crossing", text: "Quagga" }));
    const { value: message } = await channel.receive().next();
    await message?.reply("Okapi");
    await answer();
    await channel.close();
    expect(JSON.stringify(logged)).not.toMatch(/Zebra|Quagga|Okapi|ann@|secret/);
  });
});
