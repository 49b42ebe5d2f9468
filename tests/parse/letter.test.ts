import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { headerFields } from "../../src/parse/header.ts";
import { readLetter } from "../../src/parse/letter.ts";
import { type ParsedMail, parseMail } from "../../src/parse/parse-mail.ts";

const options = {
  attachments: { dir: "/nonexistent", maxBytes: 0, maxTotalBytes: 0, maxCount: 0, allowTypes: [] },
  texts: { noText: "[nothing]", attachment: "" },
  origin: { account: "a", folder: "INBOX", uid: 1, uidValidity: "1", receivedAt: new Date(0) },
};

describe("reading a plain letter without a MIME reader", () => {
  const charset = fc.constantFrom(
    "",
    "Content-Type: text/plain\r\n",
    "Content-Type: text/plain; charset=utf-8\r\n",
    'Content-Type: TEXT/Plain;\r\n charset="US-ASCII"\r\n',
  );
  const encoding = fc.constantFrom("", "7bit", "8bit", "quoted-printable", "base64", "BASE64");
  const subject = fc.constantFrom(
    "",
    "Hello",
    "Re: AW:  two  spaces",
    "folded\r\n over lines",
    "Grüße",
    "Voilà",
    "=?utf-8?q?Gr=C3=BC=C3=9Fe?=",
    "a\ttab",
  );
  const text = fc.array(
    fc.constantFrom(
      "Hello",
      " ",
      "ä€😀",
      "\r\n",
      "=",
      "=3D",
      "--",
      "-- \r\n",
      "\t",
      "> quoted",
      "\u0000",
      "\ufeff",
      "x".repeat(80),
      "From me",
    ),
    { maxLength: 30 },
  );

  it("gives what the MIME reader gives", async () => {
    await fc.assert(
      fc.asyncProperty(charset, encoding, subject, text, async (type, transfer, line, words) => {
        const raw = mail(type, transfer, line, words.join(""));
        // A stream is never taken for a letter.
        expect(comparable(await parseMail(raw, options))).toEqual(comparable(await parseMail(pieces(raw), options)));
      }),
      { numRuns: 400 },
    );
  });

  it("gives the same for a text beside its HTML", async () => {
    const boundary = fc.constantFrom("b", '"b c"', '"=_x"', '"b"; charset=utf-8', "b; type=x");
    const html = fc.constantFrom("<p>Hello</p>", "", "<p>--b</p>", "\r\n--b\r\n", "x".repeat(500));
    const htmlType = fc.constantFrom(
      "text/html",
      "text/html; charset=utf-8",
      "text/html; charset=x-unknown",
      "text/plain",
      "text/calendar",
      "multipart/mixed; boundary=c",
    );
    const around = fc.constantFrom(["", ""], ["This is MIME.\r\n", ""], ["", "\r\nepilogue"], ["", "\r\n--b--"]);
    const end = fc.constantFrom("--\r\n", "--", "", "\r\n", "-- ", "-- \r\n", "--\r\n \r\n");
    await fc.assert(
      fc.asyncProperty(fc.record({ boundary, charset, encoding, text, html, htmlType, around, end }), async (shape) => {
        const raw = alternative(shape);
        expect(comparable(await parseMail(raw, options))).toEqual(comparable(await parseMail(pieces(raw), options)));
      }),
      { numRuns: 600 },
    );
  });

  it("is for what Gmail sends", () => {
    const header = 'Content-Type: multipart/alternative; boundary="000000000000a1b2c3"\r\n\r\n';
    const body =
      '--000000000000a1b2c3\r\nContent-Type: text/plain; charset="UTF-8"\r\n\r\nHello\r\n\r\n--000000000000a1b2c3\r\nContent-Type: text/html; charset="UTF-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<div>Hello</div>\r\n\r\n--000000000000a1b2c3--\r\n';
    expect(readLetter(headerFields(Buffer.from(header)), Buffer.from(body))?.root.children).toHaveLength(2);
  });

  it.each([
    ["plain ASCII", "Subject: a\r\n", "hello\r\n", true],
    ["UTF-8", "Content-Type: text/plain; charset=utf-8\r\n", "Grüße\r\n", true],
    ["an encoded subject", "Subject: =?utf-8?q?a?=\r\n", "hello\r\n", false],
    ["flowed text", "Content-Type: text/plain; format=flowed\r\n", "hello \r\nworld\r\n", false],
    ["another charset", "Content-Type: text/plain; charset=iso-8859-1\r\n", "hello\r\n", false],
    ["two types", "Content-Type: text/plain\r\nContent-Type: text/html\r\n", "hello\r\n", false],
    ["HTML", "Content-Type: text/html\r\n", "hello\r\n", false],
    ["a part with a name", "Content-Disposition: attachment; filename=a\r\n", "hello\r\n", false],
    ["a line that is no field", "what is this\r\n", "hello\r\n", false],
    ["an unknown encoding", "Content-Transfer-Encoding: x-base64\r\n", "hello\r\n", false],
    ["broken base64", "Content-Transfer-Encoding: base64\r\n", "aGVsbG8*\r\n", false],
    ["a long one", "Subject: a\r\n", "x".repeat(70_000), false],
  ])("is for letters only: %s", (_, header, body, isLetter) => {
    expect(
      readLetter(headerFields(Buffer.from(`From: a@b.org\r\n${header}\r\n`)), Buffer.from(body)) !== undefined,
    ).toBe(isLetter);
  });
});

function mail(type: string, transfer: string, subject: string, text: string): Buffer {
  const encode: Record<string, (bytes: Buffer) => string | Buffer> = {
    base64: (bytes) => `${bytes.toString("base64").replace(/.{60}/g, "$&\r\n")}\r\n`,
    "quoted-printable": (bytes) =>
      [...bytes]
        .map((byte) => `=${byte.toString(16).toUpperCase().padStart(2, "0")}`)
        .join("")
        .replace(/(=..){20}/g, "$&=\r\n"),
  };
  const header = [
    "From: Ann <ann@example.org>",
    "Message-ID: <1@example.org>",
    "Date: Fri, 20 Nov 2026 10:00:00 +0000",
    ...(subject ? [`Subject: ${subject}`] : []),
    ...(type ? [type.trimEnd()] : []),
    ...(transfer ? [`Content-Transfer-Encoding: ${transfer}`] : []),
  ].join("\r\n");
  const bytes = Buffer.from(text);
  return Buffer.concat([
    Buffer.from(`${header}\r\n\r\n`),
    Buffer.from(encode[transfer.toLowerCase()]?.(bytes) ?? bytes),
  ]);
}

interface Shape {
  readonly boundary: string;
  readonly charset: string;
  readonly encoding: string;
  readonly text: readonly string[];
  readonly html: string;
  readonly htmlType: string;
  readonly around: readonly string[];
  readonly end: string;
}

function alternative({
  boundary,
  charset,
  encoding,
  text,
  html,
  htmlType,
  around: [before = "", after = ""],
  end,
}: Shape): Buffer {
  const [bare = ""] = boundary.replaceAll('"', "").split(";");
  const first = mail(charset, encoding, "", text.join("")).toString("latin1").split("\r\n").slice(3).join("\r\n");
  const parts = `${before}--${bare}\r\n${first}\r\n--${bare}\r\nContent-Type: ${htmlType}\r\n\r\n${html}\r\n--${bare}${end}${after}`;
  return Buffer.from(
    `From: a@b.org\r\nMessage-ID: <1@b.org>\r\nContent-Type: multipart/alternative; boundary=${boundary}\r\n\r\n${parts}`,
    "latin1",
  );
}

async function* pieces(raw: Buffer) {
  yield raw;
}

function comparable({ rawHeader, ...rest }: ParsedMail) {
  return { ...rest, rawHeader: rawHeader.toString("latin1") };
}
