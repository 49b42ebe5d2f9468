import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { HOSTILE_MAILS } from "./hostile-mails.ts";
import { temporaryDir } from "./options.ts";

/** Half of what one mail may cost (security 3.4), so that two of them at a time would do, too. */
const HEAP_MEGABYTES = 128;
/** The largest of the mails has 50 MB, and is there twice while it is made. */
const MAX_RSS_BYTES = 700e6;

it("all hostile mails, one after the other, are read in a heap of 128 MB", async () => {
  const child = resolve(import.meta.dirname, "hostile-child.ts");
  const args = [`--max-old-space-size=${HEAP_MEGABYTES}`, "--import", "tsx", child, await temporaryDir()];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const { read, maxRssBytes } = JSON.parse(stdout) as { read: number; maxRssBytes: number };
  expect(read).toBe(HOSTILE_MAILS.length);
  expect(maxRssBytes).toBeLessThan(MAX_RSS_BYTES);
}, 120_000);
