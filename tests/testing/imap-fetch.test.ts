import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startMailServer, type TestMailServer } from "../../src/testing/testing.ts";
import { ImapWire } from "./imap-wire.ts";
import { NESTED_MAIL } from "./sample-mails.ts";

const bytes = (text: string) => Buffer.from(text).toString("latin1");

describe("fetching from the embedded IMAP server", () => {
  let server: TestMailServer;
  let client: ImapWire;

  beforeAll(async () => {
    server = await startMailServer();
    await server.deliver(NESTED_MAIL);
    await server.deliver("Subject: plain\r\n\r\nJust text.\r\n");
    client = await ImapWire.loggedIn(server);
    await client.command("SELECT INBOX");
  });

  afterAll(async () => {
    await client[Symbol.asyncDispose]();
    await server.close();
  });

  const section = async (name: string, uid = 1) => {
    const answer = await client.command(`UID FETCH ${uid} (BODY.PEEK[${name}])`);
    expect(answer).toContain(`* ${uid} FETCH (UID ${uid} BODY[${name}`);
    const literal = /\{(\d+)\}\r\n/.exec(answer);
    if (!literal) return undefined;
    const start = literal.index + literal[0].length;
    return answer.slice(start, start + Number(literal[1]));
  };

  it.each([
    ["1", /^--b2\r\nContent-Type: text\/plain[^]*<p>x<\/p>\r\n--b2--\r\n$/],
    ["1.1", /^HÃ¤llo\r\n$/],
    ["1.2", /^<p>x<\/p>$/],
    ["1.2.MIME", /^Content-Type: text\/html\r\n\r\n$/],
    ["2", /^aGVsbG8gd29ybGQ=$/],
    ["3.HEADER", /^From: in@example.net\r\n[^]*boundary="b3"\r\n\r\n$/],
    ["3.HEADER.FIELDS (SUBJECT)", /^Subject: inner\r\n\r\n$/],
    ["3.TEXT", /^--b3\r\n\r\ninner body\r\n--b3--$/],
    ["3.1", /^inner body$/],
    ["3.1.MIME", /^\r\n$/],
    ["3.MIME", /^Content-Type: message\/rfc822\r\n\r\n$/],
    [
      "HEADER.FIELDS (FROM X-LONG NOPE)",
      /^From: Ann Ã\x84mtlich <ann@example.org>\r\nX-Long: folded\r\n\tonce\r\n\r\n$/,
    ],
    ["HEADER.FIELDS.NOT (FROM TO X-LONG SUBJECT MESSAGE-ID CONTENT-TYPE)", /^MIME-Version: 1.0\r\n\r\n$/],
    ["TEXT", /^Nobody sees this\.\r\n--b1[^]*--b1--\r\n$/],
  ])("gives section %s", async (name, expected) => {
    expect(await section(name)).toMatch(expected);
  });

  it("gives the whole mail byte for byte, 8-bit ones too", async () => {
    expect(await section("")).toBe(bytes(NESTED_MAIL));
  });

  it.each(["4", "9.1", "1.3", "2.1", "2.HEADER", "1.TEXT", "3.2", "12345"])(
    "answers NIL to section %s, which is not there",
    async (name) => {
      expect(await section(name)).toBeUndefined();
    },
  );

  it("takes a mail that is not multipart as its own part 1", async () => {
    expect(await section("1", 2)).toBe("Just text.\r\n");
    expect(await section("1.MIME", 2)).toBe("Subject: plain\r\n\r\n");
    expect(await section("2", 2)).toBeUndefined();
  });

  it.each(["0", "1.", "1..2", "HEADERS", "MIME", "HEADER.FIELDS", "1 2", "TEXT (A)"])(
    "answers BAD to BODY[%s], which is no section",
    async (name) => {
      expect(await client.command(`UID FETCH 1 (BODY.PEEK[${name}])`)).toMatch(/^A\d+ BAD /);
    },
  );

  it("cuts out what a partial fetch asks for, and names where it begins", async () => {
    expect(await client.command("UID FETCH 1 BODY.PEEK[2]<4.5>")).toContain("BODY[2]<4> {5}\r\nbG8gd)");
    expect(await client.command("UID FETCH 1 BODY.PEEK[2]<0.1000>")).toContain("BODY[2]<0> {16}\r\naGVsbG8gd29ybGQ=)");
    expect(await client.command("UID FETCH 1 BODY.PEEK[2]<999.5>")).toContain("BODY[2]<999> {0}\r\n)");
  });

  it("answers the channel's one command for a batch with everything in it, mail by mail", async () => {
    const what =
      "UID FLAGS INTERNALDATE RFC822.SIZE BODYSTRUCTURE BODY.PEEK[HEADER.FIELDS (FROM)] BODY.PEEK[]<0.16384>";
    const answer = await client.command(`UID FETCH 1:2,7 (${what})`);
    expect(answer).toMatch(
      /^\* 1 FETCH \(UID 1 FLAGS \(\) INTERNALDATE "[ \d]\d-\w{3}-\d{4} \d\d:\d\d:\d\d \+0000" RFC822\.SIZE \d+ BODYSTRUCTURE \(/,
    );
    expect(answer).toContain(`RFC822.SIZE ${Buffer.byteLength(NESTED_MAIL)} `);
    expect(answer).toContain(
      `BODY[]<0> {${Buffer.byteLength(NESTED_MAIL)}}\r\n${bytes(NESTED_MAIL)})\r\n* 2 FETCH (UID 2 `,
    );
    expect(answer.match(/FETCH \(/g)).toHaveLength(2);
  });

  it("describes the structure as RFC 3501 section 7.4.2 does", async () => {
    const answer = await client.command("UID FETCH 1 BODYSTRUCTURE");
    expect(answer.slice(answer.indexOf("BODYSTRUCTURE"), answer.indexOf("\r\nA"))).toBe(
      "BODYSTRUCTURE (" +
        '(("TEXT" "PLAIN" ("CHARSET" "utf-8") NIL NIL "8BIT" 8 1 NIL NIL NIL NIL)' +
        '("TEXT" "HTML" ("CHARSET" "us-ascii") NIL NIL "7BIT" 8 0 NIL NIL NIL NIL) "ALTERNATIVE" ("BOUNDARY" "b2") NIL NIL NIL)' +
        '("APPLICATION" "PDF" ("NAME" "a.pdf") NIL NIL "BASE64" 16 NIL ("ATTACHMENT" ("FILENAME" "a.pdf")) NIL NIL)' +
        '("MESSAGE" "RFC822" NIL NIL NIL "7BIT" 112 (NIL "inner" ((NIL NIL "in" "example.net")) ((NIL NIL "in" "example.net")) ' +
        '((NIL NIL "in" "example.net")) NIL NIL NIL NIL NIL) ' +
        '(("TEXT" "PLAIN" ("CHARSET" "us-ascii") NIL NIL "7BIT" 10 0 NIL NIL NIL NIL) "MIXED" ("BOUNDARY" "b3") NIL NIL NIL) 7 NIL NIL NIL NIL)' +
        ' "MIXED" ("BOUNDARY" "b1") NIL NIL NIL))',
    );
  });

  it("writes 8-bit text as a literal, never in quotes", async () => {
    const answer = await client.command("UID FETCH 1 ENVELOPE");
    expect(answer).toContain(`(({12}\r\n${bytes("Ann Ämtlich")} NIL "ann" "example.org"))`);
    expect(answer).toContain('"=?utf-8?Q?Gr=C3=BC=C3=9Fe?="');
    expect(answer).toContain('"<a@example.org>"))');
  });

  it("passes over UIDs that are not there", async () => {
    expect(await client.command("UID FETCH 500 FLAGS")).toMatch(/^A\d+ OK /);
  });

  it("leaves a mail unseen when it is peeked at, and marks it when it is read", async () => {
    await client.command("UID FETCH 2 (BODY.PEEK[] RFC822.HEADER)");
    expect(server.mails()[1]?.flags).toEqual([]);
    expect(await client.command("UID FETCH 2 (BODY[TEXT])")).toContain("FLAGS (\\Seen)");
    expect(server.mails()[1]?.flags).toEqual(["\\Seen"]);
  });

  it("answers BAD to what is not a data item", async () => {
    expect(await client.command("UID FETCH 1 (UID NONSENSE)")).toMatch(/^A\d+ BAD NONSENSE is not a data item/);
  });
});
