import { parseArgs } from "node:util";
import { startDovecot } from "../servers/dovecot.ts";
import { tempFolder } from "../servers/temp-folder.ts";
import { benchAttachments } from "./attachments.ts";
import { benchDrain } from "./drain.ts";
import { benchLatency } from "./latency.ts";
import { type Row, printTable } from "./measure.ts";
import { benchMemory } from "./memory.ts";
import { benchReplies } from "./replies.ts";
import { benchRestart, benchStores } from "./stores.ts";
import { benchStrangers } from "./strangers.ts";
import { benchVerification } from "./verification.ts";

const { values } = parseArgs({
  options: { only: { type: "string", default: "abcdefghi" }, mails: { type: "string", default: "5000" } },
});

await using dovecot = await startDovecot({ config: ["mail_max_userip_connections = 100"] });
await using folder = await tempFolder("bench");
const dir = `${folder.path}/attachments`;

const parts: Record<string, () => Promise<Row[]>> = {
  a: async () => await benchDrain(dovecot, dir, Number(values.mails)),
  b: async () => await benchLatency(dovecot, dir, 30),
  c: async () => await benchAttachments(dovecot, dir, 100),
  d: async () => await benchMemory(dovecot, dir),
  e: async () => await benchStrangers(dovecot, dir, 2_000),
  f: async () => await benchReplies(500),
  g: async () => await benchStores(dovecot, dir, Number(values.mails)),
  h: async () => await benchRestart(dir, 100_000),
  i: async () => await benchVerification(dovecot, dir, Number(values.mails)),
};

const rows: Row[] = [];
for (const [name, run] of Object.entries(parts)) {
  if (!values.only.includes(name)) continue;
  const found = await run();
  printTable(`part (${name})`, found);
  rows.push(...found);
}
const missed = rows.filter(({ ok }) => ok === false);
console.log(missed.length === 0 ? "\nall figures hold" : `\n${missed.length} figures do not hold`);
process.exitCode = missed.length === 0 ? 0 : 1;
