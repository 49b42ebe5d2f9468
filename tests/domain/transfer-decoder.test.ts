import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { transferDecoder } from "../../src/domain/transfer-decoder.ts";

describe("base64", () => {
  it("gives back what was encoded, however it is cut and folded", () => {
    const ends = fc.array(fc.constantFrom("\r\n", "\n", " \r\n", "\r\n\r\n"), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 2_000 }),
        fc.integer({ min: 1, max: 90 }),
        ends,
        cuts(),
        (bytes, width, breaks, sizes) => {
          const lines =
            Buffer.from(bytes)
              .toString("base64")
              .match(new RegExp(`.{1,${width}}`, "g")) ?? [];
          const folded = lines.map((line, index) => line + (breaks[index % breaks.length] ?? "")).join("");
          const { decoded, defect } = decode("base64", Buffer.from(folded), sizes);
          expect(decoded.equals(Buffer.from(bytes))).toBe(true);
          expect(defect).toBeUndefined();
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it("finds the same in any bytes, however they are cut", () => {
    const letters = fc.constantFrom(..."A B z 0 9 + / = - _ ! \u00e4".split(" "), "\r", "\n", " ", "\t");
    fc.assert(
      fc.property(fc.string({ unit: letters, maxLength: 40 }), cuts(), (encoded, sizes) => {
        const bytes = Buffer.from(encoded, "latin1");
        const whole = decode("base64", bytes, [1_000]);
        const cut = decode("base64", bytes, sizes);
        expect(cut).toEqual(whole);
        if (/[^A-Za-z0-9+/=\s]/.test(encoded)) expect(whole.defect).toBe("bad-base64");
      }),
      { numRuns: 5_000 },
    );
  });

  it("reads what mailers write that pad every line, however long and however it is cut", () => {
    const encoded = Buffer.from("YQ==\r\n".repeat(5_000));
    for (const size of [encoded.length, 1, 7, 4_096]) {
      const { decoded, defect } = decode("base64", encoded, [size]);
      expect(decoded.equals(Buffer.from("a".repeat(5_000)))).toBe(true);
      expect(defect).toBe("bad-base64");
    }
  });

  it("keeps nothing back of whole quartets: what comes at the end is only what is broken", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.integer({ min: 4, max: 80 }), (bytes, width) => {
        const whole = Buffer.from(bytes.subarray(0, bytes.length - (bytes.length % 3)));
        const lines = whole.toString("base64").replace(new RegExp(`.{${width}}`, "g"), "$&\r\n");
        const decoder = transferDecoder("base64");
        expect(Buffer.from(decoder.push(Buffer.from(lines))).equals(whole)).toBe(true);
        expect(decoder.end()).toHaveLength(0);
      }),
    );
  });

  it.each([
    ["a letter that is none", "aGVs\u00e4bG8=", "hello"],
    ["letters missing at the end", "aGVsbG8gdGhlcm", "hello ther"],
    ["padding in the middle", "aGVs\r\nbG8=\r\nd29ybGQ=", "helloworld"],
    ["a stray star", "aGVs*bG8=", "hello"],
    ["a letter of base64url", "aG-Vs_bG8=", "hello"],
    ["a letter that is none, where line ends are mixed", "aGVs\r\nbG!8\ngd29", "hello wo"],
  ])("says that it is broken, and reads on: %s", (_, encoded, text) => {
    for (const sizes of [[1_000], [1], [5]]) {
      const { decoded, defect } = decode("base64", Buffer.from(encoded, "latin1"), sizes);
      expect(decoded.toString()).toBe(text);
      expect(defect).toBe("bad-base64");
    }
  });
});

describe("quoted-printable", () => {
  it("gives back what was encoded, however it is cut", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1_000 }), cuts(), (bytes, sizes) => {
        const { decoded, defect } = decode("quoted-printable", Buffer.from(quoted(bytes)), sizes);
        expect(decoded.equals(Buffer.from(bytes))).toBe(true);
        expect(defect).toBeUndefined();
      }),
    );
  });

  it.each([
    ["white space at the end of a line is the transport's", "a \t\r\nb", "a\r\nb", undefined],
    ["a soft break with white space after it", "a= \r\nb", "ab", undefined],
    ["a soft break with a bare line feed", "a=\nb", "ab", undefined],
    ["an equals sign that means nothing", "1=2", "1=2", "bad-quoted-printable"],
    ["lower-case hex", "=c3=a4", "ä", undefined],
  ])("%s", (_, encoded, text, expected) => {
    for (const sizes of [[1_000], [1], [2]]) {
      const { decoded, defect } = decode("quoted-printable", Buffer.from(encoded), sizes);
      expect(decoded.toString()).toBe(text);
      expect(defect).toBe(expected);
    }
  });
});

function cuts(): fc.Arbitrary<number[]> {
  return fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 20 });
}

/** Fed in pieces of these sizes, over and over. */
function decode(encoding: string, input: Buffer, sizes: readonly number[]) {
  const decoder = transferDecoder(encoding);
  const out: Buffer[] = [];
  for (let start = 0, turn = 0; start < input.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    out.push(Buffer.from(decoder.push(input.subarray(start, start + size))));
    start += size;
  }
  out.push(decoder.end());
  return { decoded: Buffer.concat(out), defect: decoder.defect };
}

function quoted(bytes: Uint8Array): string {
  let line = 0;
  return [...bytes]
    .map((byte) => {
      const plain = byte > 0x20 && byte < 0x7f && byte !== 0x3d;
      const shown = plain ? String.fromCharCode(byte) : `=${byte.toString(16).toUpperCase().padStart(2, "0")}`;
      line += shown.length;
      if (line <= 72) return shown;
      line = shown.length;
      return `=\r\n${shown}`;
    })
    .join("");
}
