import { parseArgs } from "node:util";
import { startDovecot } from "../servers/dovecot.ts";
import { soak } from "./soak.ts";

const { values } = parseArgs({
  options: { minutes: { type: "string", default: "10" }, rate: { type: "string", default: "40" } },
});
/** What is remembered of the last hour's answers is bounded at ten thousand, and full by then. */
const WARM_SHARE = 0.5;

await using dovecot = await startDovecot();
const seconds = Number(values.minutes) * 60;
let samples = 0;
const report = await soak({
  dovecot,
  user: "soaked@example.test",
  seconds,
  mailsPerSecond: Number(values.rate),
  sampleMs: 5_000,
  warmShare: WARM_SHARE,
  onSample: (sample, mails) => void (samples++ % 12 === 0 && console.log(`${mails} mails`, JSON.stringify(sample))),
});
console.log(JSON.stringify(report, undefined, 2));
process.exitCode = report.complaints.length === 0 ? 0 : 1;
