import * as fc from "fast-check";
import { simpleParser } from "mailparser";
import { describe, expect, it } from "vitest";
import { encodeText } from "../../src/smtp/transfer-encoding.ts";

const inMail = ({ encoding, content }: { encoding: string; content: string }) =>
  `MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n${content}`;

describe("a text on the wire", () => {
  it.each([
    ["short lines of ASCII", "7bit"],
    [`${"x".repeat(76)}\n${"y".repeat(76)}`, "7bit"],
    ["x".repeat(77), "quoted-printable"],
    ["Grüße aus Köln", "quoted-printable"],
    ["日本語のテキスト", "base64"],
    ["bell \u0007", "quoted-printable"],
  ])("%j goes as it is easiest to read", (text, encoding) => {
    expect(encodeText(text).encoding).toBe(encoding);
  });

  it.each([
    ["ends of lines ", "ends of lines=20"],
    ["tab\t\nx", "tab\t\r\nx"],
    ["a=b ü", "a=3Db =C3=BC"],
    [`${"x".repeat(75)}ü`, `${"x".repeat(75)}=\r\n=C3=BC`],
    [`ü${"x".repeat(70)}`, `=C3=BC${"x".repeat(70)}`],
  ])("%j becomes %j", (text, content) => {
    expect(encodeText(text === "ends of lines " ? `${text}\nü` : text).content).toContain(content);
  });

  it("comes back as it was, whatever it was, in lines that every server takes", async () => {
    const piece = fc.oneof(
      fc.string({ unit: "binary", maxLength: 100 }),
      fc.constantFrom("\n", "\r\n", " ", "\t", "=", ".", "\n.\n", "ü", "日", "😀", "x".repeat(90), " ".repeat(80)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 30 }), async (pieces) => {
        // Half a surrogate pair has no UTF-8 form, and a text has no bare CR.
        const text = Buffer.from(pieces.join(""))
          .toString()
          .replace(/\r\n|\r/g, "\n")
          .replaceAll("\ufeff", "");
        const encoded = encodeText(text);
        expect(encoded.content).toMatch(/^(?:[\t -~]{0,76}(?:\r\n|$))*$/);
        const bytes =
          encoded.encoding === "base64"
            ? Buffer.from(encoded.content, "base64")
            : Buffer.from(
                encoded.encoding === "7bit" ? encoded.content : decodeQuotedPrintable(encoded.content),
                "latin1",
              );
        expect(bytes.toString().replaceAll("\r\n", "\n")).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  it("is read the same by a parser of mail", async () => {
    for (const text of ["plain\n.\nFrom x\n", `${"wörd ".repeat(60)}\nend `, "日本\n".repeat(80)]) {
      const { text: read = "" } = await simpleParser(inMail(encodeText(text)));
      expect(read.trimEnd()).toBe(text.trimEnd());
    }
  });
});

/** RFC 2045 section 6.7, read from the other side. */
function decodeQuotedPrintable(content: string): string {
  return content
    .replace(/=\r\n/g, "")
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
