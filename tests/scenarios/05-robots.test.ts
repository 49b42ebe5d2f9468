import { describe, expect, it } from "vitest";
import type { EmailChannel } from "../../src/index.ts";
import { dovecotAvailable } from "../servers/shared.ts";
import { fieldOf, postOffice, without } from "./post-office.ts";
import { letter, type Room, room } from "./room.ts";

const MARKS = ["Auto-Submitted", "X-Auto-Response-Suppress", "X-Mailport-Loop"];

async function twoBots(limits = {}): Promise<{ a: Room; b: Room }> {
  const a = await room({ config: { fromAddress: "a@one.test", allowFrom: ["b@two.test"], limits } });
  const b = await room({ config: { fromAddress: "b@two.test", allowFrom: ["a@one.test"], limits } });
  return { a, b };
}

/** Answers every mail that it is given. */
function answerAll(
  { channel }: Room,
  say: (text: string, number: number) => string = (text) => `You said: ${text}`,
): void {
  void (async () => {
    let number = 0;
    for await (const message of channel.receive()) await message.reply(say(message.text.slice(0, 100), ++number));
  })();
}

const refused = (channel: EmailChannel) =>
  Object.values(channel.status().counts.refused).reduce((sum, one) => sum + one, 0);
const loudLines = ({ logged }: Room) => logged.filter(({ level, code }) => level === "error" && code === "RATE_LIMIT");

function report(id: string, mails: number, limit: number): void {
  console.info(`${id}: ${mails} mails sent, ${limit} allowed`);
  expect(mails).toBeLessThanOrEqual(limit);
}

describe.skipIf(!dovecotAvailable)("robots and loops, on real servers", () => {
  it("L1: two bots, each in the other's allow-list, exchange one answer", async () => {
    const { a, b } = await twoBots();
    answerAll(a);
    answerAll(b);
    const office = postOffice([a, b], {
      "a@one.test": (mail) => [{ to: a, mail }],
      "b@two.test": (mail) => [{ to: b, mail }],
    });
    await a.write(letter({ from: "b@two.test" }));
    await expect.poll(() => b.channel.status().counts.refused, { timeout: 10_000 }).toEqual({ automatic: 1 });
    report("L1", a.sink.mails.length + b.sink.mails.length, 1);
    expect(a.sink.mails).toHaveLength(1);
    expect(office.failures).toEqual([]);
  });

  it("L2: a partner who takes every mark off and changes the subject is stopped by the conversation's limit, loudly once", async () => {
    const { a, b } = await twoBots({ repliesPerThreadPerHour: 5 });
    const bare = (mail: string) => `Subject: ${Math.random()}\r\n${without(mail, "Subject", ...MARKS)}`;
    answerAll(a);
    answerAll(b);
    postOffice([a, b], {
      "a@one.test": (mail) => [{ to: a, mail: bare(mail) }],
      "b@two.test": (mail) => [{ to: b, mail: bare(mail) }],
    });
    await a.write(letter({ from: "b@two.test" }));
    await expect.poll(() => loudLines(a).length + loudLines(b).length, { timeout: 20_000 }).toBe(1);
    report("L2", a.sink.mails.length + b.sink.mails.length, 10);
    expect(a.sink.mails.length + b.sink.mails.length).toBe(10);
    const [open] = [...a.channel.status().limits.open, ...b.channel.status().limits.open];
    expect(open).toMatchObject({ scope: "thread", suppressed: 1 });
    expect([...loudLines(a), ...loudLines(b)][0]).toMatchObject({
      scope: "thread",
      message: expect.stringContaining("denyFrom"),
    });
  });

  it("L2: one who also breaks the thread with every mail is stopped by the sender's limit", async () => {
    const { a, b } = await twoBots({ repliesPerSenderPerHour: 6 });
    let number = 0;
    const broken = (mail: string) =>
      `Message-ID: <${++number}.${process.pid}@relay.test>\r\n${without(mail, "Message-ID", "In-Reply-To", "References", ...MARKS)}`;
    answerAll(a);
    answerAll(b);
    postOffice([a, b], {
      "a@one.test": (mail) => [{ to: a, mail: broken(mail) }],
      "b@two.test": (mail) => [{ to: b, mail: broken(mail) }],
    });
    await a.write(letter({ from: "b@two.test" }));
    await expect.poll(() => loudLines(a).length + loudLines(b).length, { timeout: 20_000 }).toBe(1);
    report("L2 without threads", a.sink.mails.length + b.sink.mails.length, 12);
    expect([...loudLines(a), ...loudLines(b)][0]).toMatchObject({ scope: "sender" });
  });

  it("L2: two who only repeat themselves are stopped as soon as that shows", async () => {
    const { a, b } = await twoBots();
    const bare = (mail: string) => without(mail, ...MARKS);
    answerAll(a, () => "I did not understand that.");
    answerAll(b, () => "Neither did I.");
    postOffice([a, b], {
      "a@one.test": (mail) => [{ to: a, mail: bare(mail) }],
      "b@two.test": (mail) => [{ to: b, mail: bare(mail) }],
    });
    await a.write(letter({ from: "b@two.test" }));
    await expect.poll(() => loudLines(a).length + loudLines(b).length, { timeout: 20_000 }).toBeGreaterThan(0);
    expect([...loudLines(a), ...loudLines(b)][0]).toMatchObject({ scope: "echo" });
    report("L2 echo", a.sink.mails.length + b.sink.mails.length, 8);
  });

  it("L3: an out-of-office at both ends: one answer to the question, none to the notes", async () => {
    const bot = await room();
    answerAll(bot);
    const notes = [
      (subject: string) => [`Subject: Automatic reply: ${subject}`],
      (subject: string) => [`Subject: Out of Office AutoReply: ${subject}`],
      (subject: string) => [`Subject: ${subject}`, "Precedence: bulk", "X-Autoreply: yes"],
      (subject: string) => [
        `Subject: =?utf-8?B?${Buffer.from(`Réponse automatique : ${subject}`).toString("base64")}?=`,
      ],
      (subject: string) => [`Subject: ${subject}`, "Auto-Submitted: auto-replied (vacation)"],
    ];
    let count = 0;
    const note = (from: string, mail: string, to: Room) =>
      notes.map((headers) => ({
        to,
        mail: [`From: ${from}`, "To: bot@example.test", ...headers(fieldOf(mail, "Subject")), `Message-ID: <note.${++count}@x>`, `In-Reply-To: ${fieldOf(mail, "Message-ID")}`, "", "I am away until Monday.", ""].join("\r\n"),
      })); // prettier-ignore
    postOffice([bot], {
      // Her own note, and that of the person whose mailbox the bot reads.
      "ann@example.org": (mail) => [...note("ann@example.org", mail, bot), ...note("bot@example.test", mail, bot)],
    });
    await bot.write(letter({ from: "ann@example.org" }));
    await expect.poll(() => refused(bot.channel), { timeout: 15_000 }).toBe(2 * notes.length);
    report("L3", bot.sink.mails.length, 1);
  });

  it("L6: a list with our address on it: fifty subscribers get no answer", async () => {
    const bot = await room();
    answerAll(bot);
    const headers = ["List-Id: <talk.example.org>", "Precedence: list", "Sender: talk-bounces@example.org"];
    for (let number = 0; number < 50; number++)
      await bot.write(letter({ from: `p${number}@example.org`, headers: [headers[number % 3] ?? ""] }));
    await expect.poll(() => bot.channel.status().counts.refused, { timeout: 15_000 }).toEqual({ automatic: 50 });
    report("L6", bot.sink.mails.length, 0);
  });

  it("L7: a mail that has been through 101 servers goes no further", async () => {
    const bot = await room({ config: { allowFrom: ["ann@example.org"] } });
    answerAll(bot);
    const headers = Array.from(
      { length: 101 },
      (_, hop) => `Received: from h${hop}.example.org by h.example.org; Fri, 20 Nov 2026 10:00:00 +0000`,
    );
    await bot.write(letter({ from: "ann@example.org", headers }));
    await expect.poll(() => bot.channel.status().counts.refused, { timeout: 10_000 }).toEqual({ loop: 1 });
    report("L7", bot.sink.mails.length, 0);
  });

  it("L8: a rule that forwards our answers back to us, in four ways", async () => {
    const bot = await room({ config: { allowFrom: ["admin@example.org", "bot@example.test"] } });
    answerAll(bot);
    postOffice([bot], {
      "admin@example.org": (mail) => [
        { to: bot, mail },
        { to: bot, mail: `From: admin@example.org\r\n${without(mail, "From")}` },
        // The mark alone tells.
        { to: bot, mail: `From: admin@example.org\r\nMessage-ID: <fwd@x>\r\n${without(mail, "From", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress")}` },
        // The Message-ID alone tells (M3).
        { to: bot, mail: `From: admin@example.org\r\n${without(mail, "From", ...MARKS)}` },
      ],
    }); // prettier-ignore
    await bot.write(letter({ from: "admin@example.org" }));
    await expect
      .poll(() => bot.channel.status().counts.refused, { timeout: 10_000 })
      .toEqual({ "own-message": 3, automatic: 1 });
    report("L8", bot.sink.mails.length, 1);
    const details = bot.logged.filter(({ reason }) => reason === "own-message").map(({ detail }) => detail);
    expect(new Set(details)).toEqual(new Set(["From is our own address", "Message-ID", "X-Mailport-Loop"]));
  });

  it("M3: a stranger's mail under one of our Message-IDs is refused, and the conversation goes on", async () => {
    const bot = await room();
    answerAll(bot);
    await bot.write(letter({ id: "<q1@example.org>" }));
    const first = await bot.answer(1);
    await bot.write(letter({ from: "mallory@example.org", id: first.messageId ?? "", text: "I am you." }));
    await expect.poll(() => bot.channel.status().counts.refused, { timeout: 10_000 }).toEqual({ "own-message": 1 });
    await bot.write(letter({ id: "<q2@example.org>", headers: [`References: <q1@example.org> ${first.messageId}`] }));
    expect((await bot.answer(2)).references).toEqual(["<q1@example.org>", first.messageId, "<q2@example.org>"]);
  });

  it("another instance's mark is not ours: its operator may write to us", async () => {
    const { a, b } = await twoBots();
    answerAll(a);
    await b.channel.send({ session: { channel: "email", senderId: "a@one.test" }, text: "Hello", subject: "By hand" });
    const [sunk] = await b.sink.waitForMails(1);
    await a.write(without(sunk?.raw.toString() ?? "", "Auto-Submitted", "X-Auto-Response-Suppress"));
    expect((await a.answer(1)).subject).toBe("Re: By hand");
  });

  it("automaticMail deliver: the bot reads robots' mail, knows that it is one, and answers nobody", async () => {
    const bot = await room({ config: { automaticMail: "deliver" } });
    await bot.write(letter({ headers: ["List-Id: <talk.example.org>"], id: "<1@x>" }));
    await bot.write(letter({ subject: "Automatic reply: Lunch", id: "<2@x>" }));
    await bot.write(letter({ id: "<3@x>" }));
    const messages = bot.channel.receive();
    const receipts: unknown[] = [];
    for (let count = 0; count < 3; count++) {
      const { value } = await messages.next();
      const { status, error } = (await value?.reply("Hello?")) ?? {};
      receipts.push([value?.metadata.email_message_id, value?.metadata.email_automatic, status, error?.code]);
    }
    expect(receipts).toEqual([
      ["<1@x>", "list-id", "suppressed", "AUTOMATIC_MAIL"],
      ["<2@x>", "Subject", "suppressed", "AUTOMATIC_MAIL"],
      ["<3@x>", undefined, "sent", undefined],
    ]);
    report("deliver", bot.sink.mails.length, 1);
  });
});
