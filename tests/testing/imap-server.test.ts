import { describe, expect, it } from "vitest";
import { startMailServer } from "../../src/testing/testing.ts";
import { ImapWire } from "./imap-wire.ts";

describe("searching and flagging on the embedded IMAP server", () => {
  it("counts `n:*` as IMAP does: the last mail is always in it", async () => {
    await using server = await withMails(3);
    await using client = await opened(server);
    expect(await client.command("UID SEARCH UID 2:*")).toContain("* SEARCH 2 3\r\n");
    expect(await client.command("UID SEARCH UID 99:*")).toContain("* SEARCH 3\r\n");
    expect(await client.command("UID SEARCH 1:2")).toContain("* SEARCH 1 2\r\n");
  });

  it("finds nothing in an empty mailbox, and says so with a bare SEARCH", async () => {
    await using server = await withMails(0);
    await using client = await opened(server);
    expect(await client.command("UID SEARCH UID 1:*")).toContain("* SEARCH\r\n");
    expect(await client.command("UID SEARCH UNSEEN")).toContain("* SEARCH\r\n");
    expect(await client.command("UID FETCH 1:* FLAGS")).toMatch(/^A\d+ OK/);
  });

  it.each([
    ["UNSEEN", "1 2"],
    ["SEEN", "3"],
    ["UNSEEN UID 2:*", "2"],
    ["NOT UID 1", "2 3"],
    ["OR UID 1 SEEN", "1 3"],
    ["(UNSEEN UID 1) ALL", "1"],
    ["KEYWORD $Done", "2"],
    ["UNKEYWORD $Done", "1 3"],
    ['SUBJECT "mail 2"', "2"],
    ['CHARSET UTF-8 SUBJECT "grüße"', "4"],
    ["HEADER Message-ID <1@example.org>", "1"],
    ["FROM ann", "1 2 3 4"],
    ['BODY "text 3"', "3"],
    ["LARGER 100000", ""],
    ["SMALLER 100000", "1 2 3 4"],
    ["SINCE 1-Jan-2020", "1 2 3 4"],
    ["BEFORE 1-Jan-2020", ""],
    ["SENTON 5-Mar-2021", "4"],
  ])("finds by %s", async (criteria, expected) => {
    await using server = await withMails(3);
    await using client = await opened(server);
    await client.command("UID STORE 3 +FLAGS.SILENT (\\Seen)");
    await client.command("UID STORE 2 +FLAGS.SILENT ($Done)");
    if (expected.includes("4"))
      await server.deliver({ from: "ann@x.org", subject: "Grüße", date: new Date("2021-03-05T08:00:00Z") });
    await client.command("NOOP");
    expect(await client.command(`UID SEARCH ${criteria}`)).toContain(`* SEARCH${expected ? ` ${expected}` : ""}\r\n`);
  });

  it("sets flags of a whole set, in silence when asked to", async () => {
    await using server = await withMails(4);
    await using client = await opened(server);
    expect(await client.command("UID STORE 1,3:4 +FLAGS.SILENT (\\seen)")).toMatch(/^A\d+ OK/);
    expect(server.mails().map(({ flags }) => flags)).toEqual([["\\Seen"], [], ["\\Seen"], ["\\Seen"]]);
    expect(await client.command("UID STORE 1 FLAGS (\\Flagged $Work)")).toContain(
      "* 1 FETCH (UID 1 FLAGS (\\Flagged $Work))",
    );
    expect(await client.command("UID STORE 1 -FLAGS (\\Flagged)")).toContain("* 1 FETCH (UID 1 FLAGS ($Work))");
  });

  it("changes nothing in a mailbox that was only examined", async () => {
    await using server = await withMails(1);
    await using client = await ImapWire.loggedIn(server);
    await client.command("EXAMINE INBOX");
    expect(await client.command("UID STORE 1 +FLAGS (\\Seen)")).toContain("NO [READ-ONLY]");
    await client.command("UID FETCH 1 BODY[]");
    expect(server.mails()[0]?.flags).toEqual([]);
  });
});

describe("news from the embedded IMAP server", () => {
  it("tells an idling client of a mail at once", async () => {
    await using server = await withMails(1);
    await using client = await opened(server);
    client.write("I1 IDLE\r\n");
    await client.until(/^\+ idling\r\n/m);
    const startedAt = performance.now();
    await server.deliver({ from: "ann@example.org" });
    await client.until(/^\* 2 EXISTS\r\n/m);
    expect(performance.now() - startedAt).toBeLessThan(100);
    client.write("DONE\r\n");
    expect(await client.until(/^I1 .*\r\n/m)).toContain("I1 OK");
  });

  it("tells what another client has flagged and removed", async () => {
    await using server = await withMails(3);
    await using watching = await opened(server);
    await using working = await opened(server);
    watching.write("I1 IDLE\r\n");
    await watching.until(/^\+ idling\r\n/m);
    await working.command("UID STORE 2 +FLAGS.SILENT (\\Deleted)");
    expect(await watching.until(/FETCH.*\r\n/)).toContain("* 2 FETCH (UID 2 FLAGS (\\Deleted))");
    await working.command("UID EXPUNGE 2");
    expect(await watching.until(/EXPUNGE\r\n/)).toContain("* 2 EXPUNGE");
  });

  it("keeps the numbers of a client that has not been told, and answers its UIDs without the mail that is gone", async () => {
    await using server = await withMails(3);
    await using slow = await opened(server);
    await using working = await opened(server);
    await working.command("UID STORE 1 +FLAGS.SILENT (\\Deleted)");
    await working.command("EXPUNGE");
    const answer = await slow.command("FETCH 3 UID");
    expect(answer).toContain("* 3 FETCH (UID 3)");
    expect(answer).not.toContain("EXPUNGE");
    expect(await slow.command("UID FETCH 1:3 UID")).not.toContain("UID 1)");
    await slow.command("NOOP");
    expect(await slow.command("FETCH 2 UID")).toContain("* 2 FETCH (UID 3)");
  });

  it("knows no IDLE when it was told not to", async () => {
    await using server = await startMailServer({ idle: false });
    await using client = await opened(server);
    expect(await client.command("CAPABILITY")).not.toContain("IDLE");
    expect(await client.command("IDLE")).toMatch(/^A\d+ BAD/);
    await server.deliver({ from: "ann@example.org" });
    expect(await client.command("NOOP")).toContain("* 1 EXISTS\r\n");
  });
});

describe("the embedded IMAP server under a strange client", () => {
  it.each([
    ["", "BAD a tag is expected"],
    ["A1", "A1 BAD unknown command"],
    ["A1 NONSENSE", "A1 BAD unknown command NONSENSE"],
    ["A1 LOGIN (", "BAD"],
    ['A1 LOGIN "open', 'BAD closing " expected'],
    ["A1 LOGIN x)", "BAD unexpected )"],
    [`A1 LOGIN ${"(".repeat(1000)}`, "BAD too many parentheses"],
    ["A1 FETCH 1 FLAGS", "A1 BAD FETCH needs a login"],
  ])("answers %s with a sentence and goes on", async (line, expected) => {
    await using server = await startMailServer();
    await using client = await ImapWire.connect(server.imap.port);
    client.write(`${line}\r\n`);
    expect(await client.until(/^(\S+) (BAD|NO).*\r\n/m)).toContain(expected);
    expect(await client.command("NOOP")).toContain("OK");
  });

  it("takes commands in any slices and several at once", async () => {
    await using server = await startMailServer();
    await using client = await ImapWire.connect(server.imap.port);
    for (const byte of `P1 LOGIN ${server.username} ${server.password}\r\nP2 SELECT INBOX\r\nP3 NOOP\r\n`) {
      client.write(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await client.until(/^P3 OK.*\r\n/m)).toMatch(/P1 OK[^]*P2 OK[^]*P3 OK/);
  });

  it("hangs up on a literal that no login needs", async () => {
    await using server = await startMailServer();
    await using client = await ImapWire.connect(server.imap.port);
    client.write("A1 LOGIN {999999999}\r\n");
    await client.until(/^\* BYE Literal too large\r\n/m);
    await expect.poll(() => client.closed).toBe(true);
  });

  it("answers a small command in a few milliseconds", async () => {
    await using server = await withMails(10);
    await using client = await opened(server);
    const startedAt = performance.now();
    for (let turn = 0; turn < 50; turn += 1) await client.command("UID SEARCH UNSEEN");
    expect((performance.now() - startedAt) / 50).toBeLessThan(15);
  });

  it("takes a mail with 100,000 nested parts apart in well under a second", async () => {
    await using server = await startMailServer();
    const nested = Array.from(
      { length: 100_000 },
      (_, level) => `Content-Type: multipart/mixed; boundary=b${level}\r\n\r\n--b${level}\r\n`,
    );
    await server.deliver(`From: a@b.org\r\n${nested.join("")}`);
    await using client = await opened(server);
    const startedAt = performance.now();
    expect(await client.command("UID FETCH 1 BODYSTRUCTURE")).toContain("OK Fetch completed.");
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });

  it("closes within its goodbye, whoever is still there", async () => {
    const server = await startMailServer({ tls: "direct" });
    await using silent = await ImapWire.connect(server.imap.port, { ca: server.credentials.cert });
    const startedAt = performance.now();
    await server.close();
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    expect(await silent.until(/BYE.*\r\n/)).toContain("* BYE Server shutting down.");
  });
});

async function withMails(count: number) {
  const server = await startMailServer();
  for (let number = 1; number <= count; number += 1) {
    await server.deliver({
      from: "Ann <ann@example.org>",
      subject: `mail ${number}`,
      text: `text ${number}`,
      messageId: `<${number}@example.org>`,
    });
  }
  return server;
}

async function opened(server: Parameters<typeof ImapWire.loggedIn>[0]) {
  const client = await ImapWire.loggedIn(server);
  await client.command("SELECT INBOX");
  return client;
}
