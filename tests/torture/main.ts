import { join } from "node:path";
import { parseArgs } from "node:util";
import { startDovecot } from "../servers/dovecot.ts";
import { torture } from "./torture.ts";

const { values } = parseArgs({ options: { kills: { type: "string", default: "200" } } });
const dist = join(import.meta.dirname, "../../dist");

await using dovecot = await startDovecot();
const report = await torture({
  dovecot,
  user: "tortured@example.test",
  kills: Number(values.kills),
  dist,
  random: Math.random,
  onKill: (count) => void (count % 20 === 0 && console.log(`${count} kills`)),
});
console.log(JSON.stringify(report, undefined, 2));
process.exitCode = report.complaints.length === 0 ? 0 : 1;
