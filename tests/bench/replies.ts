import { createTransport } from "nodemailer";
import { createEmailChannel, silentLogger } from "../../dist/index.js";
import { startSmtpSink } from "../servers/smtp-sink.ts";
import { type Row, median, ratioOf, rounds, seconds } from "./measure.ts";

const ROUNDS = 5;
const ANSWER =
  "Dear Ann,\n\nyes, **of course**:\n\n- first this\n- then that\n\n| day | hour |\n|---|---|\n| Monday | 9 |\n\nSee [the page](https://example.org/page).\n";

/** (f) Answers a second, beside a bare nodemailer pool that is handed the finished text and HTML. */
export async function benchReplies(count: number): Promise<Row[]> {
  await using sink = await startSmtpSink({ security: "none" });
  const rendered = await renderOnce(sink);
  const results = await rounds(ROUNDS, {
    ours: async () => await ours(sink, count),
    bare: async () => await bare(sink, count, rendered),
  });
  const ratio = ratioOf(results.bare, results.ours);
  const perSecond = (times: readonly number[]) => `${Math.round(count / median(times))} replies/s`;
  return [
    { what: `(f) ${count} replies, Markdown to SMTP: mailport`, figure: perSecond(results.ours) },
    {
      what: "    a bare nodemailer pool, text and HTML given",
      figure: perSecond(results.bare),
      ratio: `${ratio.toFixed(2)} x`,
      wanted: ">= 0.8 x",
      ok: ratio >= 0.8,
    },
  ];
}

type Sink = Awaited<ReturnType<typeof startSmtpSink>>;

function channelTo(sink: Sink) {
  return createEmailChannel(
    {
      imapHost: "127.0.0.1",
      imapPort: 1,
      smtpHost: sink.host,
      smtpPort: sink.port,
      username: sink.user,
      password: sink.password,
      fromAddress: "bot@example.test",
      tls: false,
      limits: { repliesPerSenderPerHour: 1_000_000, repliesPerThreadPerHour: 1_000_000, repliesPerHour: 1_000_000 },
    },
    { logger: silentLogger },
  );
}

async function ours(sink: Sink, count: number): Promise<number> {
  await using channel = channelTo(sink);
  return await seconds(async () => {
    const receipts = await Promise.all(Array.from({ length: count }, async (_, n) => await channel.send(reply(n))));
    if (receipts.some(({ status }) => status !== "sent")) throw new Error("a reply was not sent");
  });
}

async function bare(sink: Sink, count: number, { text, html }: { text: string; html: string }): Promise<number> {
  // As many connections as the channel uses.
  const transport = createTransport({
    host: sink.host,
    port: sink.port,
    ignoreTLS: true,
    pool: true,
    maxConnections: 5,
    auth: { user: sink.user, pass: sink.password },
  });
  const took = await seconds(async () => {
    await Promise.all(
      Array.from(
        { length: count },
        async (_, n) =>
          await transport.sendMail({
            from: "bot@example.test",
            to: `ann${n}@example.org`,
            subject: `Re: Question ${n}`,
            inReplyTo: `<${n}@example.org>`,
            references: [`<${n}@example.org>`],
            text,
            html,
          }),
      ),
    );
  });
  transport.close();
  return took;
}

function reply(n: number) {
  return {
    session: { channel: "email" as const, senderId: `ann${n}@example.org` },
    text: ANSWER,
    metadata: { email_message_id: `<${n}@example.org>`, email_subject: `Question ${n}` },
  };
}

/** The very text and HTML that the channel makes, so that both send the same bytes. */
async function renderOnce(sink: Sink): Promise<{ text: string; html: string }> {
  await using channel = channelTo(sink);
  await channel.send(reply(0));
  const [mail] = await sink.waitForMails(1);
  const { simpleParser } = await import("mailparser");
  const { text = "", html } = await simpleParser(mail?.raw ?? "");
  return { text, html: html || "" };
}
