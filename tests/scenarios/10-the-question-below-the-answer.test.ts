import { describe, expect, it } from "vitest";
import { dovecotAvailable } from "../servers/shared.ts";
import { type Letter, letter, room } from "./room.ts";

const CONFIG = {
  locale: "de",
  quoteOriginal: true,
  template: { signature: "Ihr Bot" },
  ack: "manual",
} as const;

function withFile(about: Letter, text: string): string {
  const lines = [
    "--b",
    "Content-Type: text/plain; charset=utf-8",
    "",
    text,
    "--b",
    'Content-Type: text/csv; name="liste.csv"',
    'Content-Disposition: attachment; filename="liste.csv"',
    "",
    "a;b",
    "--b--",
  ];
  const headers = ["MIME-Version: 1.0", 'Content-Type: multipart/mixed; boundary="b"'];
  return letter({ ...about, headers, text: lines.join("\r\n") });
}

describe.skipIf(!dovecotAvailable)("the question below the answer", () => {
  it("with the words of who asked, in the language of the account, and nothing of this machine", async () => {
    const { channel, write, answer, dir } = await room({ config: CONFIG });
    await write(withFile({ subject: "Die Liste" }, "Passt das so?\r\n\r\nGruß, Ann"));
    const { value: message } = await channel.receive().next();
    expect(message?.text).toContain("[Anhang: liste.csv (text/csv)] → ");
    expect(message?.text).toContain(dir);
    await message?.reply("Ja.");
    const { text = "", html, raw } = await answer();
    expect(text.replaceAll("\r\n", "\n").trimEnd()).toBe(
      "Ja.\n\n-- \nIhr Bot\n\nAm 20. November 2026 um 10:00 UTC schrieb Ann <ann@example.org>:\n> Passt das so?\n>\n> Gruß, Ann",
    );
    expect(html).toMatch(/<blockquote type="cite"[^>]*>\s*Passt das so\?<br>/);
    expect(html).toContain('<html lang="de"');
    for (const part of [raw, text, String(html)]) expect(part).not.toMatch(/liste\.csv|mailport-room/);
  });

  it("not of a mail without a word, and not of one that is answered without it at hand", async () => {
    const { channel, write, answer } = await room({ config: CONFIG });
    await write(withFile({}, ""));
    const { value: message } = await channel.receive().next();
    expect(message?.text).toMatch(/^\[Keine Textinhalte\]/);
    await message?.reply("Danke.");
    expect((await answer(1)).text?.trim()).toBe("Danke.\n\n-- \nIhr Bot");
    if (message) await channel.send({ session: message.session, metadata: message.metadata, text: "Noch etwas." });
    expect((await answer(2)).text?.trim()).toBe("Noch etwas.\n\n-- \nIhr Bot");
  });
});
