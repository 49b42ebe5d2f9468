import { describe, expect, it } from "vitest";
import { textOfBytes } from "../../src/parse/charset.ts";

const carried = (...bytes: Buffer[]) => Buffer.concat(bytes).toString("latin1");
const utf8 = (text: string) => Buffer.from(text);
const latin1 = (text: string) => Buffer.from(text, "latin1");

describe("bytes of which nobody knows the charset, or that are said to be UTF-8", () => {
  it.each([
    ["UTF-8", carried(utf8("Grüße, 漢字")), "Grüße, 漢字"],
    ["windows-1252", carried(latin1("Gr\u00fc\u00dfe \u0093so\u0094 \u0080")), "Grüße “so” €"],
    ["UTF-8 that was cut inside a letter", carried(utf8("Grüße"), Buffer.from([0xe6, 0xbc])), "Grüße\ufffd"],
    [
      "UTF-8 with a broken byte in it",
      carried(utf8("Grüße "), Buffer.from([0xff]), utf8(" Köln")),
      "Grüße \ufffd Köln",
    ],
    ["a byte order mark", carried(Buffer.from([0xef, 0xbb, 0xbf]), utf8("hello")), "hello"],
    ["ASCII", "hello", "hello"],
  ])("%s", (_, text, expected) => expect(textOfBytes(text)).toBe(expected));
});
