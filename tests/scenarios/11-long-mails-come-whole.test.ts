import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { dovecotAvailable } from "../servers/shared.ts";
import { letter, room } from "./room.ts";

describe.skipIf(!dovecotAvailable)("a long mail", () => {
  // In one piece, in one piece on the thread, in slices, in slices of which the last one is whole.
  it.each([10_000, 1_000_000, 2_500_000, 6_000_000, 3 * (1 << 20)])(
    "with %d bytes attached comes whole",
    async (bytes) => {
      const content = Buffer.alloc(bytes);
      for (let at = 0; at + 4 <= bytes; at += 4) content.writeUInt32LE(Math.imul(at, 2_654_435_761) >>> 0, at);
      const { channel, write } = await room();
      await write(mailWith(content));
      const { value } = await channel.receive().next();
      expect(value?.metadata.email_defects).toEqual([]);
      const [attachment] = value?.attachments ?? [];
      const sha256 = createHash("sha256").update(content).digest("hex");
      expect(attachment).toMatchObject({ size: bytes, sha256 });
      expect((await readFile(attachment?.path ?? "")).equals(content)).toBe(true);
    },
  );

  it("that is all text comes whole, to the last line", async () => {
    const lines = Array.from({ length: 40_000 }, (_, index) => `Line ${index} says what it has to say, and no more.`);
    const { channel, write } = await room();
    await write(letter({ text: lines.join("\r\n") }));
    const { value } = await channel.receive().next();
    // A million characters are what a bot is given to read.
    const said = lines.join("\n").slice(0, 1_000_000);
    expect(value?.fullText.startsWith(said.slice(0, 999_000))).toBe(true);
  });
});

function mailWith(content: Buffer): string {
  const parts = [
    "Content-Type: text/plain\r\n\r\nsee below",
    `Content-Type: application/octet-stream\r\nContent-Disposition: attachment; filename="data.bin"\r\nContent-Transfer-Encoding: base64\r\n\r\n${content.toString("base64").replace(/.{76}/g, "$&\r\n")}`,
  ];
  const body = `--b\r\n${parts.join("\r\n--b\r\n")}\r\n--b--`;
  return letter({ headers: ["MIME-Version: 1.0", "Content-Type: multipart/mixed; boundary=b"], text: body });
}
