import { describe, expect, it } from "vitest";
import {
  type LargeMailParts,
  type MimePart,
  parseLargeMail,
  parseMail,
  textSections,
} from "../../src/parse/parse-mail.ts";
import { anyOptions, mail } from "./options.ts";

const leaf = (section: string, type: string, more: Partial<MimePart> = {}): MimePart => ({
  section,
  type,
  parameters: {},
  encodedBytes: 0,
  children: [],
  ...more,
});

const STRUCTURE: MimePart = {
  ...leaf("", "multipart/mixed"),
  children: [
    {
      ...leaf("1", "multipart/alternative"),
      children: [
        leaf("1.1", "text/plain", {
          parameters: { charset: "iso-8859-1" },
          encoding: "quoted-printable",
          encodedBytes: 20,
        }),
        leaf("1.2", "text/html", { encoding: "7bit" }),
      ],
    },
    leaf("2", "video/mp4", {
      disposition: "attachment",
      filename: "film.mp4",
      encoding: "base64",
      encodedBytes: 78_000_000,
    }),
    leaf("3", "text/plain", { disposition: "attachment", filename: "log.txt", encoding: "7bit", encodedBytes: 9 }),
    leaf("4", "image/png", { contentId: "logo@x", encoding: "base64", encodedBytes: 780 }),
  ],
};

function parts(texts: LargeMailParts["texts"], structure = STRUCTURE): LargeMailParts {
  return { header: mail(["Content-Type: multipart/mixed; boundary=b"]), structure, texts, bytes: 78_001_234 };
}

const fetched = (body: string | Buffer, mimeHeader = "", cut = false) => ({
  mimeHeader: Buffer.from(mimeHeader),
  body: Buffer.from(body),
  cut,
});

const printOf = async (body: string): Promise<string> =>
  (await parseLargeMail(parts(new Map([["1.1", fetched(body)]])), await anyOptions())).fingerprint;

describe("a mail too large to be downloaded", () => {
  it("names the sections to fetch", () => {
    expect(textSections(STRUCTURE)).toEqual(["1.1", "1.2"]);
    expect(textSections(leaf("1", "text/plain"))).toEqual(["1"]);
    expect(textSections(leaf("1", "video/mp4"))).toEqual([]);
  });

  it("is read by its text parts, with the attachments left on the server", async () => {
    const header =
      "Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n";
    const parsed = await parseLargeMail(parts(new Map([["1.1", fetched("Gr=FC=DFe", header)]])), await anyOptions());
    expect(parsed.text.split("\n")).toEqual([
      "Grüße",
      "",
      "[Attachment: film.mp4 (video/mp4, 57 MB)] → left on the server",
      "[Attachment: log.txt (text/plain, 9 B)] → left on the server",
      "[Attachment: part-4.png (image/png, 570 B)] → left on the server",
    ]);
    expect(parsed.attachments[0]).toEqual({
      filename: "film.mp4",
      contentType: "video/mp4",
      size: 57_000_000,
      sha256: "",
      inline: false,
      section: "2",
    });
    expect(parsed.attachments[2]).toMatchObject({ contentId: "logo@x", inline: true, section: "4" });
    expect(parsed.bytes).toBe(78_001_234);
    expect(parsed.metadata).toMatchObject({
      email_subject: "Question",
      email_from: "ann@example.org",
      email_defects: [],
    });
  });

  it("takes the encoding from the structure where a part's header was not to be had", async () => {
    const parsed = await parseLargeMail(parts(new Map([["1.1", fetched("Gr=FC=DFe")]])), await anyOptions());
    expect(parsed.text.split("\n")[0]).toBe("Grüße");
  });

  it("falls back on the HTML when the plain text says nothing", async () => {
    const texts = new Map([
      ["1.1", fetched(" ")],
      ["1.2", fetched("<p>only <b>here</b></p>", "Content-Type: text/html\r\n\r\n")],
    ]);
    expect((await parseLargeMail(parts(texts), await anyOptions())).text.split("\n")[0]).toBe("only here");
  });

  it("says that a text was cut, and does not blame the mail for the broken end", async () => {
    const header = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n";
    const encoded = Buffer.from("Grüße an alle").toString("base64");
    const texts = new Map([["1.1", fetched(encoded.slice(0, 9), header, true)]]);
    const { text, metadata } = await parseLargeMail(parts(texts), await anyOptions());
    expect(text.split("\n")[0]).toBe("Grüß");
    expect(metadata.email_defects).toEqual(["text-too-long"]);
  });

  it("of one part reads as the same mail read whole", async () => {
    const whole = mail(["Content-Type: text/plain; charset=utf-8; format=flowed"], "flowed \r\ntext\r\n");
    const header = whole.subarray(0, whole.indexOf("\r\n\r\n") + 4);
    const body = whole.subarray(header.length);
    const options = await anyOptions();
    const large = await parseLargeMail(
      {
        header,
        structure: leaf("1", "text/plain"),
        texts: new Map([["1", { mimeHeader: header, body, cut: false }]]),
        bytes: whole.length,
      },
      options,
    );
    const small = await parseMail(whole, options);
    expect({ ...large, fingerprint: "" }).toEqual({ ...small, fingerprint: "" });
  });

  it("has a fingerprint of its own, the same each time", async () => {
    expect(await printOf("a")).toBe(await printOf("a"));
    expect(await printOf("a")).not.toBe(await printOf("b"));
  });

  it("without any text says so", async () => {
    const { text } = await parseLargeMail(parts(new Map(), leaf("1", "video/mp4")), await anyOptions());
    expect(text).toContain("[No text content]\n\n[Attachment: part-1.mp4");
  });
});
