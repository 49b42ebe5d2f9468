import { expect, it } from "vitest";
import { parseMail } from "../../src/parse/parse-mail.ts";
import { anyOptions, mail } from "./options.ts";

/** Issue 2, item 12 (d). In a file of its own, so that no other test's garbage is counted. */
const MAX_GROWTH_BYTES = 64_000_000;

it("a mail of 200 MB needs no more memory than one of 2 MB", async () => {
  const line = Buffer.from(`${"QUJD".repeat(19)}\r\n`.repeat(800));
  let peak = 0;
  async function* large(megabytes: number) {
    yield mail(["Content-Type: application/octet-stream", "Content-Transfer-Encoding: base64"]);
    for (let sent = 0; sent < megabytes * 1_000_000; sent += line.length) {
      peak = Math.max(peak, process.memoryUsage.rss());
      yield line;
    }
  }
  const options = await anyOptions({ maxBytes: 1e9, maxTotalBytes: 1e9 });
  await parseMail(large(2), options);
  const before = process.memoryUsage.rss();
  peak = 0;
  const { attachments } = await parseMail(large(200), options);
  expect(attachments[0]?.size).toBeGreaterThan(140_000_000);
  expect(peak - before).toBeLessThan(MAX_GROWTH_BYTES);
}, 60_000);
