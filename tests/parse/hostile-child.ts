import { tmpdir } from "node:os";
import { parseMail } from "../../src/parse/parse-mail.ts";
import { HOSTILE_MAILS } from "./hostile-mails.ts";
import { parseOptions } from "./options.ts";

/** A process of its own with a small heap: reads all hostile mails, one after the other, and says how much memory that took. */
const dir = process.argv[2] ?? tmpdir();
let read = 0;
for (const { source } of HOSTILE_MAILS) {
  await parseMail(source(), parseOptions(dir));
  read++;
}
process.stdout.write(JSON.stringify({ read, maxRssBytes: process.resourceUsage().maxRSS * 1_024 }));
