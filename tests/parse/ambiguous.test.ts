import { readdir, readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { type ParsedMail, parseLargeMail, parseMail } from "../../src/parse/parse-mail.ts";
import { inPieces, mail, parseOptions, temporaryDir } from "./options.ts";

const MIXED = "Content-Type: multipart/mixed; boundary=b";
const PDF = ["Content-Type: application/pdf", 'Content-Disposition: attachment; filename="a.pdf"'];
const BASE64 = "Content-Transfer-Encoding: base64";
const CONTENT = Buffer.from("%PDF-1.4 what somebody sent").toString("base64");

/** A text and one attachment that is described by these lines. */
function mailWith(fields: readonly string[], body = CONTENT, top: readonly string[] = [MIXED], end = "--b--"): Buffer {
  return mail(top, ["--b", "", "the words", "--b", ...fields, "", body, end, ""].join("\r\n"));
}

const withParameters = (type: string, disposition = 'attachment; filename="a.pdf"'): Buffer =>
  mailWith([`Content-Type: ${type}`, `Content-Disposition: ${disposition}`, BASE64]);

async function read(source: Buffer): Promise<{ parsed: ParsedMail; files: string[] }> {
  const dir = await temporaryDir();
  const parsed = await parseMail(source, parseOptions(dir));
  // What is read as one piece is read as many.
  expect((await parseMail(inPieces(source, 11), parseOptions(dir))).metadata.email_defects).toEqual(
    parsed.metadata.email_defects,
  );
  return { parsed, files: await readdir(dir) };
}

describe("a mail that two readers read in two ways is told of, and its attachments are not saved (security 3.5)", () => {
  it.each<[string, Buffer]>([
    ["duplicate-parameter:boundary", mailWith([...PDF, BASE64], CONTENT, [`${MIXED}; boundary=c`])],
    ["duplicate-parameter:boundary", mailWith([...PDF, BASE64], CONTENT, [`${MIXED}; boundary*=us-ascii''c`])],
    [
      "duplicate-parameter:boundary",
      mailWith([...PDF, BASE64], CONTENT, [`${MIXED}; x="${"y".repeat(9_000)}"; boundary=c`]),
    ],
    [
      "duplicate-parameter:filename",
      withParameters("application/pdf", 'attachment; filename="good.txt"; filename="evil.exe"'),
    ],
    ["duplicate-parameter:filename", withParameters("a/b", "attachment; filename*0=a; filename*0=b; filename*1=.exe")],
    ["duplicate-parameter:name", withParameters('application/pdf; name="a.pdf"; name="b.pdf"')],
    ["duplicate-parameter:charset", withParameters("text/plain; charset=utf-8; charset=utf-16")],
    ["broken-parameter:filename", withParameters("a/b", 'attachment; filename*0="a."; filename*2="exe"')],
    ["broken-parameter:filename", withParameters("a/b", 'attachment; filename*1="a."; filename*2="exe"')],
    ["contradictory-names", withParameters('application/pdf; name="evil.exe"', 'attachment; filename="good.txt"')],
    ["contradictory-names", withParameters("a/b", "attachment; filename=\"good.txt\"; filename*=utf-8''evil%2eexe")],
    [
      "contradictory-names",
      withParameters("a/b", 'attachment; filename="good.txt"; filename*0="evil."; filename*1="exe"'),
    ],
    [
      "contradictory-names",
      withParameters('a/b; name="=?utf-8?B?ZXZpbC5leGU=?="', 'attachment; filename="=?utf-8?Q?good=2Etxt?="'),
    ],
    ["duplicate-header:Content-Type", mailWith(["Content-Type: text/html", ...PDF, BASE64])],
    ["duplicate-header:Content-Type", mailWith([...PDF, BASE64], CONTENT, [MIXED, "Content-Type: text/plain"])],
    ["duplicate-header:Content-Transfer-Encoding", mailWith([...PDF, "Content-Transfer-Encoding: 7bit", BASE64])],
    ["duplicate-header:Content-Disposition", mailWith([...PDF, BASE64, "Content-Disposition: inline"])],
    ["malformed-header", mailWith(["Content-Type : application/pdf", ...PDF.slice(1), BASE64])],
    ["malformed-header", mailWith([...PDF, BASE64], CONTENT, [MIXED, "Content-Transfer-Encoding : base64"])],
    ["malformed-header", withParameters("application/pdf\rContent-Type: text/html")],
    ["malformed-header", withParameters("application/pdf; name=a\0.exe")],
    ["malformed-header", withParameters("application/pdf", 'attachment; filename="a.pdf; filename=evil.exe')],
    ["untyped-executable", mailWith(['Content-Disposition: attachment; filename="e.exe"', BASE64])],
    ["unknown-encoding", mailWith([...PDF, "Content-Transfer-Encoding: x-base64"])],
    ["unknown-encoding", mailWith([...PDF, "Content-Transfer-Encoding: x-uuencode"])],
    ["unknown-encoding", mailWith([...PDF, "Content-Transfer-Encoding: base64;"])],
    ["unknown-encoding", mailWith([...PDF, 'Content-Transfer-Encoding: "base64"'])],
    ["utf-7", withParameters("text/plain; charset=utf-7")],
    ["utf-7", withParameters("text/plain; charset=unicode-1-1-utf-7")],
    ["bad-base64", mailWith([...PDF, BASE64], `${CONTENT.slice(0, 8)}!*${CONTENT.slice(8)}`)],
    ["bad-base64", mailWith([...PDF, BASE64], CONTENT.slice(0, -3))],
    ["bad-base64", mailWith([...PDF, BASE64], CONTENT.slice(0, -1))],
    ["bad-base64", mailWith([...PDF, BASE64], `QQ==${CONTENT}`)],
    ["bad-base64", mailWith([...PDF, BASE64], `${CONTENT}\r\nnot base64 at all.`)],
    ["truncated", mailWith([...PDF, BASE64], CONTENT, [MIXED], "")],
    ["missing-boundary", mailWith([...PDF, BASE64], CONTENT, ["Content-Type: multipart/mixed"])],
    ["nested-boundary", mailWith([MIXED], ["--b", ...PDF, BASE64, "", CONTENT, "--b--"].join("\r\n"))],
    [
      "unclosed-part",
      mailWith(["Content-Type: multipart/mixed; boundary=c"], ["--c", ...PDF, BASE64, "", CONTENT].join("\r\n")),
    ],
    [
      "parts-after-end",
      mailWith([...PDF, BASE64], CONTENT, [MIXED], ["--b--", "", "--b", ...PDF, "", "x", "--b--"].join("\r\n")),
    ],
    ["padded-boundary", mailWith([...PDF, BASE64], CONTENT, [MIXED], "--b-- \t")],
    ["padded-boundary", mailWith([...PDF, BASE64], `${CONTENT}\r\n--b \r\n\r\nx`)],
    ["partial-message", mailWith(["Content-Type: message/partial; id=x; number=1; total=2"])],
  ])("%s", async (defect, source) => {
    const { parsed, files } = await read(source);
    expect(parsed.metadata.email_defects).toContain(defect);
    expect(parsed.metadata.email_defects.at(-1)).toBe("ambiguous");
    expect(parsed.attachments.filter(({ path, refused }) => path !== undefined || refused !== "ambiguous")).toEqual([]);
    expect(files).toEqual([]);
    // The text still goes to the bot; of a multipart without a boundary it is all there is.
    expect(parsed.text).toContain("the words");
  });

  it("tells the bot why a file is not there", async () => {
    const { parsed } = await read(mailWith([...PDF, BASE64], CONTENT.slice(0, -3)));
    expect(parsed.text).toMatch(/→ not saved: this mail is damaged or can be read in two ways$/);
  });

  it("refuses what came before the doubt, too, also when it was long and on disk already", async () => {
    const long = Buffer.alloc(600_000, "%PDF-1.4 ").toString("base64");
    const source = mailWith([...PDF, BASE64], [long, "--b", ...PDF, BASE64, "", "QUI!"].join("\r\n"));
    const { parsed, files } = await read(source);
    expect(parsed.attachments.map(({ refused }) => refused)).toEqual(["ambiguous", "ambiguous"]);
    expect(files).toEqual([]);
  });

  it("leaves a file alone that an honest mail has brought", async () => {
    const dir = await temporaryDir();
    const honest = await parseMail(mailWith([...PDF, BASE64]), parseOptions(dir));
    await parseMail(mailWith([...PDF, BASE64], CONTENT, [MIXED], ""), parseOptions(dir));
    expect(await readFile(honest.attachments[0]?.path ?? "", "latin1")).toContain("what somebody sent");
  });

  it("marks the attachments of a large mail that were left on the server", async () => {
    const part = { parameters: {}, children: [], encodedBytes: 10 };
    const { attachments, metadata } = await parseLargeMail(
      {
        header: mail([MIXED, "Content-Type: text/plain"]),
        structure: {
          ...part,
          section: "",
          type: "multipart/mixed",
          children: [{ ...part, section: "1", type: "application/pdf" }],
        },
        texts: new Map(),
        bytes: 100,
      },
      parseOptions(await temporaryDir()),
    );
    expect(metadata.email_defects).toEqual(["duplicate-header:Content-Type", "ambiguous"]);
    expect(attachments[0]?.refused).toBe("ambiguous");
  });
});

describe("ordinary mail is not suspected", () => {
  it.each<[string, Buffer, string[]?]>([
    [
      "a name for old readers beside the real one",
      withParameters("application/pdf", "attachment; filename=\"Gr__e.pdf\"; filename*=utf-8''Gr%C3%BC%C3%9Fe.pdf"),
    ],
    ["the same name in type and disposition", withParameters('application/pdf; name="a.pdf"')],
    [
      "a name cut in one of the two",
      withParameters('application/pdf; name="Report v1.2"', 'attachment; filename="Report v1.2.pdf"'),
    ],
    ["two names of one kind", withParameters('image/jpeg; name="a.jpg"', 'attachment; filename="a.jpeg"')],
    [
      "pieces of a name out of order",
      withParameters("application/pdf", 'attachment; filename*1="f"; filename*0="a.pd"'),
    ],
    [
      "a semicolon and an escaped quote in a name",
      withParameters("application/pdf", 'attachment; filename="a; filename=\\"b\\".pdf"'),
    ],
    [
      "parameters of Outlook and Apple Mail",
      withParameters(
        'application/pdf; x-unix-mode=0644; x-mac-type="50444620"; name="a.pdf"',
        'attachment; filename="a.pdf"; size=22; creation-date="Fri, 20 Nov 2026 09:00:00 GMT"; modification-date="Fri, 20 Nov 2026 09:00:00 GMT"',
      ),
    ],
    [
      "base64 with blank lines and blanks",
      mailWith([...PDF, BASE64], `\r\n  ${CONTENT.slice(0, 8)} \r\n\t${CONTENT.slice(8)}  \r\n\r\n \r\n`),
    ],
    ["base64 in upper case and with a comment", mailWith([...PDF, "Content-Transfer-Encoding: BASE64 (standard)"])],
    ["a comment in the type", withParameters("application/pdf (a file)")],
    ["an empty file", mailWith([...PDF, BASE64], "")],
    ["an 8-bit part", mailWith(["Content-Type: text/csv; name=a.csv", "Content-Transfer-Encoding: 8Bit"], "a,b")],
    ["a binary part", mailWith([...PDF, "Content-Transfer-Encoding: binary"], "%PDF-")],
    [
      "a preamble and an epilogue",
      mail(
        [MIXED],
        [
          "This is MIME.",
          "--b",
          "",
          "the words",
          "--b",
          ...PDF,
          BASE64,
          "",
          CONTENT,
          "--b--",
          "",
          "a footer of a list -- b",
          "",
        ].join("\r\n"),
      ),
    ],
    [
      "boundaries that begin alike",
      mailWith(
        ["Content-Type: multipart/mixed; boundary=bb"],
        ["--bb", ...PDF, BASE64, "", CONTENT, "--bb--"].join("\r\n"),
      ),
    ],
    [
      "a boundary that comes again in a sibling",
      mailWith(
        ["Content-Type: multipart/mixed; boundary=c"],
        [
          "--c",
          ...PDF,
          BASE64,
          "",
          CONTENT,
          "--c--",
          "--b",
          "Content-Type: multipart/mixed; boundary=c",
          "",
          "--c",
          ...PDF,
          BASE64,
          "",
          CONTENT,
          "--c--",
        ].join("\r\n"),
      ),
    ],
    [
      "the last boundary without a line end",
      Buffer.from(
        mailWith([...PDF, BASE64])
          .toString("latin1")
          .trimEnd(),
        "latin1",
      ),
    ],
    [
      "the same field twice in the same words",
      mailWith([...PDF, BASE64, BASE64]),
      ["duplicate-header:Content-Transfer-Encoding"],
    ],
    [
      "the same parameter twice with one value",
      mailWith([...PDF, BASE64], CONTENT, [`${MIXED}; boundary="b"`]),
      ["duplicate-parameter:boundary"],
    ],
    [
      "an encoding that everybody takes for none",
      mailWith(["Content-Type: text/csv; name=a.csv", "Content-Transfer-Encoding: 8 bit"], "a,b"),
      ["unknown-encoding"],
    ],
    [
      "a charset that nobody knows",
      mail(
        [MIXED],
        [
          "--b",
          "Content-Type: text/plain; charset=martian-7",
          "",
          "the words",
          "--b",
          ...PDF,
          BASE64,
          "",
          CONTENT,
          "--b--",
          "",
        ].join("\r\n"),
      ),
      ["unknown-charset"],
    ],
    [
      "MIME-Version twice",
      mailWith([...PDF, BASE64], CONTENT, [MIXED, "MIME-Version: 1.0", "MIME-Version: 1.0"]),
      ["duplicate-header:MIME-Version"],
    ],
    [
      "a mail elsewhere",
      mailWith(['Content-Type: message/external-body; access-type=URL; URL="file:///etc/passwd"']),
      ["external-body"],
    ],
    [
      "no boundary among the parts of a mail in the mail",
      mailWith(
        ["Content-Type: message/rfc822"],
        `Subject: in here\r\nContent-Type: multipart/mixed; boundary=b2\r\n\r\n--b2\r\n\r\nhello\r\n`,
      ),
    ],
  ])("%s", async (_, source, defects = []) => {
    const { parsed, files } = await read(source);
    expect(parsed.metadata.email_defects).toEqual(defects);
    expect(parsed.attachments.filter(({ refused }) => refused !== undefined)).toEqual([]);
    expect(files.length).toBeGreaterThan(0);
  });

  it("a text that talks of uuencode is not uuencoded, one that has a file in it is, and stays text (M10)", async () => {
    const talk = await read(mail([], "begin 644 miles from here\r\nand then go on.\r\n"));
    expect(talk.parsed.metadata.email_defects).toEqual([]);
    const file = "begin 644 a.txt\r\n,:&5L;&\\@=V]R;&0*\r\n`\r\nend\r\n";
    const sent = await read(mail([], `see below\r\n\r\n${file}`));
    expect(sent.parsed.metadata.email_defects).toEqual(["uuencoded"]);
    expect(sent.parsed.text).toContain("begin 644 a.txt");
    expect(sent.parsed.attachments).toEqual([]);
  });
});
