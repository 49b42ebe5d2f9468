import { setTimeout as sleep } from "node:timers/promises";
import type { Dovecot } from "../servers/dovecot.ts";
import { startFaultProxy } from "../servers/fault-proxy.ts";
import { mails } from "./corpus.ts";
import { benchChannel } from "./mailport.ts";
import type { Row } from "./measure.ts";

/** (e) What mail from people who may not talk costs on the wire. */
export async function benchStrangers(dovecot: Dovecot, dir: string, count: number): Promise<Row[]> {
  const corpus = mails("stranger", count);
  const bytes = corpus.reduce((sum, { length }) => sum + length, 0);
  const user = "strangers@example.test";
  await dovecot.seed(corpus, { user });
  await using proxy = await startFaultProxy({ target: { host: dovecot.host, port: dovecot.ports.imap } });
  await using channel = benchChannel({
    dovecot,
    user,
    dir,
    more: { imapPort: proxy.port, allowFrom: ["@example.org"] },
  });
  void channel.receive().next();
  while ((channel.status().counts.refused["not-allowed"] ?? 0) < count) await sleep(20);
  await channel.close();
  const ratio = proxy.bytesToClient / bytes;
  const figure = `${(proxy.bytesToClient / 1e6).toFixed(2)} of ${(bytes / 1e6).toFixed(1)} MB`;
  return [
    {
      what: `(e) ${count} mails of 20 KB from strangers: downloaded`,
      figure,
      ratio: `${(100 * ratio).toFixed(1)} %`,
      wanted: "< 10 %",
      ok: ratio < 0.1,
    },
  ];
}
