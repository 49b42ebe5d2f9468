import { describe, expect, it } from "vitest";
import { startMailServer } from "../../src/testing/testing.ts";
import { ImapWire } from "./imap-wire.ts";

describe("logging in to the embedded IMAP server", () => {
  it("takes the right name and password, and no other", async () => {
    await using server = await startMailServer({ username: "bot", password: 'pä"ss\\word' });
    await using client = await ImapWire.connect(server.imap.port);
    expect(await client.command('LOGIN bot "wrong"')).toMatch(/NO \[AUTHENTICATIONFAILED\]/);
    expect(await client.command("SELECT INBOX")).toMatch(/BAD SELECT needs a login/);
    expect(await client.command('LOGIN bot "pä\\"ss\\\\word"')).toMatch(/^A3 OK \[CAPABILITY /);
  });

  it("takes the password as a literal, with and without waiting for the go-ahead", async () => {
    await using server = await startMailServer({ username: "bot", password: "secret" });
    await using client = await ImapWire.connect(server.imap.port);
    client.write("A0 LOGIN {3}\r\n");
    await client.until(/^\+ .*\r\n/);
    client.write("bot {6+}\r\nsecret\r\n");
    expect(await client.until(/^A0 .*\r\n/m)).toContain("A0 OK");
  });

  it("speaks SASL PLAIN, with the response at once or when asked", async () => {
    await using server = await startMailServer({ username: "bot", password: "secret" });
    const response = Buffer.from("\0bot\0secret").toString("base64");
    await using one = await ImapWire.connect(server.imap.port);
    expect(await one.command(`AUTHENTICATE PLAIN ${response}`)).toContain("A1 OK");
    await using other = await ImapWire.connect(server.imap.port);
    other.write("B1 AUTHENTICATE PLAIN\r\n");
    await other.until(/^\+ ?\r\n/m);
    other.write(`${response}\r\n`);
    expect(await other.until(/^B1 .*\r\n/m)).toContain("B1 OK");
  });

  it("lets a wrong password wait as long as it was told to", async () => {
    await using server = await startMailServer({ wrongPasswordDelayMs: 150 });
    await using client = await ImapWire.connect(server.imap.port);
    const startedAt = performance.now();
    await client.command("LOGIN bot wrong");
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(145);
  });

  it("refuses a login before STARTTLS and takes it after", async () => {
    await using server = await startMailServer({ tls: "starttls" });
    await using client = await ImapWire.connect(server.imap.port);
    expect(await client.command("CAPABILITY")).toMatch(/ STARTTLS LOGINDISABLED /);
    expect(await client.command(`LOGIN ${server.username} ${server.password}`)).toContain("NO [PRIVACYREQUIRED]");
    await client.startTls(server.credentials.cert);
    expect(await client.command("CAPABILITY")).not.toMatch(/STARTTLS|LOGINDISABLED/);
    expect(await client.command(`LOGIN ${server.username} ${server.password}`)).toContain("OK");
  });

  it("forgets what was written in clear behind STARTTLS", async () => {
    await using server = await startMailServer({ tls: "starttls" });
    await using client = await ImapWire.connect(server.imap.port);
    await client.startTls(server.credentials.cert);
    await using attacked = await ImapWire.connect(server.imap.port);
    attacked.write("X1 STARTTLS\r\nX2 CAPABILITY\r\n");
    expect(await attacked.until(/^X1 .*\r\n/m)).toContain("X1 OK");
    await expect(attacked.until(/X2/, 100)).rejects.toThrow("no /X2/");
  });

  it("offers no STARTTLS where there is none", async () => {
    await using server = await startMailServer();
    await using client = await ImapWire.connect(server.imap.port);
    expect(await client.command("CAPABILITY")).not.toContain("STARTTLS");
    expect(await client.command("STARTTLS")).toMatch(/BAD/);
  });

  it("speaks TLS at once, with a certificate that a client can verify by name and by address", async () => {
    await using server = await startMailServer({ tls: "direct" });
    for (const host of ["localhost", "127.0.0.1"]) {
      await using client = await ImapWire.connect(server.imap.port, { ca: server.credentials.cert, host });
      expect(await client.command(`LOGIN ${server.username} ${server.password}`)).toContain("OK");
    }
  });
});
