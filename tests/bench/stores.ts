import { createEmailChannel, silentLogger } from "../../dist/index.js";
import { openSqliteStore } from "../../dist/store/sqlite-store.js";
import { type Dovecot, startDovecot } from "../servers/dovecot.ts";
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

/**
 * (h) How long a restart takes until the tenth new mail, in a folder of `many` mails and in one of ten. Judged on mdbox, whose
 * index says what is new; in a Maildir the server lists the whole folder at each SELECT, which no client can spare it.
 */
export async function benchRestart(dir: string, many: number): Promise<Row[]> {
  const rows: Row[] = [];
  for (const format of ["mdbox", "Maildir"] as const) {
    await using dovecot = await startDovecot({ config: [`mail_location = ${format.toLowerCase()}:~/${format}`] });
    const restarts = [
      await restart(dovecot, `${dir}-${format}`, NEW_MAILS),
      await restart(dovecot, `${dir}-${format}`, many),
    ] as const;
    rows.push(...restartRows(format, many, restarts));
  }
  return rows;
}

function restartRows(format: string, many: number, [few, full]: readonly [Restart, Restart]): Row[] {
  const ms = (times: readonly number[]) => `${Math.round(median(times) * 1_000)} ms`;
  const ratio = median(full.started) / median(few.started);
  const judged = format === "mdbox";
  const row = (mailsThere: number, one: Restart) =>
    `in a folder of ${mailsThere}, ${format} (SELECT alone ${ms(one.select)})`;
  return [
    { what: `(h) a restart to the tenth new mail, ${row(NEW_MAILS, few)}`, figure: ms(few.started) },
    {
      what: `    ${row(many, full)}`,
      figure: ms(full.started),
      ratio: `${ratio.toFixed(2)} x`,
      ...(judged ? { wanted: "<= 1.5 x", ok: ratio <= 1.5 } : {}),
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
  // Seeds are files of a Maildir.
  if (dir.endsWith("mdbox")) await dovecot.doveadm("import", "-u", user, "maildir:~/Maildir", "", "ALL");
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
