import { setTimeout as sleep } from "node:timers/promises";
import { createEmailChannel, silentLogger } from "../../dist/index.js";

const [host = "", port = "", user = "", password = "", dir = "", what = "", seconds = ""] = process.argv.slice(2);

await using channel = createEmailChannel(
  {
    imapHost: host,
    imapPort: Number(port),
    smtpHost: "127.0.0.1",
    smtpPort: 1,
    username: user,
    password,
    fromAddress: "bot@example.test",
    tls: false,
    backlogLimit: 1_000_000,
    attachments: { dir, maxBytes: 250e6, maxTotalBytes: 250e6 },
    ...(what === "huge-whole" ? { maxMessageBytes: 400e6 } : {}),
  },
  { logger: silentLogger },
);

const messages = channel.receive();
if (what === "idle") {
  void messages.next();
  await sleep(3_000);
} else if (what === "slow") {
  for (let second = 0; second < Number(seconds); second++) {
    await messages.next();
    await sleep(1_000);
  }
} else {
  const { value } = await messages.next();
  const [attachment] = value?.attachments ?? [];
  if ((attachment?.path !== undefined) !== (what === "huge-whole"))
    throw new Error("the attachment is not where it should be");
}
console.log(process.resourceUsage().maxRSS);
