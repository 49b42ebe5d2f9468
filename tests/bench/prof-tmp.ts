import { startDovecot } from "../servers/dovecot.ts";
import { tempFolder } from "../servers/temp-folder.ts";
import { mails } from "./corpus.ts";
import { drain } from "./mailport.ts";
const shape = (process.argv[2] ?? "plain") as "plain";
const n = Number(process.argv[3] ?? 3000);
await using dovecot = await startDovecot();
await using folder = await tempFolder("bench");
const corpus = mails(shape, n);
for (let r = 0; r < 4; r++) {
  const user = `u${r}@example.test`;
  await dovecot.seed(corpus, { user });
  await dovecot.mails({ user });
  const t = performance.now(); const e0 = performance.eventLoopUtilization(); const c0 = process.cpuUsage();
  await drain({ dovecot, user, dir: `${folder.path}/a${r}`, more: { allowFrom: process.env["ALLOW"] ? ["@example.org"] : [] } }, n);
  const c = process.cpuUsage(c0);
  console.log(shape, Math.round(n / ((performance.now() - t) / 1000)), "mails/s; cpu ms", Math.round(c.user / 1000), Math.round(c.system / 1000), "elu", performance.eventLoopUtilization(e0).utilization.toFixed(2), "wall", Math.round(performance.now() - t));
}
