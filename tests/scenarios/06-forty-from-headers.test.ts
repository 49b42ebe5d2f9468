import { describe, expect, it } from "vitest";
import { HOSTILE, LEGITIMATE } from "../policy/from-headers.ts";
import { dovecotAvailable } from "../servers/shared.ts";
import { room } from "./room.ts";

const mail = (header: string, subject: string) => `${header}\r\nTo: bot@bot.test\r\nSubject: ${subject}\r\n\r\nb\r\n`;

describe.skipIf(!dovecotAvailable)("security.md 3.1 (S-A8), on real bytes through a real server", () => {
  it("every hostile From is refused and never answered, every control is let in", async () => {
    const { channel, write, sink } = await room({
      config: { allowFrom: ["admin@legit.com"], senderVerification: "off" },
    });
    for (const [id, header] of Object.entries(HOSTILE)) await write(mail(header, id), { from: "any@attack.com" });
    for (const [index, header] of LEGITIMATE.entries())
      await write(mail(header, `control ${index}`), { from: "admin@legit.com" });
    const subjects: string[] = [];
    for await (const message of channel.receive()) {
      expect(message.sender.address).toBe("admin@legit.com");
      subjects.push(message.metadata.email_subject);
      await message.reply("Good morning.");
      if (subjects.length === LEGITIMATE.length) break;
    }
    expect(subjects).toEqual(LEGITIMATE.map((_header, index) => `control ${index}`));
    const { refused } = channel.status().counts;
    expect(Object.values(refused).reduce((sum, count) => sum + count, 0)).toBe(Object.keys(HOSTILE).length);
    expect(sink.mails).toHaveLength(LEGITIMATE.length);
  });
});
