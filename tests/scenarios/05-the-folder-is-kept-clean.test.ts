import { mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { openSqliteStore } from "../../src/store/sqlite-store.ts";
import { dovecotAvailable } from "../servers/shared.ts";
import { withAttachment } from "../parse/options.ts";
import { room } from "./room.ts";

const DAY_MS = 86_400_000;
const OLD = new Date(Date.now() - 30 * DAY_MS);

describe.skipIf(!dovecotAvailable)("the folder for attachments", () => {
  it("is cleared at the start of what is old, but not of what a mail in the store still needs", async () => {
    const home = await mkdtemp(join(tmpdir(), "mailport-clean-"));
    onTestFinished(async () => await rm(home, { recursive: true, force: true }));
    const dir = join(home, "attachments");
    const store = await openSqliteStore(join(home, "store.db"));
    onTestFinished(async () => await store[Symbol.asyncDispose]());
    const config = { attachments: { dir, keepDays: 7 } };
    const first = await room({ config, deps: { store } });
    await first.write(
      withAttachment(["Content-Type: application/pdf"], "%PDF-1.4 still to be answered").toString("latin1"),
    );
    const received = await first.channel.receive().next();
    const needed = received.value?.attachments[0]?.path ?? "";
    await first.channel.close({ drainMs: 0 });

    const old = join(dir, "mailport-00000000deadbeef.pdf");
    const halfWritten = join(dir, ".mailport-01234567-89ab-4def-8123-456789abcdef.part");
    for (const path of [old, halfWritten]) await writeFile(path, "x");
    for (const path of [needed, old, halfWritten]) await utimes(path, OLD, OLD);

    const second = await room({ config, deps: { store } });
    const again = await second.channel.receive().next();
    expect(again.value?.attachments[0]?.path).toBe(needed);
    await expect.poll(async () => await readdir(dir)).toEqual([basename(needed)]);
    expect(second.logged).toContainEqual(
      expect.objectContaining({ message: "old attachments deleted", expired: 1, unfinished: 1 }),
    );
  });
});
