import { describe, expect, it, onTestFinished } from "vitest";
import { type ParsedMail, parseMail } from "../../src/parse/parse-mail.ts";
import { HOSTILE_HTML_MAILS } from "./hostile-html-mails.ts";
import { HOSTILE_MAILS } from "./hostile-mails.ts";
import { anyOptions, inPieces, mail } from "./options.ts";

/** What one mail may cost (issue 2, "bad input"). Processor time, so that a busy machine is not blamed on the mail. */
const MAX_CPU_MS = 2_000;

describe("a hostile mail costs little and is delivered as far as it can be read (security 3.4)", () => {
  it.each([...HOSTILE_MAILS, ...HOSTILE_HTML_MAILS])("$name", async ({ source, defects, text }) => {
    const bytes = source();
    const { parsed, cpuMs } = await costOf(bytes);
    expect(parsed.metadata.email_defects).toEqual(defects);
    if (text !== undefined) expect(parsed.text.split("\n")[0]).toBe(text);
    expect(parsed.text.length).toBeGreaterThan(0);
    expect(cpuMs).toBeLessThan(MAX_CPU_MS);
  });

  it("a mail of every kind, cut anywhere, is still delivered", async () => {
    const options = await anyOptions();
    const source = mail(
      ["Content-Type: multipart/mixed; boundary=b"],
      `--b\r\n\r\nhello\r\n--b\r\nContent-Type: a/b\r\nContent-Transfer-Encoding: base64\r\n\r\n${"QUJD".repeat(50)}\r\n--b--\r\n`,
    );
    for (let end = 0; end < source.length; end += 7) {
      const { text } = await parseMail(inPieces(source.subarray(0, end), 50), options);
      expect(text.length).toBeGreaterThan(0);
    }
  });
});

async function costOf(source: Buffer): Promise<{ parsed: ParsedMail; cpuMs: number }> {
  const stray: unknown[] = [];
  const note = (error: unknown): void => void stray.push(error);
  process.on("unhandledRejection", note);
  onTestFinished(() => void process.off("unhandledRejection", note));
  const before = process.cpuUsage();
  const parsed = await parseMail(source, await anyOptions());
  const { user, system } = process.cpuUsage(before);
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(stray).toEqual([]);
  return { parsed, cpuMs: (user + system) / 1_000 };
}
