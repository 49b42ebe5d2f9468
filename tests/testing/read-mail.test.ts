import { describe, expect, it } from "vitest";
import { composeMail } from "../../src/testing/compose-mail.ts";
import { readMail } from "../../src/testing/testing.ts";
import { NESTED_MAIL } from "./sample-mails.ts";

const mail = (...lines: string[]) => readMail(Buffer.from(lines.join("\r\n"), "latin1"));

describe("reading a mail as a person sees it", () => {
  it("takes the text, the HTML and the files out of a nested mail", () => {
    const { text, html, attachments, subject, from, messageId } = readMail(Buffer.from(NESTED_MAIL));
    expect({ text, html, subject, from, messageId }).toEqual({
      text: "Hällo\n",
      html: "<p>x</p>",
      subject: "Grüße",
      from: "Ann Ämtlich <ann@example.org>",
      messageId: "<a@example.org>",
    });
    expect(attachments.map(({ filename, contentType, content }) => [filename, contentType, content.length])).toEqual([
      ["a.pdf", "application/pdf", 11],
      ["message.eml", "message/rfc822", 112],
    ]);
  });

  it("decodes quoted-printable, and keeps the blank before a soft line break", () => {
    const headers = ["Content-Type: text/plain; charset=iso-8859-1", "Content-Transfer-Encoding: Quoted-Printable", ""];
    expect(mail(...headers, "a long =  ", "line =FC=", "=3D end").text).toBe("a long line ü= end");
  });

  it.each([
    ["=?iso-8859-1?Q?Gr=FC=DFe_an?= =?utf-8?B?w6Q=?= alle", "Grüße anä alle"],
    ["=?utf-8*de?q?=C3=A4?=", "ä"],
    ["=?nonsense?q?=C3=A4?=", "=?nonsense?q?=C3=A4?="],
    ["folded\r\n once", "folded once"],
  ])("decodes the subject %s", (header, expected) => {
    expect(mail(`Subject: ${header}`, "", "").subject).toBe(expected);
  });

  it.each([
    ["filename*=utf-8''%C3%BCber%20uns.txt", "über uns.txt"],
    ["filename*0*=utf-8''%C3%BCber;\r\n filename*1=%20uns; filename*2=.txt", "über uns.txt"],
    ['filename="=?utf-8?Q?=C3=BCber?="', "über"],
    ['filename="a \\"b\\".txt"', 'a "b".txt'],
  ])("reads the file name in %s", (parameter, expected) => {
    const { attachments } = mail(`Content-Disposition: attachment; ${parameter}`, "", "x");
    expect(attachments[0]?.filename).toBe(expected);
  });

  it("knows an inline image by its Content-ID", () => {
    const { attachments } = mail(
      "Content-Type: image/png",
      "Content-ID: <logo@x>",
      "Content-Disposition: inline",
      "",
      "x",
    );
    expect(attachments[0]).toMatchObject({ contentId: "logo@x", inline: true, contentType: "image/png" });
  });

  it("takes a text file for a file, not for the text", () => {
    const { text, attachments } = mail("Content-Disposition: attachment; filename=a.txt", "", "x");
    expect([text, attachments.length]).toEqual(["", 1]);
  });

  it("makes do with a mail of which little is there", () => {
    expect(readMail(Buffer.from(""))).toMatchObject({
      from: "",
      subject: "",
      text: "",
      html: undefined,
      date: undefined,
    });
    expect(mail("no header at all").text).toBe("");
    expect(mail("Content-Type: multipart/mixed; boundary=x", "", "--x", "", "cut off").text).toBe("cut off");
  });
});

describe("writing a mail for a test", () => {
  it("is read back as it was written", () => {
    const draft = {
      from: "Ann Ämtlich <ann@example.org>",
      subject: `Grüße ${"und noch mehr 🎉 ".repeat(12)}Ende`,
      text: "Zeile 1 ü\nZeile 2",
      html: `<p>${"x".repeat(2_000)}</p>`,
      inReplyTo: "<1@example.com>",
      references: ["<0@example.com>", "<1@example.com>"],
      attachments: [{ filename: 'ü "x".bin', content: Buffer.from([0, 255, 13, 10]), contentType: "application/x-y" }],
    };
    const { raw, messageId } = composeMail(draft, "bot@example.com");
    const read = readMail(raw);
    expect(read).toMatchObject({
      from: draft.from,
      to: "bot@example.com",
      subject: draft.subject,
      text: draft.text,
      html: draft.html,
      inReplyTo: draft.inReplyTo,
      references: draft.references,
      messageId,
    });
    expect(read.attachments).toMatchObject([{ filename: 'ü "x".bin', contentType: "application/x-y", inline: false }]);
    expect(read.attachments[0]?.content).toEqual(Buffer.from([0, 255, 13, 10]));
    expect(Math.abs(Date.now() - (read.date?.getTime() ?? 0))).toBeLessThan(5_000);
  });

  it("keeps every line within 998 characters and every encoded word within 75 (RFC 5322, RFC 2047)", () => {
    const { raw } = composeMail(
      { from: "a@b.org", subject: "ü".repeat(500), text: "y".repeat(5_000) },
      "bot@example.com",
    );
    const lines = raw.toString("latin1").split("\r\n");
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(998);
    expect(
      Math.max(...(raw.toString("latin1").match(/=\?\S+\?=/g) ?? []).map((word) => word.length)),
    ).toBeLessThanOrEqual(75);
  });

  it("lets no value begin a header field of its own", () => {
    const evil = "x\r\nBcc: eve@example.org\r\n";
    const { raw } = composeMail(
      {
        from: `Ann${evil} <ann@example.org>`,
        to: evil,
        cc: evil,
        subject: evil,
        inReplyTo: evil,
        references: [evil],
        messageId: evil,
        attachments: [{ filename: `a${evil}`, content: "", contentType: evil }],
      },
      "bot@example.com",
    );
    expect(raw.toString()).not.toMatch(/^Bcc:/im);
  });
});
