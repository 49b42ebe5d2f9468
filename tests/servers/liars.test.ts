import { ImapFlow, type ImapFlowOptions } from "imapflow";
import { afterEach, describe, expect, it } from "vitest";
import { imapDialog } from "./imap-dialog.ts";
import { type LiarName, type LiarOptions, type RunningLiar, startLiar } from "./liars.ts";
import { connectRawImap } from "./raw-imap.ts";
import { startScriptedImap } from "./scripted-imap.ts";
import { ScriptedMailbox } from "./scripted-mailbox.ts";

const mail = [
  "From: Ann <ann@example.test>",
  "To: bot@example.test",
  "Subject: a question",
  "Message-ID: <q1@example.test>",
  'Content-Type: multipart/mixed; boundary="b=1"',
  "",
  "--b=1",
  "Content-Type: text/plain; charset=utf-8",
  "",
  "How are you?",
  "--b=1",
  'Content-Type: text/csv; name="t.csv"',
  "Content-Disposition: attachment; filename=t.csv",
  "Content-Transfer-Encoding: base64",
  "",
  "YSxiCg==",
  "--b=1--",
  "",
].join("\r\n");

const eventually = <T>(look: () => T) => expect.poll(look, { timeout: 5_000, interval: 2 });

const clients: ImapFlow[] = [];

afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

function flow(server: { host: string; port: number; ca: string }, more: Partial<ImapFlowOptions> = {}): ImapFlow {
  const client = new ImapFlow({
    host: server.host,
    port: server.port,
    secure: false,
    tls: { ca: server.ca },
    logger: false,
    disableAutoIdle: true,
    auth: { user: "bot@example.test", pass: "secret" },
    socketTimeout: 800,
    greetingTimeout: 600,
    ...more,
  });
  client.on("error", () => {});
  clients.push(client);
  return client;
}

describe("the honest dialog, with imapflow", () => {
  it.each([{ tls: true }, { startTls: true }, {}])(
    "serves a whole session %o",
    async ({ tls = false, startTls = false }) => {
      const mailbox = new ScriptedMailbox({ mails: [mail], uidValidity: 42, uidNext: 7 });
      await using server = await startScriptedImap({ script: imapDialog(mailbox, { startTls }), tls });
      const client = flow(server, { secure: tls, ...(startTls ? { doSTARTTLS: true } : {}), socketTimeout: 5_000 });
      await client.connect();
      const box = await client.mailboxOpen("INBOX");
      expect([box.uidValidity, box.uidNext, box.exists]).toEqual([42n, 8, 1]);
      expect(await client.search({ uid: "1:*" }, { uid: true })).toEqual([7]);
      expect(await client.search({ seen: true }, { uid: true })).toEqual([]);
      const found = await client.fetchOne(
        "7",
        {
          bodyStructure: true,
          envelope: true,
          flags: true,
          size: true,
          headers: ["subject"],
          source: { start: 0, maxLength: 20 },
        },
        { uid: true },
      );
      if (found === false) throw new Error("nothing fetched");
      expect(found.envelope).toMatchObject({
        subject: "a question",
        messageId: "<q1@example.test>",
        from: [{ address: "ann@example.test" }],
      });
      expect(found.bodyStructure?.childNodes?.map(({ type }) => type)).toEqual(["text/plain", "text/csv"]);
      expect(found.bodyStructure?.childNodes?.[1]?.dispositionParameters).toEqual({ filename: "t.csv" });
      expect(found.headers?.toString()).toBe("Subject: a question\r\n\r\n");
      expect(found.source?.toString()).toBe(mail.slice(0, 20));
      expect(found.size).toBe(mail.length);

      const chunks: Buffer[] = [];
      const { content } = await client.download("7", "2", { uid: true });
      for await (const chunk of content ?? []) chunks.push(Buffer.from(chunk));
      expect(Buffer.concat(chunks).toString()).toBe("a,b\n");

      expect(await client.messageFlagsAdd("7", ["\\Seen", "$Bot"], { uid: true })).toBe(true);
      expect(mailbox.flagsOf(7)).toEqual(["\\Seen", "$Bot"]);

      const arrival = new Promise<{ count: number }>((resolve) => client.once("exists", resolve));
      const idling = client.idle();
      await eventually(() => server.transcript.at(-1)).toMatch(/IDLE$/);
      mailbox.add(mail);
      expect(await arrival).toMatchObject({ count: 2 });
      await client.noop();
      await idling;
      await client.logout();
      expect(server.errors).toEqual([]);
      expect(server.transcript.join("\n")).toContain("DONE");
    },
  );

  it("refuses a wrong password", async () => {
    await using server = await startScriptedImap({ script: imapDialog(new ScriptedMailbox()) });
    const client = flow(server, { auth: { user: "bot@example.test", pass: "wrong" } });
    await expect(client.connect()).rejects.toMatchObject({ authenticationFailed: true });
  });

  it("reports an unmet expectation", async () => {
    await using server = await startScriptedImap({
      async script(conn) {
        await conn.send("* OK hello");
        await conn.send(`${await conn.expect(/ NOOP$/)} OK`);
        await conn.expect(/ LOGOUT$/);
      },
    });
    await using imap = await connectRawImap(server);
    await imap.must("NOOP");
    imap.send("SELECT INBOX");
    await expect
      .poll(() => server.errors.map(({ message }) => message))
      .toEqual([expect.stringMatching(/LOGOUT.*SELECT/)]);
  });
});

/** Logs in, opens and idles by raw commands; says what the server did last. */
async function session(
  name: LiarName,
  options: LiarOptions = {},
): Promise<{ server: RunningLiar; seen: string; ask: (text: string) => Promise<string> }> {
  const server = await startLiar(name, { mailbox: new ScriptedMailbox({ mails: [mail] }), ...options });
  const imap = await connectRawImap(server);
  const ask = async (text: string) => {
    const tag = imap.send(text);
    return imap.waitFor(new RegExp(`^${tag} |^\\+`), 500).then(
      (line) => line.text,
      (error: Error) => error.message,
    );
  };
  await ask('LOGIN "bot@example.test" secret');
  await ask("SELECT INBOX");
  return { server, seen: imap.greeting.text, ask };
}

describe("liars", () => {
  const idles: [LiarName, RegExp][] = [
    ["idle_noplus", /no .* within 500 ms/],
    ["idle_bad", / BAD /],
    ["idle_no", / NO /],
    ["idle_immediate_ok", / OK /],
    ["idle_liar", /^\+/],
    ["idle_silent_deaf", /^\+/],
    ["idle_bye", /^\+/],
    ["idle_eof", /^\+/],
    ["idle_flood", /^\+/],
    ["idle_garbage", /^\+/],
  ];
  it.each(idles)("%s answers IDLE with %s", async (name, answer) => {
    const { server, ask } = await session(name);
    expect(await ask("IDLE")).toMatch(answer);
    await server.stop();
  });

  const fetches: [LiarName, RegExp][] = [
    ["lit_hang", /inside a literal: no .* within 500 ms/],
    ["lit_eof", /inside a literal: the server closed it/],
    ["lit_huge", /inside a literal: no .* within 500 ms/],
    ["lit_neg", / OK /],
    ["fetch_nil", / OK /],
    ["fetch_none", / OK /],
    ["fetch_wrong_uid", / OK /],
    ["fetch_no_throttle", /THROTTLED/],
  ];
  it.each(fetches)("%s answers a fetch of a body with %s, and one of flags honestly", async (name, answer) => {
    const { server, ask } = await session(name);
    expect(await ask("UID FETCH 1 (UID FLAGS)")).toMatch(/ OK /);
    expect(await ask("UID FETCH 1 (UID BODY.PEEK[])")).toMatch(answer);
    await server.stop();
  });

  const logins: [LiarName, Partial<ImapFlowOptions>, RegExp][] = [
    ["greeting_bye", {}, /./],
    ["no_greeting", {}, /greeting|timeout/i],
    ["preauth_tls", { doSTARTTLS: true }, /./],
    ["st_stripped", { doSTARTTLS: true }, /STARTTLS/],
    ["st_no", { doSTARTTLS: true }, /STARTTLS/],
    ["st_bad", { doSTARTTLS: true }, /STARTTLS/],
    ["st_plus", { doSTARTTLS: true }, /./],
    ["inject", { doSTARTTLS: true }, /./],
    ["auth_fail", {}, /./],
    ["auth_unavail", {}, /./],
    ["auth_limit", {}, /./],
  ];
  it.each(logins)("%s keeps imapflow from connecting, and gets no password in clear", async (name, options, reason) => {
    await using server = await startLiar(name);
    await expect(flow(server, options).connect()).rejects.toThrow(reason);
    if (options.doSTARTTLS) expect(server.transcript.join("\n")).not.toMatch(/LOGIN|AUTHENTICATE/i);
    expect(server.errors).toEqual([]);
  });

  it("select_nouidv opens a box that has no UIDVALIDITY", async () => {
    await using server = await startLiar("select_nouidv");
    const client = flow(server);
    await client.connect();
    expect((await client.mailboxOpen("INBOX")).uidValidity).toBeUndefined();
  });

  it("search_phantom finds mails that are not there", async () => {
    await using server = await startLiar("search_phantom");
    const client = flow(server);
    await client.connect();
    await client.mailboxOpen("INBOX");
    expect(await client.search({ all: true }, { uid: true })).toEqual([1, 7, 4294967295]);
  });

  it("idle_liar announces nothing, but a search finds it", async () => {
    const { server, ask } = await session("idle_liar");
    server.mailbox.add(mail);
    expect(await ask("UID SEARCH ALL")).toMatch(/ OK /);
    expect(server.errors).toEqual([]);
    await server.stop();
  });

  it("lit_stream pours as long as it is read", async () => {
    await using server = await startLiar("lit_stream", { mailbox: new ScriptedMailbox({ mails: [mail] }) });
    const client = flow(server, { maxLiteralSize: 1_000_000 });
    await client.connect();
    await client.mailboxOpen("INBOX");
    await expect(client.fetchOne("1", { source: true }, { uid: true })).rejects.toThrow();
  });

  it("lies only to the first connections when told so", async () => {
    await using server = await startLiar("greeting_bye", { lies: 1 });
    await expect(flow(server).connect()).rejects.toThrow();
    await flow(server).connect();
    expect(server.connections).toHaveLength(2);
  });
});
