import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { dovecotAvailable } from "../servers/shared.ts";
import { canMakeDisks, fillUp, onSmallDisk, seenBy } from "../servers/small-disk.ts";
import { tempFolder } from "../servers/temp-folder.ts";
import { startGatewayRoom, subjects } from "./gateway-room.ts";

/** Half a minute is what the gateway gives a full disk before it tries again. */
const PATIENCE_MS = 60_000;

await using probe = await tempFolder("disk-probe");
const possible = dovecotAvailable && canMakeDisks(probe.path);
if (!possible) console.error("SKIPPED: no disk could be filled: no Dovecot, or no user namespaces on this machine");

describe.skipIf(!possible)("a gateway whose disk is full (P3)", () => {
  it("leaves mail unseen, says so, and answers it once there is room again", { timeout: 180_000 }, async () => {
    await using room = await gatewayOnDisk("size=3m");
    const { sink, state, gateway } = room;
    await room.deliver(question("before"));
    await vi.waitFor(() => expect(subjects(sink)).toEqual(["Re: before"]), PATIENCE_MS);
    await vi.waitFor(async () => expect((await room.mails())[0]?.flags).toContain("\\Seen"), PATIENCE_MS);

    const filler = fillUp(seenBy(gateway.pid, join(state, "filler")));
    expect(filler.bytes).toBeGreaterThan(100_000);
    await room.deliver(question("plain"));
    await room.deliver(question("attached", 50_000));
    await vi.waitFor(() => expect(gateway.err()).toMatch(/disk is full|free space/), PATIENCE_MS);
    const flags = (await room.mails()).map((mail) => mail.flags.includes("\\Seen"));
    expect(flags).toEqual([true, false, false]);
    expect(subjects(sink)).toEqual(["Re: before"]);

    filler.empty();
    const wanted = ["Re: attached", "Re: before", "Re: plain"];
    await vi.waitFor(() => expect(subjects(sink).toSorted()).toEqual(wanted), PATIENCE_MS);
    await vi.waitFor(
      async () => expect((await room.mails()).every((mail) => mail.flags.includes("\\Seen"))).toBe(true),
      PATIENCE_MS,
    );
    const files = await readdir(seenBy(gateway.pid, join(state, "attachments")));
    expect(files).toEqual([expect.stringMatching(/^mailport-[0-9a-f]{16}\.bin$/)]);
    gateway.kill("SIGTERM");
    expect((await gateway.ended).code).toBe(0);
  });

  it(
    "refuses to start on a read-only disk, with a sentence and 75, and reads no mail",
    { timeout: 60_000 },
    async () => {
      await using room = await gatewayOnDisk("ro,size=1m");
      const { state, gateway } = room;
      await room.deliver(question("waits"));
      const { code, err } = await gateway.ended;
      expect(code).toBe(75);
      expect(err).toContain(join(state, "mailport.db"));
      expect(err).toMatch(/right to write|read-only/);
      expect((await room.mails()).map((mail) => mail.flags)).toEqual([[]]);
    },
  );
});

/** Its store and attachments are on a disk of their own. */
async function gatewayOnDisk(options: string) {
  return await startGatewayRoom({ wrap: (state) => (command) => onSmallDisk(state, options, command) });
}

function question(subject: string, attachedBytes = 0): string {
  const head = `From: ann@people.test\r\nSubject: ${subject}\r\nMessage-ID: <${subject}@people.test>\r\nMIME-Version: 1.0\r\n`;
  if (attachedBytes === 0) return `${head}\r\nhello\r\n`;
  const file = Buffer.alloc(attachedBytes, subject).toString("base64").replace(/.{76}/g, "$&\r\n");
  const parts = [
    "Content-Type: text/plain\r\n\r\nhello",
    `Content-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=a.bin\r\nContent-Transfer-Encoding: base64\r\n\r\n${file}`,
  ];
  return `${head}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n${parts.join("\r\n--b\r\n")}\r\n--b--\r\n`;
}
