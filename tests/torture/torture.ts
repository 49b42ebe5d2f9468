import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { accountOn } from "../servers/account-on.ts";
import type { DovecotHandle } from "../servers/dovecot-handle.ts";
import { type SmtpSink, startSmtpSink } from "../servers/smtp-sink.ts";
import { openStoreDesk } from "../../src/store/store-desk.ts";
import { tempFolder } from "../servers/temp-folder.ts";

export interface TortureOptions {
  readonly dovecot: DovecotHandle;
  readonly user: string;
  readonly kills: number;
  /** The built package that is run: a broken copy proves that this can fail. */
  readonly dist: string;
  /** From 0 up to 1. */
  readonly random: () => number;
  /** After the last kill everything must come to rest in this time. */
  readonly restMs?: number;
  readonly onKill?: (count: number) => void;
}

export interface TortureReport {
  readonly kills: number;
  readonly mails: number;
  readonly answered: number;
  /** Copies of an answer beyond the first: byte for byte the same, with one Message-ID. */
  readonly repeated: number;
  /** What must not happen, in words; empty when all is well. */
  readonly complaints: readonly string[];
}

/** How long the gateway lives: long enough now and then to be anywhere between the start and the goodbye. */
const LIFE_MS = { min: 150, max: 1_500 };
const MAILS_A_LIFE = 3;
const HERE = import.meta.dirname;

/**
 * The real gateway process between a real IMAP server and an SMTP server, with mail flowing, killed with -9 again and again.
 * In the end every mail must have been answered, and never in two different ways.
 */
export async function torture({
  dovecot,
  user,
  kills,
  dist,
  random,
  restMs = 60_000,
  onKill,
}: TortureOptions): Promise<TortureReport> {
  await using sink = await startSmtpSink({ security: "starttls", auth: { user, password: dovecot.password } });
  await using folder = await tempFolder("torture");
  const config = join(folder.path, "config.json");
  await writeFile(config, JSON.stringify(configFor({ dovecot, user, sink })), { mode: 0o600 });
  let mails = 0;
  const write = async () => await dovecot.deliver(question(mails++), { user });
  const complaints: string[] = [];
  for (let count = 0; count < kills; count++) {
    const gateway = start(dist, config);
    const lifeMs = LIFE_MS.min + random() * (LIFE_MS.max - LIFE_MS.min);
    const moments = Array.from({ length: MAILS_A_LIFE }, () => random() * lifeMs).toSorted((a, b) => a - b);
    let passed = 0;
    for (const moment of moments) {
      await sleep(moment - passed);
      passed = moment;
      await write();
    }
    await sleep(lifeMs - passed);
    if (!gateway.isRunning()) complaints.push(`the gateway ended by itself: ${gateway.lastWords()}`);
    await gateway.kill("SIGKILL");
    onKill?.(count + 1);
    if (complaints.length > 3) break;
  }
  const gateway = start(dist, config);
  await untilRest(restMs, async () => isAtRest(await dovecot.mails({ user }), sink, mails));
  const code = await gateway.kill("SIGTERM");
  if (code !== 0) complaints.push(`SIGTERM gave exit code ${code}: ${gateway.lastWords()}`);
  const unread = (await dovecot.mails({ user })).filter(({ flags }) => !flags.includes("\\Seen")).length;
  if (unread > 0) complaints.push(`${unread} mails are still unread`);
  using desk = openStoreDesk(join(folder.path, "mailport.db"));
  const left = ["waiting", "in hand", "retrying", "dead"].flatMap((state) => desk.inbound({ state, limit: 500 }));
  for (const { messageId, state, deliveries, reason } of left)
    complaints.push(`${messageId} is ${state} after ${deliveries} deliveries: ${reason ?? ""}`);
  return judge(sink, { kills, mails, complaints });
}

function judge(
  sink: SmtpSink,
  { kills, mails, complaints }: { kills: number; mails: number; complaints: string[] },
): TortureReport {
  const answers = answersOf(sink);
  let repeated = 0;
  for (let n = 0; n < mails; n++) {
    const copies = answers.get(idOf(n)) ?? [];
    if (copies.length === 0) complaints.push(`${idOf(n)} was never answered`);
    if (new Set(copies.map(({ messageId }) => messageId)).size > 1)
      complaints.push(`${idOf(n)} has answers with different Message-IDs`);
    if (new Set(copies.map(({ body }) => body)).size > 1) complaints.push(`${idOf(n)} was answered in different words`);
    repeated += Math.max(0, copies.length - 1);
  }
  for (const id of answers.keys())
    if (!/^<q\d+@people\.test>$/.test(id)) complaints.push(`an answer to nothing: ${id}`);
  return { kills, mails, answered: answers.size, repeated, complaints };
}

interface Answer {
  readonly messageId: string;
  readonly body: string;
}

function answersOf({ mails }: SmtpSink): Map<string, Answer[]> {
  const answers = new Map<string, Answer[]>();
  for (const { raw } of mails) {
    const text = raw.toString("latin1");
    const field = (name: string) => new RegExp(`^${name}: (.*)$`, "im").exec(text)?.[1]?.trim() ?? "";
    const asked = field("In-Reply-To");
    const said = /answer [0-9a-f-]{36}/.exec(text)?.[0] ?? text;
    answers.set(asked, [...(answers.get(asked) ?? []), { messageId: field("Message-ID"), body: said }]);
  }
  return answers;
}

function isAtRest(stored: readonly { readonly flags: readonly string[] }[], sink: SmtpSink, mails: number): boolean {
  return answersOf(sink).size >= mails && stored.every(({ flags }) => flags.includes("\\Seen"));
}

async function untilRest(withinMs: number, isReached: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + withinMs; Date.now() < deadline && !(await isReached());) await sleep(200);
  // What would come too much comes within moments.
  await sleep(1_000);
}

function start(dist: string, config: string) {
  const child = spawn(process.execPath, [join(HERE, "gateway.mjs"), dist, config], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const printed: string[] = [];
  child.stderr.on("data", (chunk: Buffer) => {
    printed.push(chunk.toString());
    if (printed.length > 200) printed.shift();
  });
  const exited = once(child, "exit");
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  return {
    isRunning,
    lastWords: () => printed.join("").trim().split("\n").slice(-5).join(" | "),
    async kill(signal: NodeJS.Signals): Promise<number | null> {
      if (isRunning()) child.kill(signal);
      await exited;
      return child.exitCode;
    },
  };
}

function idOf(n: number): string {
  return `<q${n}@people.test>`;
}

function question(n: number): string {
  const from = `person${n % 7}@people.test`;
  const fields = [`From: ${from}`, "To: bot@example.test", `Subject: Question ${n}`, `Message-ID: ${idOf(n)}`];
  return [...fields, "Date: Tue, 24 Nov 2026 10:00:00 +0000", "", `What about ${n}?`, ""].join("\r\n");
}

function configFor({ dovecot, user, sink }: { dovecot: DovecotHandle; user: string; sink: SmtpSink }): object {
  return {
    store: { kind: "sqlite", path: "mailport.db" },
    accounts: [
      {
        id: "tortured",
        enabled: true,
        ...accountOn(dovecot, sink, user),
        limits: { repliesPerSenderPerHour: 1_000_000, repliesPerThreadPerHour: 1_000_000, repliesPerHour: 1_000_000 },
      },
    ],
    bot: { kind: "module", path: join(HERE, "bot.mjs") },
    drainSeconds: 5,
  };
}
