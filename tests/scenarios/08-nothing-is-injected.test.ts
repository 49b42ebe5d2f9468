import { describe, expect, it } from "vitest";
import type { InboundMessage, OutboundAttachment } from "../../src/index.ts";
import { dovecotAvailable } from "../servers/shared.ts";
import { hasPython, readAllWithPython } from "../smtp/python-email.ts";
import { letter, room } from "./room.ts";

const EVIL = [
  "a\r\nBcc: evil@x.test\r\n\r\nbody",
  "a\nBcc: evil@x.test",
  "a\rBcc: evil@x.test",
  "a\u2028Bcc: evil@x.test",
  "a\u0085Bcc: evil@x.test",
  'a"\r\nBcc: evil@x.test',
  "=?utf-8?Q?a=0D=0ABcc:_evil=40x.test?=",
  "a\0\u001b[2J\u202egpj.exe",
];

/** RFC 2047 and RFC 2231, as a stranger would hide a line break in a header that is whole on its way. */
const encodedWord = (text: string) => `=?utf-8?B?${Buffer.from(text).toString("base64")}?=`;
const extended = (text: string) => `utf-8''${encodeURIComponent(text)}`;

/** security.md 3.3, through the real channel: what a stranger's mail says comes back in the bot's answer. */
describe.skipIf(!dovecotAvailable)("nothing that a stranger writes becomes a header of ours (3.3)", () => {
  it.each(EVIL)("%j, in every header of the incoming mail that an answer is made of", async (evil) => {
    const { channel, write, sink } = await room({ config: { fromName: "The Bot" } });
    await write(hostile(evil));
    const { value: message }: { value: InboundMessage | undefined } = await channel.receive().next();
    const echoed: OutboundAttachment[] =
      message?.attachments.map(({ filename }) => ({ content: "x", filename, contentType: "text/plain" })) ?? [];
    const receipt = await message?.reply(`You are ${message.sender.name}, about ${message.metadata.email_subject}`, {
      attachments: echoed,
    });
    expect(receipt).toMatchObject({ status: "sent" });
    const [mail] = await sink.waitForMails(1);
    expect(mail?.envelope.to).toEqual(["ann@example.org"]);
    soundHeaders(mail ? [mail.raw] : []);
  });

  it.each(EVIL)("%j, in everything that the bot itself may give", async (evil) => {
    const { channel, write, sink } = await room();
    await write(letter());
    const { value: message }: { value: InboundMessage | undefined } = await channel.receive().next();
    // Each is either refused with a sentence, or made harmless.
    const given: Parameters<InboundMessage["reply"]>[1][] = [
      { subject: evil },
      { attachments: [{ content: "x", filename: evil }] },
      { attachments: [{ content: "x", filename: "x", contentType: evil }] },
      { attachments: [{ content: "x", filename: "x", contentType: `text/plain; name=${evil}` }] },
      { attachments: [{ content: "x", filename: "x", contentId: evil }] },
      { to: [evil] },
      { cc: [`${evil}@x.test`] },
      { metadata: { email_message_id: `<a@b${evil}>`, email_references: evil, email_in_reply_to: evil } },
      { idempotencyKey: evil },
    ];
    let sent = 0;
    for (const options of given) {
      const outcome = await message?.reply("Hello.", options).then(
        ({ status }) => status,
        (error: unknown) => (error instanceof Error && "code" in error ? error.code : error),
      );
      expect(["sent", "INVALID_MESSAGE"]).toContain(outcome);
      if (outcome === "sent") sent++;
    }
    expect(sent).toBeGreaterThanOrEqual(4);
    const mails = await sink.waitForMails(sent);
    for (const { envelope } of mails) expect(envelope.to.filter((address) => address.includes("evil"))).toEqual([]);
    soundHeaders(mails.map(({ raw }) => raw));
    expect(sink.mails).toHaveLength(sent);
  });
});

/** Sequences that some servers take for the end of a mail; what follows them would be a mail of its own. */
const ENDS = ["\n.\n", "\n.\r\n", "\r.\r", "\r\n.\r", "\r\n\0.\r\n"];
const SMUGGLED = "MAIL FROM:<evil@x.test>";

describe.skipIf(!dovecotAvailable)("no end of a mail is smuggled (3.3)", () => {
  it.each(ENDS)("%j, wherever a text may stand", async (end) => {
    const evil = `before${end}${SMUGGLED}${end}RCPT TO:<evil@x.test>${end}after`;
    const { channel, write, sink } = await room();
    await write(letter());
    const { value: message }: { value: InboundMessage | undefined } = await channel.receive().next();
    const mails: [string, Parameters<InboundMessage["reply"]>[1]][] = [
      [evil, {}],
      [`\`\`\`\n${evil}\n\`\`\``, {}],
      [`> ${evil}\n\n- ${evil}`, {}],
      ["x", { subject: evil }],
      ["x", { attachments: [{ content: evil, filename: "a.txt", contentType: "text/plain" }] }],
      ["x", { attachments: [{ content: "x", filename: evil }] }],
    ];
    for (const [text, options] of mails) expect(await message?.reply(text, options)).toMatchObject({ status: "sent" });
    const raws = (await sink.waitForMails(mails.length)).map(({ raw }) => raw);
    // A lone CR or LF is what the sequences are made of.
    for (const raw of raws) expect(raw.toString("latin1")).not.toMatch(/\r(?!\n)|(?<!\r)\n|\0/);
    soundHeaders(raws);
    expect(sink.mails).toHaveLength(mails.length);
    const said = sink.connections.flatMap(({ commands }) => commands);
    expect(said.filter((line) => line.startsWith("MAIL"))).toHaveLength(mails.length);
    expect(said.join("\n")).not.toContain("evil@x.test");
  });
});

function hostile(evil: string): string {
  return letter({
    from: `${encodedWord(evil.replace("evil@x.test", "evil"))} <ann@example.org>`,
    subject: encodedWord(evil),
    headers: [
      `References: <1@example.org> <a${encodedWord("\r\nBcc: evil@x.test")}@example.org>`,
      "X-List-Post: <mailto:a%0d%0aBcc:evil@x.test>",
      "MIME-Version: 1.0",
      "Content-Type: multipart/mixed; boundary=b",
    ],
    text: [
      "--b",
      "",
      "Hello",
      "--b",
      `Content-Type: text/plain; name="${encodedWord(evil)}"`,
      `Content-Disposition: attachment; filename*=${extended(evil)}`,
      "Content-ID: <a%0d%0aBcc:evil@x.test>",
      "",
      "x",
      "--b--",
    ].join("\r\n"),
  });
}

/** Each field once, none that we did not mean, no line too long; read by a second parser, which has nothing to complain of. */
function soundHeaders(raws: readonly Buffer[]): void {
  expect(raws.length).toBeGreaterThan(0);
  const names = raws.map(fieldNames);
  if (!hasPython) return;
  for (const [index, read] of readAllWithPython(raws).entries()) {
    expect(read.headers.map(([name]) => name.toLowerCase())).toEqual(names[index]);
    expect(read.headers.filter(([, value]) => /[\r\n\0\u001b\u0085\u2028\u202e]/.test(value))).toEqual([]);
    expect(read.filenames.filter((name) => /[\r\n\0/\\]/.test(name))).toEqual([]);
    expect(read.defects).toEqual([]);
  }
}

function fieldNames(raw: Buffer): (string | undefined)[] {
  const text = raw.toString("latin1");
  const names = (text.split("\r\n\r\n", 1)[0] ?? "")
    .split("\r\n")
    .filter((line) => !/^[ \t]/.test(line))
    .map((line) => line.split(":", 1)[0]?.toLowerCase());
  expect(names.length).toBe(new Set(names).size);
  expect(names.filter((name) => name === undefined || !OURS.has(name))).toEqual([]);
  expect(text.split("\r\n").filter((line) => line.length > 998)).toEqual([]);
  return names;
}

const OURS: ReadonlySet<string> = new Set([
  "auto-submitted", "x-auto-response-suppress", "x-mailport-loop", "from", "to", "cc", "in-reply-to", "references", "subject", "message-id",
  "date", "mime-version", "content-type",
]); // prettier-ignore
