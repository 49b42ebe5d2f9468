import type { Dovecot } from "../servers/dovecot.ts";
import { bareFetch } from "./by-hand.ts";
import { mails } from "./corpus.ts";
import { drain } from "./mailport.ts";
import { type Row, median, ratioOf, rounds, seconds } from "./measure.ts";

const ROUNDS = 5;

/** (c) 100 mails with an attachment of 1 MB, saved to disk, beside a fetch that only counts the bytes. */
export async function benchAttachments(dovecot: Dovecot, dir: string, count: number): Promise<Row[]> {
  const corpus = mails("attachment", count);
  const megabytes = corpus.reduce((sum, { length }) => sum + length, 0) / 1e6;
  let users = 0;
  const timed = async (work: (user: string) => Promise<unknown>) => {
    const user = `attachments-${users++}@example.test`;
    await dovecot.seed(corpus, { user });
    await dovecot.mails({ user });
    return await seconds(async () => await work(user));
  };
  const results = await rounds(ROUNDS, {
    // A folder of its own each time: files that are already there would not be written again.
    ours: async (round) => await timed(async (user) => await drain({ dovecot, user, dir: `${dir}-${round}` }, count)),
    bare: async () => await timed(async (user) => await bareFetch(dovecot, user)),
  });
  const ratio = ratioOf(results.bare, results.ours);
  const perSecond = (times: readonly number[]) => `${(megabytes / median(times)).toFixed(1)} MB/s`;
  return [
    { what: `(c) ${count} mails with 1 MB attached, saved: mailport`, figure: perSecond(results.ours) },
    {
      what: "    a bare fetch, nothing kept",
      figure: perSecond(results.bare),
      ratio: `${ratio.toFixed(2)} x`,
      wanted: ">= 0.4 x",
      ok: ratio >= 0.4,
    },
  ];
}
