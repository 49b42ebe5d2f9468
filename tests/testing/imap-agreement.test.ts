import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startMailServer, type TestMailServer } from "../../src/testing/testing.ts";
import { type Dovecot, findDovecot, startDovecot } from "../servers/dovecot.ts";
import { connectRawImap, type ImapReply, quoted, type RawImap } from "../servers/raw-imap.ts";
import { NESTED_MAIL } from "./sample-mails.ts";

const program = await findDovecot();
if (!program.available) {
  if (process.env["CI"]) throw new Error(`the embedded server must be compared with Dovecot: ${program.reason}`);
  console.warn(`SKIPPED: the embedded server was not compared with Dovecot: ${program.reason}`);
}

/** Where both follow the RFCs. (Dovecot takes `--xy` for the boundary `x`, so there is no such mail here.) */
const MAILS = {
  "a nested mail": NESTED_MAIL.replace("--b3--\r\n", "--b3--\r\n\r\n"),
  "letters with a byte that is a space in Latin-1": "From: Là à là <a@b.org>\r\nSubject: Là à là\r\n\r\nà\r\n",
  "plain text": "Subject: plain\r\n\r\nJust text.\r\n",
  "many addresses":
    'From: "Doe, \\"J\\"" <j@x.org>, (comment) k@y.org, Group: a@b.c, D <d@e.f>;, undisclosed:;\r\n' +
    "To: =?utf-8?Q?x?= <a@b>\r\nReply-To: \r\nSubject: a\r\n folded\r\nIn-Reply-To: <1@2>\r\n <3@4>\r\n\r\nno",
  "From twice": "From: a@b\r\nFrom: c@d\r\n\r\n\r\n\r\nlines\r\n\r\n",
  "a boundary that never comes": "Content-Type: multipart/mixed; boundary=x\r\n\r\npreamble only\r\n",
  "a multipart that is closed at once": "Content-Type: multipart/alternative; boundary=x\r\n\r\n--x--\r\n",
  "a truncated multipart":
    'Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/html; charset="a;b"\r\n' +
    "Content-ID: <c@d>\r\nContent-Language: en, de\r\nContent-Location: http://x\r\nContent-Description: d\r\n" +
    'Content-Disposition: inline; filename="x\\"y.txt"\r\n\r\ntruncated',
  "a digest":
    "Content-Type: multipart/digest; boundary=x\r\n\r\n--x\r\n\r\nSubject: one\r\n\r\nbody1\r\n--x\r\n\r\nSubject: two\r\n\r\nbody2\r\n--x--\r\nepilogue\r\n",
  "no header at all": "\r\nbody\r\n",
  "a boundary within a line":
    "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nno --x\r\n >--x--\r\n--x--\r\n",
  "white space behind a boundary":
    "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\none\r\n--x  \r\n\r\ntwo\r\n--x--  \r\n",
  "a folded Content-Type": "Content-Type: text/plain;\r\n charset=utf-8;\r\n\tformat=flowed\r\n\r\nx\r\n",
  "a mail in a mail": "Content-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\nb\r\n",
  "eight bits": Buffer.concat([
    Buffer.from("Subject: x\r\n\r\n"),
    Buffer.from([0x80, 0xff, 0xc3, 0x28]),
    Buffer.from("\r\n"),
  ]),
};

const ITEMS = ["ENVELOPE", "BODYSTRUCTURE", "BODY", "RFC822.SIZE", "FLAGS"];
const SECTIONS = [
  "",
  "HEADER",
  "TEXT",
  "1",
  "1.MIME",
  "2",
  "2.MIME",
  "1.1",
  "1.2",
  "3.1",
  "3.TEXT",
  "3.HEADER",
  "9",
  "1.HEADER",
  "2.TEXT",
  "HEADER.FIELDS (FROM SUBJECT)",
  "HEADER.FIELDS.NOT (FROM)",
  "3.HEADER.FIELDS (SUBJECT)",
];
const PARTIALS = ["[]<0.16384>", "[]<3.7>", "[TEXT]<1.99999>", "[]<99999.1>", "[1]<2.2>"];

describe.skipIf(!program.available)("the embedded IMAP server and Dovecot agree", () => {
  let dovecot: Dovecot;
  let server: TestMailServer;
  let theirs: RawImap;
  let ours: RawImap;

  beforeAll(async () => {
    dovecot = await startDovecot();
    server = await startMailServer();
    await dovecot.seed(Object.values(MAILS));
    for (const mail of Object.values(MAILS)) await server.deliver(mail);
    theirs = await dovecot.connect();
    ours = await connectRawImap(server.imap);
    await ours.login(server.username, server.password);
    for (const client of [theirs, ours]) await client.must("SELECT INBOX");
  });

  afterAll(async () => {
    await Promise.all([theirs.close(), ours.close()]);
    await Promise.all([dovecot.stop(), server.close()]);
  });

  const agree = async (command: string) => {
    const [expected, actual] = [await theirs.command(command), await ours.command(command)];
    expect(comparable(actual), command).toEqual(comparable(expected));
  };

  it.each(Object.keys(MAILS).map((name, index) => [name, index + 1] as const))("about %s", async (_, uid) => {
    for (const item of ITEMS) await agree(`UID FETCH ${uid} (${item})`);
    for (const section of SECTIONS) {
      // Dovecot alone gives a part that has no parts as its own part 1.
      if (section === "1.1" && MAILS["a nested mail"] !== Object.values(MAILS)[uid - 1]) continue;
      await agree(`UID FETCH ${uid} (BODY.PEEK[${section}])`);
    }
    for (const partial of PARTIALS) await agree(`UID FETCH ${uid} (BODY.PEEK${partial})`);
  });

  it.each([
    "ALL",
    "UID 2:*",
    "UID 99:*",
    "UNSEEN",
    "SUBJECT folded",
    "FROM doe",
    "NOT UID 3",
    "OR UID 1 UID 2",
    "TEXT body1",

    "HEADER Content-Type digest",
    'HEADER Subject ""',
    "1:3",
    "(UID 1:4 UNSEEN) SUBJECT pl",
    "LARGER 300",
    "SINCE 1-Jan-2020",
  ])("about SEARCH %s", async (criteria) => {
    await agree(`UID SEARCH ${criteria}`);
  });

  it.each([
    "UID FETCH 77 FLAGS",
    "UID FETCH 77:* UID",
    "UID FETCH 3,1,1 UID",
    "FETCH 2:1 UID",
    "UID STORE 1,3 +FLAGS.SILENT (\\Seen)",
    "UID FETCH 1:3 FLAGS",
    "UID STORE 2 +FLAGS (\\Flagged)",
    "UID STORE 3 -FLAGS (\\Seen)",
    "UID FETCH 0 UID",
    "UID FETCH 1 NONSENSE",
    "UID FETCH 1",
    "NONSENSE",
  ])("about %s", async (command) => {
    await agree(command);
  });
});

/** Without what a server may choose: wording, case of MIME names, order of flags, quotes or a literal, an empty part or none. */
function comparable({ status, untagged }: ImapReply): string[] {
  const lines = untagged
    .filter(({ text }) => !/^\* (\d+ (EXISTS|RECENT)|OK|FLAGS)/.test(text))
    .map(({ text, literals }) => {
      const rest = literals.map((literal) => (literal.length > 0 ? quoted(literal.toString("latin1")) : "NIL"));
      return text
        .toLowerCase()
        .replace(/\{\d+\}/g, () => rest.shift() ?? "")
        .replace(/flags \(([^)]*)\)/, (_, flags: string) => `flags (${lasting(flags).join(" ")})`);
    });
  return [status, ...lines].map((line) => line.toLowerCase());
}

function lasting(flags: string): string[] {
  return flags
    .split(" ")
    .filter((flag) => flag !== "" && flag !== "\\recent")
    .toSorted();
}
