import { writeFile } from "node:fs/promises";
import path from "node:path";
import { simpleParser } from "mailparser";
import { describe, expect, it } from "vitest";
import { InvalidMessageError } from "../../src/domain/errors.ts";
import { composeMail } from "../../src/compose/compose-mail.ts";
import { silentLogger } from "../../src/runtime/logger.ts";
import { createSmtpTransport, type SmtpMail } from "../../src/smtp/smtp-transport.ts";
import { context, LOOP_TAG, metadata, reply } from "../compose/context.ts";
import { startSmtpSink } from "../servers/smtp-sink.ts";
import { tempFolder } from "../servers/temp-folder.ts";
import { mail, settings, transportTo } from "./fixtures.ts";
import { hasPython, readWithPython } from "./python-email.ts";

/** What the server was given. */
async function sent(message: SmtpMail): Promise<{ raw: Buffer; to: readonly string[] }> {
  await using sink = await startSmtpSink();
  await using transport = transportTo(sink);
  expect(await transport.submit(message)).toMatchObject({ kind: "sent" });
  const [first] = sink.mails;
  if (!first) throw new Error("nothing was sent");
  return { raw: first.raw, to: first.envelope.to };
}

/** Content types as a tree, depth first. */
function structure(raw: Buffer): string[] {
  return [...raw.toString().matchAll(/^Content-Type: ([^;\r\n]+)/gim)].map(([, type = ""]) => type);
}

describe("reply headers", () => {
  it("are on the wire once each", async () => {
    const { raw } = await sent(mail({ metadata: metadata({ email_references: "<q0@ann.example>" }) }));
    const head =
      raw
        .toString()
        .split("\r\n\r\n", 1)[0]
        ?.replace(/\r\n[ \t]+/g, " ")
        .split("\r\n") ?? [];
    expect(head).toEqual([
      "Auto-Submitted: auto-replied",
      "X-Auto-Response-Suppress: All",
      `X-Mailport-Loop: ${LOOP_TAG}`,
      "From: The Bot <bot@bot.example>",
      "To: ann@ann.example",
      "In-Reply-To: <q1@ann.example>",
      "References: <q0@ann.example> <q1@ann.example>",
      "Subject: Re: Lunch",
      expect.stringMatching(/^Message-ID: <\d+\.test@bot\.example>$/),
      "Date: Mon, 05 Jan 2026 09:00:00 +0000",
      "MIME-Version: 1.0",
      expect.stringMatching(/^Content-Type: multipart\/alternative; boundary="=_mailport-[0-9a-f]{24}"$/),
    ]);
  });

  it("hide Bcc", async () => {
    const { raw, to } = await sent(mail({ bcc: ["boss@x.example"] }));
    expect(to).toContain("boss@x.example");
    expect(raw.toString()).not.toContain("boss");
  });
});

describe("multipart/alternative", () => {
  it("holds the text first and the HTML last, both whole", async () => {
    const message = mail({ text: "Grüße, **Ann**: 日本 😀\n\n- a\n- b" });
    const { raw } = await sent(message);
    expect(structure(raw)).toEqual(["multipart/alternative", "text/plain", "text/html"]);
    const parsed = await simpleParser(raw, { skipTextToHtml: true });
    expect(parsed.text?.replaceAll("\r\n", "\n")).toBe(message.text);
    expect(parsed.html).toBe(message.html);
  });
});

describe("multipart/mixed only with an attachment", () => {
  it("has the alternative inside and the files beside it", async () => {
    await using folder = await tempFolder("attachments");
    const file = path.join(folder.path, "Größe.bin");
    const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, index) => index % 251));
    await writeFile(file, bytes);
    const { raw } = await sent(
      mail({
        attachments: [
          { path: file },
          { content: "hi", filename: "a.txt", contentType: "text/plain" },
          { content: "", filename: "empty" },
        ],
      }),
    );
    expect(structure(raw)).toEqual([
      "multipart/mixed",
      "multipart/alternative",
      "text/plain",
      "text/html",
      "application/octet-stream",
      "text/plain",
      "application/octet-stream",
    ]);
    const { attachments } = await simpleParser(raw);
    expect(attachments.map(({ filename, content }) => [filename, content.length])).toEqual([
      ["Größe.bin", 100_000],
      ["a.txt", 2],
      ["empty", 0],
    ]);
    expect(attachments[0]?.content.equals(bytes)).toBe(true);
  });

  it("puts shown images beside the HTML", async () => {
    const { raw } = await sent(
      mail({
        text: "![Logo](cid:logo@bot)",
        attachments: [{ content: "png", filename: "l.png", contentType: "image/png", contentId: "logo@bot" }],
      }),
    );
    expect(structure(raw)).toEqual([
      "multipart/alternative",
      "text/plain",
      "multipart/related",
      "text/html",
      "image/png",
    ]);
    const parsed = await simpleParser(raw, { keepCidLinks: true });
    expect(parsed.attachments[0]).toMatchObject({ cid: "logo@bot", contentDisposition: "inline" });
    expect(parsed.html).toContain('src="cid:logo@bot"');
  });
});

describe("the same mail", () => {
  it("has the same bytes on every attempt and in the folder of sent mail", async () => {
    await using sink = await startSmtpSink();
    await using transport = transportTo(sink);
    const message = mail({ attachments: [{ content: "hi", filename: "a.txt" }] });
    await transport.submit(message);
    await transport.submit(message);
    const [first, second] = sink.mails;
    expect(first?.raw.equals(second?.raw ?? Buffer.alloc(0))).toBe(true);
    expect((await transport.render(message)).toString().trimEnd()).toBe(first?.raw.toString().trimEnd());
  });
});

describe("hostile input", () => {
  const EVIL = [
    "a\r\nBcc: evil@x.example\r\n\r\nbody",
    "a\nBcc: evil@x.example",
    "a\rBcc: evil@x.example",
    "a\u2028Bcc: evil@x.example",
    "a\u0085Bcc: evil@x.example",
    "a\0\u001b[2J",
    "=?utf-8?Q?a=0D=0ABcc:_evil=40x.example?=",
    '"><x',
    "\ud800",
  ];

  it.each(EVIL)("%j becomes no header, whatever it was given as", async (evil) => {
    const message = composeMail(
      reply({
        metadata: metadata({ email_subject: evil, email_references: `<a@b${evil}> ${evil}`, email_in_reply_to: evil }),
        attachments: [{ content: "x", filename: evil, contentId: "x" }],
        text: `${evil} ![${evil}](cid:x)`,
      }),
      context({ from: { address: "bot@bot.example", name: evil } }),
    );
    const { raw, to } = await sent(message);
    expect(to).toEqual(["ann@ann.example"]);
    const names = (raw.toString("latin1").split("\r\n\r\n", 1)[0] ?? "")
      .split("\r\n")
      .filter((line) => !/^[ \t]/.test(line))
      .map((line) => line.split(":", 1)[0]);
    expect(names.length).toBe(new Set(names).size);
    expect(names).not.toContain("Bcc");
    expect(
      raw
        .toString("latin1")
        .split("\r\n")
        .every((line) => line.length <= 998),
    ).toBe(true);
    if (!hasPython) return;
    const read = readWithPython(raw);
    expect(read.headers.map(([name]) => name)).toEqual(names);
    expect(read.defects).toEqual([]);
    expect(read.headers.filter(([, value]) => /[\r\n\0\u001b\u0085\u2028]/.test(value))).toEqual([]);
  });

  it("cannot end the mail early: smuggling sequences arrive as text", async () => {
    for (const end of ["\n.\n", "\n.\r\n", "\r.\r", "\r\n.\r", "\r\n.\r\n", "\r\n\0.\r\n", "\n..\n"]) {
      const text = `before${end}MAIL FROM:<evil@x.example>${end}after`;
      const { raw } = await sent({ ...mail(), text, html: text });
      const parsed = await simpleParser(raw, { skipTextToHtml: true });
      expect(parsed.text).toContain("after");
      expect(parsed.text?.match(/^\.+$/m)?.[0] ?? ".").toBe(end.includes("..") ? ".." : ".");
    }
  });

  it.runIf(hasPython)("is read back the same by a second parser", async () => {
    const message = mail({
      text: "Grüße\n\n```\nFrom here\n.dot\n```\n\nשלום",
      attachments: [{ content: "x", filename: `${"ü".repeat(100)}.txt` }],
      subject: "Größe 日本 ".repeat(20),
    });
    const read = readWithPython((await sent(message)).raw);
    expect(read.text.replaceAll("\r\n", "\n")).toBe(message.text);
    expect(read.html.replaceAll("\r\n", "\n")).toBe(message.html);
    expect(read.headers.find(([name]) => name === "Subject")?.[1]).toBe(message.headers.subject);
    expect(read.filenames).toEqual([`${"ü".repeat(100)}.txt`]);
    expect(read.defects).toEqual([]);
  });
});

describe("attachments that cannot be sent", () => {
  it.each([
    ["/nowhere/at/all.pdf", "cannot be read"],
    ["/", "is not a file"],
    ["/dev/null", "is not a file"],
  ])("are told before anything is sent: %s", async (file, words) => {
    await using sink = await startSmtpSink();
    await using transport = transportTo(sink);
    await expect(transport.submit(mail({ attachment: file }))).rejects.toThrow(InvalidMessageError);
    await expect(transport.submit(mail({ attachment: file }))).rejects.toThrow(words);
    expect(sink.connections).toHaveLength(0);
  });

  it("are too large for this account", async () => {
    const transport = createSmtpTransport(
      settings({ host: "127.0.0.1", port: 1, user: "u", password: "p", ca: "" }, { limits: { maxMailBytes: 10_000 } }),
      silentLogger,
    );
    await expect(
      transport.submit(mail({ attachments: [{ content: "x".repeat(9_000), filename: "x" }] })),
    ).rejects.toThrow(/about \d+ bytes with its attachments, this account sends at most 10000/);
  });

  it("are too large for the server, which has said so", async () => {
    await using sink = await startSmtpSink({ server: { size: 20_000 } });
    await using transport = transportTo(sink);
    await expect(
      transport.submit(mail({ attachments: [{ content: "x".repeat(20_000), filename: "x" }] })),
    ).rejects.toThrow("the mail server takes at most 20000");
    expect(sink.connections[0]?.commands.filter((line) => line.startsWith("MAIL"))).toEqual([]);
    expect(await transport.submit(mail())).toMatchObject({ kind: "sent" });
    expect(sink.connections).toHaveLength(1);
  });
});
