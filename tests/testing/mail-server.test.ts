import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { createTransport } from "nodemailer";
import { describe, expect, it } from "vitest";
import { startMailServer, type TestMailServer } from "../../src/testing/testing.ts";
import { imapClient } from "./imap-client.ts";

const TLS_MODES = ["none", "starttls", "direct"] as const;

describe("the embedded mail server for a bot author's test", () => {
  it("keeps what is delivered in INBOX, unseen and with growing UIDs", async () => {
    await using server = await startMailServer();
    const first = await server.deliver({ from: "Ann <ann@example.org>", subject: "Hello", text: "Hi bot" });
    const second = await server.deliver("From: bob@example.org\n\nraw, from a Unix file\n");
    expect([first.uid, second.uid]).toEqual([1, 2]);
    expect(first.messageId).toMatch(/^<[^@\s]+@example\.org>$/);
    expect(server.mails().map(({ uid, flags }) => ({ uid, flags }))).toEqual([
      { uid: 1, flags: [] },
      { uid: 2, flags: [] },
    ]);
    expect(server.mails()[1]?.raw.toString()).toBe("From: bob@example.org\r\n\r\nraw, from a Unix file\r\n");
  });

  it("keeps 8-bit bytes as they are", async () => {
    await using server = await startMailServer();
    const raw = Buffer.concat([Buffer.from("Subject: x\r\n\r\n"), Buffer.from([0, 0x80, 0xff, 0xc3, 0x28])]);
    await server.deliver(raw);
    expect(server.mails()[0]?.raw.equals(raw)).toBe(true);
  });

  it("shows what the bot has sent: envelope, bytes and the mail as a person sees it", async () => {
    await using server = await startMailServer();
    await send(server, { subject: "Grüße", text: "Plain ü", html: "<p>Rich</p>", filename: "übersicht.txt" });
    const { envelope, raw, mail } = await server.waitForMail();
    expect(envelope).toEqual({ from: "bot@example.com", to: ["ann@example.org"] });
    expect(raw.toString()).toContain("Message-ID: ");
    expect(mail).toMatchObject({ subject: "Grüße", text: "Plain ü\n".trimEnd(), html: "<p>Rich</p>" });
    expect(mail.attachments.map(({ filename, content }) => [filename, content.toString()])).toEqual([
      ["übersicht.txt", "file"],
    ]);
  });

  it("waits for the mail that is meant, and says what came instead", async () => {
    await using server = await startMailServer();
    const second = server.waitForMail({ count: 2 });
    const named = server.waitForMail({ matching: ({ mail }) => mail.subject === "two" });
    await send(server, { subject: "one" });
    await send(server, { subject: "two" });
    expect((await second).mail.subject).toBe("two");
    expect(await named).toBe(await second);
    await expect(server.waitForMail({ count: 3, timeoutMs: 20 })).rejects.toThrow(
      'waited 20 ms for mail 3 that was to be sent, in vain; sent so far: "one", "two"',
    );
  });

  it("tells of each sent mail at once", async () => {
    const subjects: string[] = [];
    await using server = await startMailServer({ onMail: ({ mail }) => subjects.push(mail.subject) });
    await send(server, { subject: "told" });
    expect(subjects).toEqual(["told"]);
  });

  it("takes mail for its own address from anybody, and for others from nobody without a login", async () => {
    await using server = await startMailServer();
    const stranger = createTransport({ host: server.smtp.host, port: server.smtp.port, ignoreTLS: true });
    await stranger.sendMail({ from: "ann@example.org", to: "Bot@Example.com", subject: "in", text: "x" });
    expect(server.mails()).toHaveLength(1);
    expect(server.sent).toHaveLength(0);
    await expect(
      stranger.sendMail({ from: "ann@example.org", to: "bob@example.org", text: "x" }),
    ).rejects.toMatchObject({
      responseCode: 550,
    });
  });

  it("refuses a wrong password on both sides", async () => {
    await using server = await startMailServer();
    await expect(imapClient(server, "wrong").connect()).rejects.toMatchObject({
      authenticationFailed: true,
      serverResponseCode: "AUTHENTICATIONFAILED",
    });
    await expect(send(server, { subject: "x", password: "wrong" })).rejects.toMatchObject({ responseCode: 535 });
  });

  it.each(TLS_MODES)("works with tls %s, and describes itself to createEmailChannel", async (tls) => {
    await using server = await startMailServer({ tls });
    await server.deliver({ from: "ann@example.org" });
    expect(server.config()).toMatchObject({
      imapHost: "127.0.0.1",
      imapPort: server.imap.port,
      smtpPort: server.smtp.port,
      username: "bot@example.com",
      fromAddress: "bot@example.com",
      tls: tls !== "none",
      tlsVerify: tls === "none",
      imapStarttls: tls === "starttls",
      smtpStarttls: tls === "starttls",
    });
    const client = imapClient(server);
    await client.connect();
    expect(client.secureConnection).toBe(tls !== "none");
    expect(await client.status("INBOX", { messages: true })).toMatchObject({ messages: 1 });
    await client.logout();
    await send(server, { subject: "over TLS" });
    expect(server.sent[0]?.mail.subject).toBe("over TLS");
  });

  it("takes credentials of the caller's own", async () => {
    await using model = await startMailServer();
    await using server = await startMailServer({ tls: "direct", credentials: model.credentials });
    expect(server.credentials.cert).toBe(model.credentials.cert);
  });

  it("names the folders it has when asked for another", async () => {
    await using server = await startMailServer();
    expect(server.mails("Sent")).toEqual([]);
    expect(() => server.mails("Nope")).toThrow("there is no folder Nope; there are INBOX, Drafts, Junk, Sent, Trash");
  });

  it("leaves nothing behind: no open port, and close may be called again", async () => {
    const server = await startMailServer();
    const client = imapClient(server);
    await client.connect();
    await server.close();
    await server.close();
    for (const { port } of [server.imap, server.smtp])
      await expect(reach(port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  it("says what to install when smtp-server is missing", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "mailport-without-peer-"));
    try {
      for (const part of ["testing", "domain", "runtime"])
        await cp(`src/${part}`, path.join(folder, part), { recursive: true });
      await mkdir(path.join(folder, "node_modules"));
      await writeFile(path.join(folder, "package.json"), '{"type":"module"}');
      const script = path.join(folder, "main.ts");
      await writeFile(
        script,
        `import { startMailServer } from "./testing/mail-server.ts";
         await startMailServer().catch((error) => console.log(error.code, error.message));`,
      );
      const tsx = pathToFileURL(path.resolve("node_modules/tsx/dist/esm/index.mjs")).href;
      const { stdout } = await promisify(execFile)(process.execPath, ["--import", tsx, script]);
      expect(stdout.trim()).toBe(
        "MISSING_PACKAGE mailport/testing needs the package smtp-server, which is not installed: npm install --save-dev smtp-server",
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

interface Sending {
  subject: string;
  text?: string;
  html?: string;
  filename?: string;
  password?: string;
}

async function send(server: TestMailServer, { filename, password, ...mail }: Sending): Promise<void> {
  const { smtpHost: host, smtpPort: port, tls, smtpStarttls, username: user } = server.config();
  const transport = createTransport({
    host,
    port,
    secure: tls && !smtpStarttls,
    requireTLS: smtpStarttls,
    tls: { ca: server.credentials.cert, servername: "localhost" },
    auth: { user, pass: password ?? server.password },
  });
  const attachments = filename ? [{ filename, content: "file" }] : [];
  await transport.sendMail({ from: server.address, to: "ann@example.org", text: "x", ...mail, attachments });
}

async function reach(port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => (socket.destroy(), resolve()));
    socket.once("error", reject);
  });
}
