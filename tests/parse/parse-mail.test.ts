import { describe, expect, it } from "vitest";
import { parseMail } from "../../src/parse/parse-mail.ts";
import { anyOptions, htmlMail, inPieces, mail, parseOptions, temporaryDir, withAttachment } from "./options.ts";

describe("reading a mail", () => {
  it("gives the metadata that a reply needs", async () => {
    const source = mail([
      'Cc: Cy <CY@Example.com>, group: a@x.test, "B, b" <b@x.test>;',
      "To: second@example.com",
      "Reply-To: =?utf-8?Q?=C3=84nn?= <Ann.Other@Example.org>",
      "References: <root@x> <mid@x>",
      "In-Reply-To: <mid@x>",
    ]);
    const { metadata, senderName, threadId } = await parseMail(source, await anyOptions());
    expect(metadata).toEqual({
      email_message_id: "<question@example.org>",
      email_subject: "Question",
      email_from: "ann@example.org",
      email_references: "<root@x> <mid@x>",
      email_in_reply_to: "<mid@x>",
      email_to: ["bot@example.com", "second@example.com"],
      email_cc: ["cy@example.com", "a@x.test", "b@x.test"],
      email_reply_to: ["ann.other@example.org"],
      email_date: "2026-11-20T09:00:00.000Z",
      email_account: "default",
      email_folder: "INBOX",
      email_uid: 7,
      email_uid_validity: "1700000000",
      email_signature_type: null,
      email_defects: ["duplicate-header:To"],
    });
    expect([senderName, threadId]).toEqual(["Ann Example", "<root@x>"]);
    expect(JSON.parse(JSON.stringify(metadata))).toEqual(metadata);
  });

  it.each([
    ["References name the root", ["References: <a@x> <b@x>", "In-Reply-To: <c@x>"], "<a@x>"],
    ["else In-Reply-To, if it names one mail", ["In-Reply-To: <c@x>"], "<c@x>"],
    ["two names are none", ["In-Reply-To: <c@x> <d@x>"], "<question@example.org>"],
    ["else the mail itself", [], "<question@example.org>"],
    ["what is no id is none", ["References: garbage", "In-Reply-To: <>"], "<question@example.org>"],
  ])("the conversation: %s", async (_, fields, root) => {
    expect((await parseMail(mail(fields), await anyOptions())).threadId).toBe(root);
  });

  it.each([
    ["From: admin@legit.com", "admin@legit.com", undefined],
    ["From: Admin <ADMIN@LEGIT.COM>", "admin@legit.com", "Admin"],
    ['From: "Min, Ad" <admin@legit.com>', "admin@legit.com", "Min, Ad"],
    ["From: =?utf-8?Q?Adm=C3=AFn?= <admin@legit.com>", "admin@legit.com", "Admïn"],
    ["From: Admin\r\n\t<admin@legit.com>", "admin@legit.com", "Admin"],
    ["From: Ädmin <admin@legit.com>", "admin@legit.com", "Ädmin"],
    ['From: "x\u202ey" <admin@legit.com>', "admin@legit.com", "xy"],
    ["From: nobody", "", undefined],
    ["From: undisclosed:;", "", undefined],
    ["X: y", "", undefined],
  ])("the sender of %j", async (field, address, name) => {
    const source = Buffer.from(`${field}\r\nMessage-ID: <a@b>\r\nDate: 1 Jan 2026 00:00 Z\r\n\r\nhi`);
    const { metadata, senderName } = await parseMail(source, await anyOptions());
    expect([metadata.email_from, senderName]).toEqual([address, name]);
    expect(metadata.email_defects).toEqual(address === "" ? ["bad-from"] : []);
  });

  it("makes up a Message-ID that is the same each time, and another for another mail", async () => {
    const options = await anyOptions();
    const id = async (said: string, place: Partial<typeof options.origin> = {}): Promise<string> =>
      (
        await parseMail(Buffer.from(`From: a@b.c\r\n\r\n${said}`), {
          ...options,
          origin: { ...options.origin, ...place },
        })
      ).metadata.email_message_id;
    expect(await id("hi")).toMatch(/^<mailport\.[0-9a-f]{32}@local\.invalid>$/);
    expect(await id("hi", { uid: 8, uidValidity: "9", folder: "Moved" })).toBe(await id("hi"));
    expect(await id("ho")).not.toBe(await id("hi"));
    expect(await id("hi", { receivedAt: new Date(1) })).not.toBe(await id("hi"));
  });

  it("never gives an empty text (M10)", async () => {
    for (const source of [mail([], ""), mail([], " \r\n\r\n"), htmlMail("<p hidden>x</p>"), Buffer.alloc(0)]) {
      const { text, fullText } = await parseMail(source, await anyOptions());
      expect([text, fullText]).toEqual(["[No text content]", "[No text content]"]);
    }
  });

  it("leaves control characters out of the text", async () => {
    const { text } = await parseMail(mail([], "a\u0000b\u001b[2Jc\td\r\ne\u0085f"), await anyOptions());
    expect(text).toBe("ab[2Jc\td\nef");
  });

  it("fills the template of an attachment line in one pass", async () => {
    const options = parseOptions(await temporaryDir(), { allowTypes: [] });
    const texts = { noText: "-", attachment: "{filename}|{type}|{size}|{path}|{other}" };
    const source = withAttachment(["Content-Type: a/b", 'Content-Disposition: attachment; filename="{path}"']);
    const { text } = await parseMail(source, { ...options, texts });
    expect(text).toBe("see the file\n\n{path}|a/b|7 B|not saved: type not allowed|{other}");
  });

  it("cuts a very long text and says so", async () => {
    const { text, metadata } = await parseMail(mail([], "word ".repeat(1_500_000)), await anyOptions());
    expect(text.length).toBeLessThanOrEqual(1_000_000);
    expect(metadata.email_defects).toEqual(["text-too-long"]);
  });

  it.each(["Es-tu là", "Слава СССР", "=?utf-8?Q?Es-tu?= là", "là =?utf-8?Q?x?=", "頠"])(
    "keeps the last letter of %j, one of whose bytes is a space in Latin-1",
    async (words) => {
      const shown = words.replace("=?utf-8?Q?Es-tu?=", "Es-tu").replace("=?utf-8?Q?x?=", "x");
      const header = `From: ${words} <a@b.org>\r\nSubject: ${words}\r\n`;
      const file = `Content-Type: application/x-y\r\nContent-Disposition: attachment; filename=à\r\n`;
      for (const raw of [`${header}\r\nhello`, `${header}${file}\r\nhello`]) {
        const { metadata, senderName, attachments } = await parseMail(Buffer.from(raw), await anyOptions());
        expect([metadata.email_subject, senderName]).toEqual([shown, shown]);
        for (const { filename } of attachments) expect(filename).toBe("à");
      }
    },
  );

  it("gives the header block exactly as it came", async () => {
    const source = mail(["X-Odd : \u00e4 \t", "X-Folded: a", "  b"], "body");
    const { rawHeader, bytes } = await parseMail(source, await anyOptions());
    expect(Buffer.concat([rawHeader, Buffer.from("body")]).equals(source)).toBe(true);
    expect(bytes).toBe(source.length);
  });
});

const print = async (source: Parameters<typeof parseMail>[0]): Promise<string> =>
  (await parseMail(source, await anyOptions())).fingerprint;
const traced = (fields: string): Buffer => Buffer.concat([Buffer.from(fields), mail([], "the body")]);

describe("the fingerprint (S-U2)", () => {
  it("is the same for two deliveries of one mail", async () => {
    const first = await print(
      traced("Return-Path: <a@b>\r\nReceived: from x\r\n by y; now\r\nDelivered-To: bot@example.com\r\n"),
    );
    const second = await print(
      traced("Received: from z\r\nX-Original-To: bot\r\nAuthentication-Results: mx; none\r\nDKIM-Signature: v=1\r\n"),
    );
    expect(first).toMatch(/^[0-9a-f]{64}$/);
    expect(second).toBe(first);
    expect(await print(mail([], "the body"))).toBe(first);
  });

  it("differs with the body, and with any other field", async () => {
    const all = await Promise.all([mail([], "a"), mail([], "b"), mail(["X: y"], "a"), mail([], "a ")].map(print));
    expect(new Set(all).size).toBe(4);
  });

  it("of a mail that is not read to its end does not depend on how it arrived", async () => {
    const source = mail(["Content-Type: multipart/mixed; boundary=b"], "--b\r\n\r\nx\r\n".repeat(500_000));
    expect(await print(inPieces(source, 1_000))).toBe(await print(source));
  });
});

describe("the source", () => {
  it("is read as slowly as its mail is", async () => {
    const source = withAttachment(["Content-Type: application/pdf"], Buffer.alloc(500_000, "x"));
    const whole = await parseMail(source, await anyOptions());
    for (const size of [77, 65_536, 1_000_000]) {
      const parsed = await parseMail(inPieces(source, size), await anyOptions());
      expect([parsed.fingerprint, parsed.bytes, parsed.attachments[0]?.sha256]).toEqual([
        whole.fingerprint,
        whole.bytes,
        whole.attachments[0]?.sha256,
      ]);
    }
  });

  it("may be a plain Uint8Array, or a view into a larger one", async () => {
    const bytes = mail([], "hello");
    const view = new Uint8Array(bytes.length + 20);
    view.set(bytes, 10);
    expect((await parseMail(view.subarray(10, 10 + bytes.length), await anyOptions())).text).toBe("hello");
  });

  it("that fails makes the parsing fail with the same error", async () => {
    await expect(parseMail(failing(), await anyOptions())).rejects.toThrow("connection reset");
  });

  it.each<[string, string, string]>([
    ["a header without an end", "X: ", "header-too-large"],
    ["parts without an end", "Content-Type: multipart/mixed; boundary=b\r\n\r\n", "too-many-parts"],
    ["lines without an end", "\r\n", "too-many-lines"],
  ])("is told to stop after %s", async (_, header, defect) => {
    let sent = 0;
    let closed = false;
    const filler = { "too-many-parts": "--b\r\n\r\nx\r\n", "too-many-lines": "\n" }[defect] ?? "x";
    const piece = Buffer.from(filler.repeat(Math.ceil(65_536 / filler.length)));
    async function* endless() {
      try {
        yield Buffer.from(
          `From: a@b.c\r\nSubject: Re: kept\r\nMessage-ID: <a@b>\r\nDate: 1 Jan 2026 00:00 Z\r\n${header}`,
        );
        for (;;) {
          sent += piece.length;
          yield piece;
        }
      } finally {
        closed = true;
      }
    }
    const { metadata } = await parseMail(endless(), await anyOptions());
    expect(metadata.email_defects).toEqual([defect]);
    expect([metadata.email_from, metadata.email_message_id, metadata.email_subject]).toEqual([
      "a@b.c",
      "<a@b>",
      "kept",
    ]);
    expect(closed).toBe(true);
    expect(sent).toBeLessThan(2_000_000);
  });
});

async function* failing() {
  yield mail([], "hel");
  throw new Error("connection reset");
}
