import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import type { Dovecot } from "../servers/dovecot.ts";
import { mails } from "./corpus.ts";
import type { Row } from "./measure.ts";

const LIMIT_MB = 64;
const CONSUME_SECONDS = 15;
const HUGE_BYTES = 200e6;

/** (d) Peak memory of a process of its own, over that of the same process with nothing to do. */
export async function benchMemory(dovecot: Dovecot, dir: string): Promise<Row[]> {
  const [idleUser, busyUser, hugeUser] = [
    "memory-idle@example.test",
    "memory-busy@example.test",
    "memory-huge@example.test",
  ];
  await dovecot.seed(mails("plain", 10_000), { user: busyUser });
  await dovecot.seed([hugeMail()], { user: hugeUser });
  for (const user of [idleUser, busyUser, hugeUser]) await dovecot.mails({ user });
  const run = async (user: string, what: string) => await peakMegabytes(dovecot, user, dir, what);
  const idle = await run(idleUser, "idle");
  const rows: Row[] = [{ what: "(d) peak memory, idle", figure: `${idle.toFixed(0)} MB` }];
  for (const [label, user, what] of [
    [`10,000 waiting, one taken a second (${CONSUME_SECONDS} s)`, busyUser, "slow"],
    ["a mail of 200 MB, over maxMessageBytes: text only", hugeUser, "huge-text"],
    ["the same mail, saved whole", hugeUser, "huge-whole"],
  ] as const) {
    const more = (await run(user, what)) - idle;
    rows.push({
      what: `    ${label}`,
      figure: `+${more.toFixed(0)} MB`,
      wanted: `< +${LIMIT_MB} MB`,
      ok: more < LIMIT_MB,
    });
  }
  return rows;
}

async function peakMegabytes(dovecot: Dovecot, user: string, dir: string, what: string): Promise<number> {
  const args = [dovecot.host, String(dovecot.ports.imap), user, dovecot.password, dir, what, String(CONSUME_SECONDS)];
  const child = spawn(
    process.execPath,
    ["--import", "tsx", new URL("memory-child.ts", import.meta.url).pathname, ...args],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  const [output] = await Promise.all([text(child.stdout), once(child, "exit")]);
  const peak = Number(output.trim());
  if (!Number.isFinite(peak) || peak === 0) throw new Error(`${what}: no figure, but ${JSON.stringify(output)}`);
  return peak / 1024;
}

function hugeMail(): Buffer {
  const header = [
    "From: a@example.org",
    "To: bot@example.test",
    "Subject: huge",
    "Message-ID: <huge@example.org>",
    'Content-Type: multipart/mixed; boundary="mixed"',
    "",
    "--mixed",
    "Content-Type: text/plain",
    "",
    "see below",
    "--mixed",
    "Content-Type: application/octet-stream",
    'Content-Disposition: attachment; filename="huge.bin"',
    "Content-Transfer-Encoding: base64",
    "",
    "",
  ].join("\r\n");
  const line = Buffer.from(`${"QUJD".repeat(19)}\r\n`);
  const body = Buffer.alloc(Math.ceil(HUGE_BYTES / line.length) * line.length);
  for (let at = 0; at < body.length; at += line.length) line.copy(body, at);
  return Buffer.concat([Buffer.from(header), body, Buffer.from("--mixed--\r\n")]);
}
