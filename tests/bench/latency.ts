import type { Dovecot } from "../servers/dovecot.ts";
import { type RawImap, connectRawImap } from "../servers/raw-imap.ts";
import { mails } from "./corpus.ts";
import { benchChannel } from "./mailport.ts";
import { type Row, median } from "./measure.ts";

/** (b) From the moment LMTP says 250 until the bot has the mail, beside a raw socket that idles and fetches. */
export async function benchLatency(dovecot: Dovecot, dir: string, count: number): Promise<Row[]> {
  const [ours, raw]: [number[], number[]] = [[], []];
  const [ourUser, rawUser] = ["latency-ours@example.test", "latency-raw@example.test"];
  await using channel = benchChannel({ dovecot, user: ourUser, dir });
  const messages = channel.receive();
  const client = await connectRawImap({ host: dovecot.host, port: dovecot.ports.imap });
  await client.login(rawUser, dovecot.password);
  await client.must("SELECT INBOX");
  await settle(messages.next(), async () => await dovecot.deliver(first("warm-up"), { user: ourUser }));
  for (const [index, mail] of mails("plain", count).entries()) {
    const got = messages.next();
    await pause(150);
    raw.push(await rawLatency(client, index + 1, async () => await dovecot.deliver(mail, { user: rawUser })));
    ours.push(await settle(got, async () => await dovecot.deliver(mail, { user: ourUser })));
  }
  await client.must("LOGOUT");
  const ratio = median(ours) / median(raw);
  return [
    { what: `(b) LMTP's 250 to the iterator, median of ${count}: mailport`, figure: `${median(ours).toFixed(1)} ms` },
    {
      what: "    a raw socket: IDLE, DONE, UID FETCH",
      figure: `${median(raw).toFixed(1)} ms`,
      ratio: `${ratio.toFixed(2)} x`,
      wanted: "<= 1.5 x",
      ok: ratio <= 1.5,
    },
  ];
}

async function settle(got: Promise<unknown>, deliver: () => Promise<void>): Promise<number> {
  let arrivedAt = 0;
  const arrival = got.then(() => (arrivedAt = performance.now()));
  await deliver();
  const deliveredAt = performance.now();
  await arrival;
  return arrivedAt - deliveredAt;
}

async function rawLatency(client: RawImap, uid: number, deliver: () => Promise<void>): Promise<number> {
  const done = await client.idle();
  const fetched = (async () => {
    await client.waitFor(/^\* \d+ EXISTS/, 10_000);
    await done();
    await client.must(`UID FETCH ${uid} (UID BODY.PEEK[])`);
    return performance.now();
  })();
  await deliver();
  const deliveredAt = performance.now();
  return (await fetched) - deliveredAt;
}

function first(subject: string): string {
  return `From: a@example.org\r\nTo: bot@example.test\r\nSubject: ${subject}\r\nMessage-ID: <${subject}@example.org>\r\n\r\nhello\r\n`;
}

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
