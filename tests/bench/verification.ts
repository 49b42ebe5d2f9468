import { KEYS, signed, zone } from "../policy/signed-mail.ts";
import type { Dovecot } from "../servers/dovecot.ts";
import { mails } from "./corpus.ts";
import { drain } from "./mailport.ts";
import { type Row, median, ratioOf, rounds, seconds } from "./measure.ts";

const ROUNDS = 5;
const DOMAIN = "bank.com";

/** (i) What it costs to check who wrote each mail: DKIM signatures of 2048 bits, the DNS's answers remembered. */
export async function benchVerification(dovecot: Dovecot, dir: string, count: number): Promise<Row[]> {
  const corpus: Buffer[] = [];
  for (const mail of mails("plain", count))
    corpus.push(await signed(mail.toString().replaceAll("@example.org", `@${DOMAIN}`), { domain: DOMAIN }));
  const bytes = corpus.reduce((sum, { length }) => sum + length, 0);
  const rows: Row[] = [];
  for (const allowFrom of [[], [`@${DOMAIN}`]]) {
    let users = 0;
    const timed = async (senderVerification: "auto" | "off") => {
      const user = `verified-${allowFrom.length}-${users++}@example.test`;
      await dovecot.seed(corpus, { user });
      // The first SELECT of a new mailbox indexes it; that is not what is measured.
      await dovecot.mails({ user });
      const { resolve: dns } = zone({
        [`_dmarc.${DOMAIN}`]: "v=DMARC1; p=reject",
        [`rsa._domainkey.${DOMAIN}`]: KEYS.rsa,
      });
      let texts = 0;
      const setup = { dovecot, user, dir, more: { allowFrom, senderVerification }, deps: { dns } };
      const took = await seconds(async () => (texts = await drain(setup, count)));
      if (texts !== count) throw new Error(`${texts} of ${count} mails had a text`);
      return took;
    };
    const results = await rounds(ROUNDS, { off: () => timed("off"), on: () => timed("auto") });
    const ratio = ratioOf(results.off, results.on);
    const perSecond = (times: readonly number[]) => `${Math.round(count / median(times))} mails/s`;
    const label = `(i) ${count} signed mails of ${Math.round(bytes / count)} bytes${allowFrom.length > 0 ? ", with an allow-list" : ""}`;
    rows.push(
      { what: `${label}: senderVerification off`, figure: perSecond(results.off) },
      {
        what: "    auto: each DKIM signature checked",
        figure: perSecond(results.on),
        ratio: `${ratio.toFixed(2)} x`,
        wanted: ">= 0.6 x",
        ok: ratio >= 0.6,
      },
    );
  }
  return rows;
}
