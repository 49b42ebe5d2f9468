import { describe, expect, it } from "vitest";
import { composeMail } from "../../src/compose/compose-mail.ts";
import { InvalidMessageError } from "../../src/domain/errors.ts";
import type { OutboundAttachment } from "../../src/domain/message.ts";
import { context, MESSAGE_ID, message, metadata, reply } from "./context.ts";

describe("reply headers", () => {
  it("place the answer under its question", () => {
    const mail = composeMail(reply({ metadata: metadata({ email_references: "<q0@ann.example>" }) }), context());
    expect(mail.headers).toMatchObject({
      subject: "Re: Lunch",
      inReplyTo: "<q1@ann.example>",
      references: ["<q0@ann.example>", "<q1@ann.example>"],
      autoSubmitted: "auto-replied",
      from: { address: "bot@bot.example", name: "The Bot" },
    });
    expect(mail.messageId).toBe(MESSAGE_ID);
  });

  it("carry an explicit subject as it is", () => {
    expect(composeMail(reply({ subject: "New topic" }), context()).headers.subject).toBe("New topic");
  });

  it("hold nothing that a stranger could end a line with", () => {
    const hostile = metadata({
      email_subject: "hi\r\nBcc: evil@x.example",
      email_message_id: "<q1@ann.example>\r\nX-Evil: 1",
      email_references: "<a@b\r\nX-Evil: 2> <c@d>",
    });
    const { headers } = composeMail(
      reply({ metadata: hostile }),
      context({ from: { address: "bot@bot.example", name: "Bot\r\nBcc: evil@x.example" } }),
    );
    const values = [headers.subject, headers.inReplyTo ?? "", ...headers.references, headers.from.name ?? ""];
    expect(values.filter((value) => /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(value))).toEqual([]);
    expect(headers.subject).toBe("Re: hi Bcc: evil@x.example");
    expect(headers.from.name).toBe("Bot Bcc: evil@x.example");
  });
});

describe("a new mail", () => {
  it("keeps its subject as it is, belongs to no thread and says that nobody asked for it", () => {
    const { headers } = composeMail(message({ subject: "Weekly report" }), context());
    expect(headers).toMatchObject({
      subject: "Weekly report",
      inReplyTo: undefined,
      references: [],
      autoSubmitted: "auto-generated",
    });
  });

  it("has a subject in any case", () => {
    expect(composeMail(message(), context()).headers.subject).toBe("(no subject)");
  });
});

describe("the text", () => {
  it("is refused above the limit, before it is rendered", () => {
    const long = "a".repeat(300 * 1024);
    expect(() => composeMail(message({ text: long }), context())).toThrow(
      "The text has 307200 bytes, 262144 are allowed. Shorten it, or send it as an attachment.",
    );
  });

  it("is refused when its markup would make a mail that nobody can open", () => {
    expect(() => composeMail(message({ text: "|a|b|c|d|\n|-|-|-|-|\n" + "|x\n".repeat(60_000) }), context())).toThrow(
      InvalidMessageError,
    );
  });

  it("may be missing only beside an attachment", () => {
    const attachments = [{ content: "x", filename: "x.txt" }];
    expect(() => composeMail(message({ text: " " }), context())).toThrow("nothing is attached");
    expect(composeMail(message({ text: "", attachments }), context()).attachments).toHaveLength(1);
  });
});

const composed = (attachments: OutboundAttachment[], text = "See attached") =>
  composeMail(message({ text, attachments }), context()).attachments;
const image = (contentId: string) => ({ content: "x", filename: "l.png", contentType: "image/png", contentId });

describe("attachments", () => {
  it("come from paths and from content, the single one of simple ports first", () => {
    const mail = composeMail(
      message({ attachment: "/tmp/a/report.pdf", attachments: [{ content: "hi", filename: "hi.txt" }] }),
      context(),
    );
    expect(mail.attachments).toMatchObject([
      { filename: "report.pdf", source: { path: "/tmp/a/report.pdf", within: ["/"] } },
      { filename: "hi.txt", source: { content: Buffer.from("hi") } },
    ]);
  });

  it.each([
    ["../../etc/passwd", "passwd"],
    ["C:\\temp\\a.txt", "a.txt"],
    ['a"\r\nBcc: evil@x.example', "a_ Bcc_ evil@x.example"],
    ["..", "attachment-1"],
    ["", "attachment-1"],
    [`${"x".repeat(400)}.pdf`, `${"x".repeat(149)}….pdf`],
  ])("named %j are sent as %j", (filename, sent) => {
    expect(composed([{ content: "x", filename }])[0]?.filename).toBe(sent);
  });

  it("are inline only where the text shows them", () => {
    const ids = composed([image("<logo@bot>"), image("unused@bot")], "![Logo](cid:logo@bot)").map(
      ({ contentId }) => contentId,
    );
    expect(ids).toEqual(["logo@bot", undefined]);
  });

  it.each([
    [{ path: "" }, 'needs either a "path"'],
    [{ path: "a\0b" }, 'needs either a "path"'],
    [{ content: "x", filename: "x", contentType: "text/plain\r\nX: 1" }, "is no media type"],
    [{ content: "x", filename: "x", contentId: "a b" }, "cannot be used"],
  ])("are refused with a clear sentence: %j", (attachment, words) => {
    expect(() => composed([attachment])).toThrow(InvalidMessageError);
    expect(() => composed([attachment])).toThrow(words);
  });

  it("may not share a Content-ID, be too many, or too large", () => {
    const one = { content: "x", filename: "x", contentId: "a" };
    expect(() => composed([one, one])).toThrow('Two attachments have the contentId "a"');
    expect(() => composed(Array.from({ length: 21 }, (_, index) => ({ content: "x", filename: `${index}` })))).toThrow(
      "at most 20 attachments",
    );
    const limits = { maxCount: 20, maxTotalBytes: 3, attachFrom: [] };
    expect(() =>
      composeMail(
        message({ attachments: [{ content: "four", filename: "f" }] }),
        context({ attachmentLimits: limits }),
      ),
    ).toThrow("4 bytes, 3 are allowed");
  });

  it("cannot smuggle a structure of their own into the mail", () => {
    expect(composed([{ content: "x", filename: "x.eml", contentType: "message/rfc822" }])[0]?.contentType).toBe(
      "application/octet-stream",
    );
  });

  it("are copied, so that the caller may use its buffer again", () => {
    const bytes = Buffer.from("before");
    const [attachment] = composed([{ content: bytes, filename: "b" }]);
    bytes.fill("x");
    expect(attachment?.source).toEqual({ content: Buffer.from("before") });
  });
});
