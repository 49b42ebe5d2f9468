import { describe, expect, it } from "vitest";
import { dovecotAvailable } from "../servers/shared.ts";
import { letter, room } from "./room.ts";

const plain = (fields: readonly string[], body: string): string =>
  ["From: Ann <ann@example.org>", "To: bot@example.test", ...fields, "", body, ""].join("\r\n");
const file = (type: string, name: string, body: string): string =>
  letter({
    headers: ["MIME-Version: 1.0", `Content-Type: ${type}; name="${name}"`, "Content-Transfer-Encoding: base64"],
    text: body,
  });

/** M10, and what the bot is told of each. */
const ODD: Readonly<Record<string, readonly [string, RegExp]>> = {
  "an empty mail": [letter({ text: "" }), /^\[No text content\]$/],
  "a mail of white space": [letter({ text: " \r\n\t\r\n" }), /^\[No text content\]$/],
  "only an attachment": [
    file("application/pdf", "a.pdf", "JVBERi0xLjQK"),
    /^\[No text content\]\n\n\[Attachment: a\.pdf \(application\/pdf, 9 B\)\] → \//,
  ],
  "only HTML": [letter({ headers: ["Content-Type: text/html"], text: "<p>Hello <b>bot</b>" }), /^Hello bot$/],
  "only a quotation": [letter({ text: "> Hello\r\n> bot" }), /Hello/],
  "an encrypted mail (S/MIME)": [
    file("application/pkcs7-mime; smime-type=enveloped-data", "smime.p7m", "MIAGCSqG"),
    /^\[No text content\]\n\n\[Attachment: smime\.p7m/,
  ],
  "a winmail.dat": [
    file("application/ms-tnef", "winmail.dat", "eJ8+IgEA"),
    /\[Attachment: winmail\.dat \(application\/ms-tnef, 6 B\)\] → \/.*\.dat$/,
  ],
};

describe.skipIf(!dovecotAvailable)("odd mails", () => {
  it("M10: each has a defined text, and none is empty", async () => {
    const { channel, write } = await room();
    for (const [mail] of Object.values(ODD)) await write(mail);
    const messages = channel.receive();
    for (const [name, [, text]] of Object.entries(ODD)) expect((await messages.next()).value?.text, name).toMatch(text);
  });

  it("M4: without Message-ID or with any Date, in the order in which they came", async () => {
    const { channel, write } = await room();
    const dates = [
      "Date: Thu, 1 Jan 1970 00:00:00 +0000",
      "Date: Thu, 1 Jan 2099 00:00:00 +0000",
      "Date: garbage",
      "X: no date",
    ];
    for (const [n, date] of dates.entries()) await write(plain([date, `Subject: ${n}`], `number ${n}`));
    const messages = channel.receive();
    for (const n of dates.keys()) {
      const { value } = await messages.next();
      expect(value?.text).toBe(`number ${n}`);
      expect(value?.metadata.email_message_id).toMatch(/^<[^<>\s]+>$/);
      expect(value?.metadata.email_defects).toContain("no-message-id");
    }
  });
});
