import { createEmailChannel, silentLogger } from "../../dist/index.js";
import { openSqliteStore } from "../../dist/store/sqlite-store.js";
import type { Dovecot } from "../servers/dovecot.ts";
import { mails } from "./corpus.ts";
import { benchConfig, drain } from "./mailport.ts";
import { type Row, median, ratioOf, rounds, seconds } from "./measure.ts";

const ROUNDS = 3;
const NEW_MAILS = 10;

/** (g) The same draining with everything written to disk before it counts. */
export async function benchStores(dovecot: Dovecot, dir: string, count: number): Promise<Row[]> {
  const corpus = mails("plain", count);
  let users = 0;
  const timed = async (work: (user: string) => Promise<number>) => {
    const user = `stores-${users++}@example.test`;
    await dovecot.seed(corpus, { user });
    await dovecot.mails({ user });
    return await seconds(async () => await work(user));
  };
  const results = await rounds(ROUNDS, {
    memory: async () => await timed(async (user) => await drain({ dovecot, user, dir }, count)),
    sqlite: async () =>
      await timed(async (user) => {
        await using store = await openSqliteStore(`${dir}-${user}.db`);
        return await drain({ dovecot, user, dir, deps: { store } }, count);
      }),
  });
  const perSecond = (times: readonly number[]) => `${Math.round(count / median(times))} mails/s`;
  const ratio = ratioOf(results.memory, results.sqlite);
  return [
    { what: `(g) ${count} waiting, plain, store in memory`, figure: perSecond(results.memory) },
    {
      what: "    store in SQLite",
      figure: perSecond(results.sqlite),
      ratio: `${ratio.toFixed(2)} x`,
      wanted: ">= 0.7 x",
      ok: ratio >= 0.7,
    },
  ];
}

/** (h) How long a restart takes until the tenth new mail, in a folder of `many` mails and in one of ten. */
export async function benchRestart(dovecot: Dovecot, dir: string, many: number): Promise<Row[]> {
  const [few, full] = [await restart(dovecot, dir, NEW_MAILS), await restart(dovecot, dir, many)];
  // What the server needs to open the folder is in both, and no client can do without it.
  const own = ({ started, select }: Restart) => median(started) - median(select);
  const ratio = own(full) / own(few);
  const ms = (time: number) => `${Math.round(time * 1_000)} ms`;
  const selects = (one: Restart) => `(SELECT alone ${ms(median(one.select))})`;
  return [
    {
      what: `(h) a restart to the tenth new mail, ${NEW_MAILS} mails in the folder ${selects(few)}`,
      figure: ms(median(few.started)),
    },
    {
      what: `    ${many} mails in the folder ${selects(full)}; ratio without SELECT`,
      figure: ms(median(full.started)),
      ratio: `${ratio.toFixed(2)} x`,
      wanted: "<= 1.5 x",
      ok: ratio <= 1.5,
    },
  ];
}

interface Restart {
  readonly started: readonly number[];
  readonly select: readonly number[];
}

async function restart(dovecot: Dovecot, dir: string, mailsThere: number): Promise<Restart> {
  const user = `restart-${mailsThere}@example.test`;
  const path = `${dir}-${user}.db`;
  await dovecot.seed(mails("plain", mailsThere), { user });
  await dovecot.mails({ user });
  {
    await using store = await openSqliteStore(path);
    await using channel = createEmailChannel(
      { ...benchConfig({ dovecot, user, dir }), startFrom: "now" },
      { store, logger: silentLogger },
    );
    void channel.receive().next();
    while (!/idling|polling/.test(channel.status().folders[0]?.state ?? ""))
      await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const [started, select]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    for (let n = 0; n < NEW_MAILS; n++)
      await dovecot.deliver(
        `From: a@example.org\r\nMessage-ID: <${round}.${n}.${mailsThere}@example.org>\r\n\r\nhi\r\n`,
        { user },
      );
    await using imap = await dovecot.connect(user);
    select.push(await seconds(async () => void (await imap.must("EXAMINE INBOX"))));
    started.push(
      await seconds(async () => {
        await using store = await openSqliteStore(path);
        await drain({ dovecot, user, dir, deps: { store } }, NEW_MAILS);
      }),
    );
  }
  return { started, select };
}
