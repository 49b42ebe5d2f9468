import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BodyCut } from "../../src/parse/body-cut.ts";

const base64Lines = (bytes: number) =>
  "QUJD"
    .repeat(19)
    .concat("\r\n")
    .repeat(Math.ceil(bytes / 78));
const part = (body: string) => `--b\r\nContent-Type: x/y\r\n\r\n${body}`;

describe("sparing the splitter what it could only hand on", () => {
  it("leaves headers, boundaries and short bodies, and takes long bodies out", () => {
    const mail = Buffer.from(`${part("short\r\n")}${part(base64Lines(100_000))}${part(base64Lines(50_000))}--b--\r\n`);
    const cut = new BodyCut();
    const rest = cut.cut(mail);
    expect(rest.length).toBeLessThan(400);
    expect(rest.toString().match(/--b/g)).toHaveLength(4);
    expect(Buffer.concat(cut.restore(rest)).equals(mail)).toBe(true);
  });

  it("takes nothing that has a line like a boundary in it", () => {
    const mail = Buffer.from(part(`${base64Lines(10_000)}--c\r\n${base64Lines(10_000)}`));
    expect(new BodyCut().cut(mail)).toBe(mail);
  });

  it("leaves a boundary that stands behind a lone CR, which the splitter takes for a line end", () => {
    const text = `\r--b\n\rX: y\n\r\n\r\n\r\n${base64Lines(20_000)}\r--b\r\nX: y\r\n\r\n${base64Lines(20_000)}\r--b--\r\n`;
    for (let size = 1; size < 50_000; size = size < 20 ? size + 1 : Math.ceil(size * 1.3)) {
      const cut = new BodyCut();
      let seen = "";
      for (let at = 0; at < text.length; at += size) {
        seen += cut.cut(Buffer.from(text.slice(at, at + size), "latin1")).toString("latin1");
      }
      expect(seen.match(/(^|\n)\r--b/g)).toHaveLength(3);
      expect(seen.match(/X: y\r?\n/g)).toHaveLength(2);
    }
  });

  it("takes nothing from a header, however long", () => {
    const mail = Buffer.from(`--b\r\nX-Long: ${"a".repeat(100)}\r\n ${"b\r\n ".repeat(20_000)}\r\n`);
    const cut = new BodyCut().cut(mail);
    expect(cut.length).toBeGreaterThan(mail.length - 20);
  });

  it("gives the same bytes back however the mail comes in chunks", () => {
    const pieces = fc.array(
      fc.constantFrom(
        part("x\r\n"),
        part(base64Lines(20_000)),
        "\r\n\r\n",
        "--b--\r\n",
        "no line break",
        "\n--",
        base64Lines(17_000),
        "--",
        "\r\n",
      ),
      { maxLength: 12 },
    );
    const cuts = fc.array(fc.integer({ min: 1, max: 30_000 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(pieces, cuts, (text, sizes) => {
        const mail = Buffer.from(text.join(""));
        const cut = new BodyCut();
        const out: Buffer[] = [];
        for (let at = 0, n = 0; at < mail.length; n++) {
          const size = sizes[n % sizes.length] ?? 1;
          const reduced = cut.cut(mail.subarray(at, at + size));
          out.push(...cut.restore(reduced));
          at += size;
        }
        expect(Buffer.concat(out).equals(mail)).toBe(true);
      }),
    );
  });

  it("never hides a boundary line, however the mail comes in chunks", () => {
    const sizes = fc.integer({ min: 1, max: 60_000 });
    const mail = Buffer.from(`${part(base64Lines(40_000))}${part("x\r\n")}${part(base64Lines(40_000))}--b--\r\n`);
    fc.assert(
      fc.property(sizes, (size) => {
        const cut = new BodyCut();
        const seen: string[] = [];
        for (let at = 0; at < mail.length; at += size)
          seen.push(cut.cut(mail.subarray(at, at + size)).toString("latin1"));
        expect(seen.join("").match(/(^|\n)--b/g)).toHaveLength(4);
        expect(seen.join("").match(/^Content-Type: x\/y\r$/gm)).toHaveLength(3);
      }),
    );
  });

  it("hides neither boundary nor header when a chunk ends just there", () => {
    const text = `${part(base64Lines(40_000))}${part(base64Lines(40_000))}--b--\r\n`;
    for (const { index } of text.matchAll(/--b/g)) {
      for (let at = Math.max(1, index - 4); at < index + 8; at++) {
        const cut = new BodyCut();
        const chunks = [text.slice(0, at), text.slice(at)].map((chunk) =>
          cut.cut(Buffer.from(chunk)).toString("latin1"),
        );
        expect(chunks.join("").match(/(^|\n)--b/g)).toHaveLength(3);
        expect(chunks.join("").match(/^Content-Type: x\/y\r$/gm)).toHaveLength(2);
      }
    }
  });

  it("is not taken in by a sender who writes what looks like a marker", () => {
    const cut = new BodyCut();
    const mail = Buffer.from(part(`mailport/000000000000000000000000/000000000\r\n${base64Lines(20_000)}`));
    expect(Buffer.concat(cut.restore(cut.cut(mail))).equals(mail)).toBe(true);
  });
});
