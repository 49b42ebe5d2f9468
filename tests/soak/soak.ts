import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { accountOn } from "../servers/account-on.ts";
import type { DovecotHandle } from "../servers/dovecot-handle.ts";
import { startSmtpSink } from "../servers/smtp-sink.ts";
import { tempFolder } from "../servers/temp-folder.ts";

export interface SoakOptions {
  readonly dovecot: DovecotHandle;
  readonly user: string;
  readonly seconds: number;
  readonly mailsPerSecond: number;
  readonly sampleMs: number;
  /** From 0 to 1: the part of the time in which caches fill and functions are compiled, which is no leak. */
  readonly warmShare: number;
  readonly onSample?: (sample: Sample, mails: number) => void;
}

/** What the gateway holds at one moment, after a full collection. */
export interface Sample {
  readonly heapUsed: number;
  readonly external: number;
  readonly rss: number;
  readonly files: number;
  readonly sockets: number;
  readonly handles: number;
  readonly listeners: number;
}

export interface SoakReport {
  readonly seconds: number;
  readonly mails: number;
  readonly answered: number;
  /** Medians of the first and the last fifth, once it is warm. */
  readonly first: Sample;
  readonly last: Sample;
  /** What is not flat, or went wrong, in words. */
  readonly complaints: readonly string[];
}

const HERE = import.meta.dirname;
const MIB = 1024 * 1024;
/** How far two medians of the same steady state may lie apart. */
const SLACK: Readonly<Record<keyof Sample, (first: number) => number>> = {
  heapUsed: (first) => first * 1.05 + 3 * MIB,
  external: (first) => first * 1.05 + 3 * MIB,
  rss: (first) => first * 1.1 + 16 * MIB,
  files: (first) => first + 3,
  sockets: (first) => first + 2,
  handles: (first) => first + 5,
  listeners: (first) => first + 10,
};

/** The real gateway under a steady stream of mail: what it holds at the end is what it held at the beginning. */
export async function soak(options: SoakOptions): Promise<SoakReport> {
  const { dovecot, user, seconds, mailsPerSecond, sampleMs, warmShare, onSample } = options;
  await using sink = await startSmtpSink({ security: "starttls", auth: { user, password: dovecot.password } });
  await using folder = await tempFolder("soak");
  const config = join(folder.path, "config.json");
  await writeFile(config, JSON.stringify(configFor(options, sink)), { mode: 0o600 });
  const samples: Sample[] = [];
  let mails = 0;
  const gateway = start(config, sampleMs, (sample) => {
    samples.push(sample);
    onSample?.(sample, mails);
  });
  const complaints: string[] = [];
  const startedAt = performance.now();
  while (performance.now() - startedAt < seconds * 1_000 && gateway.isRunning()) {
    await dovecot.deliver(question(mails++), { user });
    await sleep(Math.max(0, startedAt + (mails * 1_000) / mailsPerSecond - performance.now()));
  }
  const steady = samples.length;
  for (let left = 300; left > 0 && sink.mails.length < mails; left--) await sleep(100);
  const code = await gateway.stop();
  if (code !== 0) complaints.push(`SIGTERM gave exit code ${code}: ${gateway.lastWords()}`);
  const answered = new Set(sink.mails.map(({ raw }) => /^In-Reply-To: (.*)$/m.exec(raw.toString())?.[1]?.trim())).size;
  if (answered !== mails || sink.mails.length !== mails)
    complaints.push(`${mails} mails, ${sink.mails.length} answers to ${answered} of them`);
  const warm = samples.slice(0, steady).slice(Math.floor(steady * warmShare));
  const fifth = Math.max(1, Math.floor(warm.length / 5));
  const [first, last] = [medians(warm.slice(0, fifth)), medians(warm.slice(-fifth))];
  if (warm.length < 5) complaints.push(`only ${warm.length} samples: too few to say anything`);
  for (const [what, most] of Object.entries(SLACK) as [keyof Sample, (first: number) => number][])
    if (last[what] > most(first[what])) complaints.push(`${what} grew from ${first[what]} to ${last[what]}`);
  return { seconds, mails, answered, first, last, complaints };
}

function medians(samples: readonly Sample[]): Sample {
  const of = (what: keyof Sample) =>
    samples.map((sample) => sample[what]).toSorted((a, b) => a - b)[Math.floor(samples.length / 2)] ?? 0;
  return {
    heapUsed: of("heapUsed"),
    external: of("external"),
    rss: of("rss"),
    files: of("files"),
    sockets: of("sockets"),
    handles: of("handles"),
    listeners: of("listeners"),
  };
}

function start(config: string, sampleMs: number, onSample: (sample: Sample) => void) {
  const main = join(HERE, "../../dist/cli/main.js");
  const args = ["--expose-gc", "--import", join(HERE, "probe.mjs"), main, "run", "--config", config];
  const child = spawn(process.execPath, args, {
    stdio: ["ignore", "ignore", "pipe", "pipe"],
    env: { ...process.env, SOAK_SAMPLE_MS: String(sampleMs) },
  });
  const printed: string[] = [];
  child.stderr?.on("data", (chunk: Buffer) => {
    printed.push(chunk.toString());
    if (printed.length > 50) printed.shift();
  });
  createInterface({ input: child.stdio[3] as Readable }).on("line", (line) => onSample(JSON.parse(line) as Sample));
  const exited = once(child, "exit");
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  return {
    isRunning,
    lastWords: () => printed.join("").trim().split("\n").slice(-5).join(" | "),
    async stop(): Promise<number | null> {
      if (isRunning()) child.kill("SIGTERM");
      await exited;
      return child.exitCode;
    },
  };
}

/** Every tenth has an attachment, and it is a hundred people who write. */
function question(n: number): string {
  const fields = [`From: person${n % 100}@people.test`, `Subject: Question ${n}`, `Message-ID: <q${n}@people.test>`];
  const date = "Date: Tue, 24 Nov 2026 10:00:00 +0000";
  if (n % 10 > 0) return [...fields, date, "", `What about ${n}?`, ""].join("\r\n");
  const file = Buffer.alloc(20_000, `${n} `).toString("base64").replace(/.{76}/g, "$&\r\n");
  return [
    ...fields,
    date,
    "MIME-Version: 1.0",
    'Content-Type: multipart/mixed; boundary="b"',
    "",
    "--b",
    "",
    `What about the file ${n}?`,
    "--b",
    "Content-Type: application/octet-stream",
    `Content-Disposition: attachment; filename="${n}.bin"`,
    "Content-Transfer-Encoding: base64",
    "",
    file,
    "--b--",
    "",
  ].join("\r\n");
}

function configFor({ dovecot, user }: SoakOptions, sink: { readonly host: string; readonly port: number }): object {
  return {
    store: { kind: "sqlite", path: "mailport.db" },
    accounts: [
      {
        id: "soaked",
        enabled: true,
        ...accountOn(dovecot, sink, user),
        limits: { repliesPerSenderPerHour: 1_000_000, repliesPerHour: 1_000_000 },
      },
    ],
    bot: { kind: "echo" },
  };
}
