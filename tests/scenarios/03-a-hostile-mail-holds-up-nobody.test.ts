import { readdir } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { dovecotAvailable } from "../servers/shared.ts";
import { letter, room } from "./room.ts";

const HOSTILE: Record<string, () => string> = {
  "100,000 nested parts": () => {
    const open = Array.from(
      { length: 100_000 },
      (_, n) => `Content-Type: multipart/mixed; boundary=b${n}\r\n\r\n--b${n}\r\n`,
    ).join("");
    return letter({ headers: ["MIME-Version: 1.0", open.slice(0, -2)], text: "deep down" });
  },
  "100,000 attachments": () =>
    letter({
      headers: ["MIME-Version: 1.0", "Content-Type: multipart/mixed; boundary=b"],
      text: "--b\r\nContent-Type: a/b\r\n\r\nx\r\n".repeat(100_000),
    }),
  "a piece of a mail, and one that lies elsewhere": () =>
    letter({
      headers: ["MIME-Version: 1.0", "Content-Type: multipart/mixed; boundary=b"],
      text: [
        "--b",
        "Content-Type: message/partial; id=x; number=1; total=2",
        "",
        "x",
        "--b",
        'Content-Type: message/external-body; access-type=URL; URL="file:///etc/passwd"',
        "",
        "x",
        "--b--",
      ].join("\r\n"),
    }),
  "base64 with a hole in it": () =>
    letter({
      headers: ["Content-Type: application/pdf", "Content-Transfer-Encoding: base64"],
      text: "JVBERi0x!LjQK".repeat(9),
    }),
  "2 MB of <div>": () => letter({ headers: ["Content-Type: text/html"], text: "<div>\r\n".repeat(300_000) }),
};

describe.skipIf(!dovecotAvailable)("a hostile mail holds up nobody", () => {
  it("a header of 10 MB: nobody can say who wrote it, so it is refused; the next mail comes", async () => {
    const { channel, write } = await room();
    await write(letter({ headers: [`X-Long: ${"a".repeat(900)}\r\n ${`${"b".repeat(900)}\r\n `.repeat(11_000)}end`] }));
    await write(letter({ subject: "and then", text: "All is well." }));
    const before = process.cpuUsage();
    const { value } = await channel.receive().next();
    const { user, system } = process.cpuUsage(before);
    expect(value?.metadata.email_subject).toBe("and then");
    expect((user + system) / 1_000).toBeLessThan(2_000);
    expect(channel.status().counts.refused).toEqual({ "header-malformed": 1 });
  });

  it.each(Object.entries(HOSTILE))(
    "%s: it is delivered as far as it can be read, and so is the next mail",
    async (_, hostile) => {
      const { channel, write, dir } = await room();
      await write(hostile());
      await write(letter({ subject: "and then", text: "All is well." }));
      const messages = channel.receive();
      const before = process.cpuUsage();
      const first = await messages.next();
      const { user, system } = process.cpuUsage(before);
      expect(first.value?.metadata.email_defects).not.toEqual([]);
      expect(first.value?.text).not.toContain("root:");
      // Of a mail that can be read in two ways, no file is there; of the others, as many as are allowed.
      const isAmbiguous = first.value?.metadata.email_defects.includes("ambiguous") === true;
      const files = await readdir(dir);
      if (isAmbiguous) expect(files).toEqual([]);
      expect(files.length).toBeLessThanOrEqual(50);
      expect((user + system) / 1e6).toBeLessThan(2);
      expect((await messages.next()).value?.text).toBe("All is well.");
      expect(channel.status().folders[0]?.reconnects).toBe(0);
    },
  );
});
