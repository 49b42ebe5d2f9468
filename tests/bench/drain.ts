import type { Dovecot } from "../servers/dovecot.ts";
import { ceiling, handWrittenLoop } from "./by-hand.ts";
import { type Shape, mails } from "./corpus.ts";
import { drain } from "./mailport.ts";
import { type Row, median, ratioOf, rounds, seconds } from "./measure.ts";

const ROUNDS = 5;

/** (a) Draining what waits, beside the loop that people write and beside the most that these libraries can do. */
export async function benchDrain(dovecot: Dovecot, dir: string, count: number): Promise<Row[]> {
  const rows: Row[] = [];
  for (const shape of ["plain", "alternative"] as const) {
    rows.push(...(await oneShape(dovecot, dir, shape, count, [])));
    if (shape === "plain") rows.push(...(await oneShape(dovecot, dir, shape, count, ["@example.org"])));
  }
  return rows;
}

async function oneShape(
  dovecot: Dovecot,
  dir: string,
  shape: Shape,
  count: number,
  allowFrom: string[],
): Promise<Row[]> {
  const corpus = mails(shape, count);
  let users = 0;
  const timed = async (work: (user: string) => Promise<number>) => {
    const user = `drain-${shape}-${allowFrom.length}-${users++}@example.test`;
    await dovecot.seed(corpus, { user });
    // The first SELECT of a new mailbox indexes it; that is not what is measured.
    await dovecot.mails({ user });
    let texts = 0;
    const took = await seconds(async () => (texts = await work(user)));
    if (texts !== count) throw new Error(`${texts} of ${count} mails had a text`);
    return took;
  };
  const results = await rounds(ROUNDS, {
    hand: async () => await timed(async (user) => await handWrittenLoop(dovecot, user)),
    ours: async () => await timed(async (user) => await drain({ dovecot, user, dir, more: { allowFrom } }, count)),
    most: async () => await timed(async (user) => await ceiling(dovecot, user)),
  });
  const perSecond = (times: readonly number[]) => `${Math.round(count / median(times))} mails/s`;
  const overHand = ratioOf(results.hand, results.ours);
  const overMost = ratioOf(results.most, results.ours);
  const label = `(a) ${count} waiting, ${shape}${allowFrom.length > 0 ? ", with an allow-list" : ""}`;
  return [
    { what: `${label}: mailport`, figure: perSecond(results.ours) },
    {
      what: "    the hand-written loop",
      figure: perSecond(results.hand),
      ratio: `${overHand.toFixed(2)} x`,
      wanted: ">= 4.5 x",
      ok: overHand >= 4.5,
    },
    {
      what: "    the pipelined ceiling",
      figure: perSecond(results.most),
      ratio: `${overMost.toFixed(2)} x`,
      wanted: ">= 0.85 x",
      ok: overMost >= 0.85,
    },
  ];
}
