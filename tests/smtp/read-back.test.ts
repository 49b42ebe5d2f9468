import { simpleParser } from "mailparser";
import PostalMime from "postal-mime";
import { describe, expect, it } from "vitest";
import { composeMail } from "../../src/compose/compose-mail.ts";
import { prepareLook } from "../../src/compose/look.ts";
import { silentLogger } from "../../src/runtime/logger.ts";
import { createSmtpTransport, type SmtpMail } from "../../src/smtp/smtp-transport.ts";
import { ANSWERS, type Answer } from "../compose/answers.ts";
import { context, reply } from "../compose/context.ts";
import { settings } from "./fixtures.ts";
import { hasPython, type PythonMail, readAllWithPython } from "./python-email.ts";
import { type LogicalLine, unflow } from "./unflow.ts";

const LOOK = prepareLook({
  locale: "de",
  textPart: "text",
  template: { header: "**Laden**", signature: "Der Bot", footer: "Sie haben uns geschrieben." },
});
const ORIGINAL = {
  text: `Hello,\n\nwhere is it? ${"I have been waiting for it since Monday. ".repeat(6)}\n> you said\n  indented\nFrom here`,
  date: new Date("2026-01-05T08:12:00Z"),
  from: { address: "ann@ann.example", name: "Ann Lée" },
};

/** Every answer twice: as it is, and with a template around it and the question below it. */
const MAILS = ANSWERS.flatMap((answer) => [
  [answer.name, mailOf(answer, {})] as const,
  [`${answer.name}, template and quote`, mailOf(answer, { look: LOOK, original: ORIGINAL })] as const,
]);

function mailOf({ name, message }: Answer, changes: Parameters<typeof context>[0]): SmtpMail {
  return composeMail(reply(message), context({ messageId: `<${name}@bot.example>`, ...changes }));
}

async function wire(mail: SmtpMail): Promise<Buffer> {
  const sink = { host: "127.0.0.1", port: 1, user: "u", password: "p", ca: "" };
  await using transport = createSmtpTransport(settings(sink), silentLogger);
  return await transport.render(mail);
}

/** RFC 2046 section 5.1: which parts a mail of ours has. */
function structureOf({ attachments }: SmtpMail): string[] {
  const inline = attachments.filter(({ contentId }) => contentId !== undefined);
  const files = attachments.filter(({ contentId }) => contentId === undefined);
  const html = inline.length > 0 ? ["multipart/related", "text/html", ...inline.map(typeOf)] : ["text/html"];
  const alternative = ["multipart/alternative", "text/plain", ...html];
  return files.length > 0 ? ["multipart/mixed", ...alternative, ...files.map(typeOf)] : alternative;
}

function typeOf({ filename, contentType }: SmtpMail["attachments"][number]): string {
  const byEnding: Record<string, string> = { pdf: "application/pdf", txt: "text/plain", csv: "text/csv" };
  return contentType ?? byEnding[filename.split(".").at(-1) ?? ""] ?? "";
}

const bytesOf = ({ source }: SmtpMail["attachments"][number]) =>
  "content" in source ? source.content : Buffer.alloc(0);
const unix = (text: string) => text.replaceAll("\r\n", "\n");
/** Without the marks of a quote, which each reader writes in its own way. */
const said = (lines: readonly LogicalLine[]) => lines.map(({ text }) => text);

describe("each of our mails, read by others", () => {
  it("is one of a set worth the name", () => {
    expect(ANSWERS.length).toBeGreaterThanOrEqual(25);
  });

  it.each(MAILS)("by mailparser: %s", async (_, mail) => {
    const parsed = await simpleParser(await wire(mail), { skipTextToHtml: true, keepCidLinks: true });
    expect(parsed.subject).toBe(mail.headers.subject);
    expect(parsed.html).toBe(mail.html);
    expect(parsed.attachments.map(({ filename, contentType, cid }) => ({ filename, contentType, cid }))).toEqual(
      mail.attachments.map((one) => ({ filename: one.filename, contentType: typeOf(one), cid: one.contentId })),
    );
    for (const [index, { content }] of parsed.attachments.entries()) {
      const sent = mail.attachments[index];
      expect(sent && bytesOf(sent).equals(content)).toBe(true);
    }
    // It joins the lines, and takes a stuffed space off where nothing is quoted.
    const ours = unflow(mail.text).filter(({ quote }) => quote === 0);
    expect(unix(parsed.text ?? "").split("\n")).toEqual(expect.arrayContaining(said(ours)));
  });

  it.each(MAILS)("by postal-mime: %s", async (_, mail) => {
    const parsed = await PostalMime.parse(await wire(mail), { attachmentEncoding: "arraybuffer" });
    expect(parsed.subject).toBe(mail.headers.subject);
    expect(unix(parsed.html ?? "").trimEnd()).toBe(mail.html.trimEnd());
    expect(parsed.attachments.map(({ filename, mimeType, contentId }) => ({ filename, mimeType, contentId }))).toEqual(
      mail.attachments.map(({ contentId, ...one }) => ({
        filename: one.filename,
        mimeType: typeOf({ contentId, ...one }),
        contentId: contentId === undefined ? undefined : `<${contentId}>`,
      })),
    );
    const ours = unflow(mail.text).filter(({ quote }) => quote === 0);
    expect(unix(parsed.text ?? "").split("\n")).toEqual(expect.arrayContaining(said(ours)));
  });

  let pythons: Promise<PythonMail[]> | undefined;
  const byPython = async () => readAllWithPython(await Promise.all(MAILS.map(([, mail]) => wire(mail))));
  const inOrder = MAILS.map(([name, mail], index) => [name, mail, index] as const);

  it.runIf(hasPython).each(inOrder)("by Python: %s", async (_, mail, index) => {
    const read = (await (pythons ??= byPython()))[index];
    if (!read) throw new Error("python3 left it out");
    expect(read.types).toEqual(structureOf(mail));
    expect(unix(read.text)).toBe(mail.text);
    expect(unix(read.html)).toBe(mail.html);
    expect(read.filenames).toEqual(
      mail.attachments
        .toSorted((a, b) => Number(a.contentId === undefined) - Number(b.contentId === undefined))
        .map(({ filename }) => filename),
    );
    expect(read.headers.find(([name]) => name === "Subject")?.[1]).toBe(mail.headers.subject);
    expect(read.defects).toEqual([]);
  });
});
