import { buffer } from "node:stream/consumers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MailGoneError } from "../../src/domain/errors.ts";
import { sectionStream } from "../../src/mailbox/section-stream.ts";
import { transferDecoder } from "../../src/domain/transfer-decoder.ts";

describe("opening an attachment that is still on the server", () => {
  it("decodes base64 across slices, whatever the lines", async () => {
    const bytes = Buffer.from(Array.from({ length: 700_001 }, (_, n) => (n * 31) % 256));
    const encoded = Buffer.from(bytes.toString("base64").replace(/.{76}/g, "$&\r\n"));
    expect((await read(encoded, "BASE64")).equals(bytes)).toBe(true);
  });

  it("decodes quoted-printable across slices", async () => {
    const line = "Gr=C3=BC=C3=9Fe aus der Ferne, und noch mehr Text bis =\r\nzum Ende\r\n";
    const text = await read(Buffer.from(line.repeat(10_000)), "quoted-printable");
    expect(text.toString()).toBe("Grüße aus der Ferne, und noch mehr Text bis zum Ende\r\n".repeat(10_000));
  });

  it("gives 8bit, binary and unknown encodings as they are", async () => {
    for (const encoding of ["8bit", "binary", "x-unknown", undefined])
      expect((await read(Buffer.from("ä=41"), encoding)).toString()).toBe("ä=41");
  });

  it("fails when the mail goes away meanwhile", async () => {
    const stream = sectionStream(async () => undefined, "base64");
    await expect(buffer(stream)).rejects.toThrow(MailGoneError);
  });

  it("gives the same bytes however they are sliced", () => {
    const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), cuts, (bytes, sizes) => {
        const encoded = Buffer.from(Buffer.from(bytes).toString("base64").replace(/.{20}/g, "$&\r\n"));
        const decoder = transferDecoder("base64");
        const out: Buffer[] = [];
        for (let at = 0, n = 0; at < encoded.length; n++) {
          const size = sizes[n % sizes.length] ?? 1;
          out.push(decoder.push(encoded.subarray(at, at + size)));
          at += size;
        }
        out.push(decoder.end());
        expect(Buffer.concat(out).equals(Buffer.from(bytes))).toBe(true);
      }),
    );
  });
});

async function read(encoded: Buffer, encoding: string | undefined): Promise<Buffer> {
  return await buffer(sectionStream(async (start, max) => encoded.subarray(start, start + max), encoding));
}
