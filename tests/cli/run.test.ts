import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { serve } from "../../src/cli/run.ts";
import { loadConfig } from "../../src/config/load.ts";
import { startMailServer, type TestMailServer, type TestMailServerOptions } from "../../src/testing/testing.ts";
import { type TemporaryFolder, temporaryFolder } from "../config/temporary-folder.ts";
import { freePorts } from "../servers/free-ports.ts";
import { type RunningMailport, startMailport } from "./mailport.ts";

const PASSWORD = "hunter2/Secret+42";
const ECHO = { kind: "echo" };

describe("mailport run", () => {
  it("answers mail with the echo bot, and exits 0 on SIGTERM", async () => {
    await using story = await start(ECHO);
    const { messageId } = await story.server.deliver({
      from: "Ann <ann@example.org>",
      subject: "Hello",
      text: "Are you there?",
    });
    const { mail, envelope } = await story.server.waitForMail({ timeoutMs: 10_000 });
    expect(envelope.to).toEqual(["ann@example.org"]);
    expect(mail).toMatchObject({ subject: "Re: Hello", inReplyTo: messageId });
    expect(mail.text).toContain("> Are you there?");
    await story.mailport.says("answered");
    story.mailport.kill("SIGTERM");
    expect(await story.mailport.ended).toMatchObject({ code: 0, out: "" });
    expect(story.server.mails().map(({ flags }) => flags)).toEqual([["\\Seen", "\\Answered"]]);
  });

  it("answers with a command, which gets the mail as JSON, and attaches its files", async () => {
    await using story = await start({ kind: "command", command: [process.execPath, "bot.mjs"] }, async (folder) => {
      await folder.write("report.txt", "all is well");
      await folder.write(
        "bot.mjs",
        'const m = JSON.parse(await (await import("node:stream/consumers")).text(process.stdin)); console.log(JSON.stringify({ text: `**${m.text}** from ${m.sender.address}, password ${process.env.MAIL_PASSWORD}`, attachments: ["report.txt"] }));',
      );
    });
    await story.server.deliver({ from: "ann@example.org", subject: "Hello", text: "How is it?" });
    const { mail } = await story.server.waitForMail({ timeoutMs: 10_000 });
    expect(mail.html).toContain("<strong>How is it?</strong> from");
    expect(mail.text).toContain("password undefined");
    expect(mail.attachments.map(({ filename, content }) => [filename, content.toString()])).toEqual([
      ["report.txt", "all is well"],
    ]);
  });

  it("answers with a module, and tries again when it throws", async () => {
    await using story = await start({ kind: "module", path: "bot.mjs" }, async (folder) => {
      await folder.write(
        "bot.mjs",
        'let n = 0; export default ({ deliveries }) => { if (n++ === 0) throw new Error("not yet"); return `answer ${deliveries}`; };',
      );
    });
    await story.server.deliver({ from: "ann@example.org", subject: "Hello", text: "Hi" });
    expect((await story.server.waitForMail({ timeoutMs: 15_000 })).mail.text).toContain("answer 2");
    expect(story.mailport.err()).toContain('"reason":"not yet"');
  });

  it("says what it does in JSON lines, and no secret, subject or body at any level (P13)", async () => {
    await using story = await start(ECHO, undefined, { log: { level: "debug" } });
    await story.server.deliver({
      from: "ann@example.org",
      subject: "THE-SUBJECT\n2026-01-01 ERROR fake",
      text: "THE-BODY",
    });
    await story.server.waitForMail({ timeoutMs: 10_000 });
    await story.mailport.says("answered");
    story.mailport.kill("SIGTERM");
    const { err } = await story.mailport.ended;
    const lines = err
      .trim()
      .split("\n")
      .map((line): { level: string; message: string } => JSON.parse(line));
    expect(lines.map(({ message }) => message)).toEqual(
      expect.arrayContaining(["mailport is running", "answered", "mailport has stopped"]),
    );
    expect(
      lines
        .filter(({ level }) => level !== "debug")
        .map((line) => JSON.stringify(line))
        .join(),
    ).not.toMatch(/THE-SUBJECT|THE-BODY/);
    expect(err).not.toContain(PASSWORD);
    expect(err).not.toContain(Buffer.from(PASSWORD).toString("base64"));
    expect(err).not.toContain(Buffer.from(`\0bot@example.com\0${PASSWORD}`).toString("base64"));
    expect(err).not.toContain(encodeURIComponent(PASSWORD));
  });

  it("keeps the password out of the process list", async () => {
    await using story = await start(ECHO);
    await story.mailport.says("mailport is running");
    expect(readFileSync(`/proc/${story.mailport.pid}/cmdline`, "utf8")).not.toContain(PASSWORD);
  });
});

const SLOW = { kind: "module", path: "bot.mjs" };
const slowBot = async (folder: TemporaryFolder) =>
  void (await folder.write(
    "bot.mjs",
    'import { setTimeout } from "node:timers/promises"; import { writeFileSync } from "node:fs"; export default async () => { writeFileSync(new URL("./began", import.meta.url), ""); await setTimeout(1500); return "done"; };',
  ));

describe("mailport run, asked to stop (P6)", () => {
  it("lets the bot finish, sends its answer and exits 0", async () => {
    await using story = await start(SLOW, slowBot);
    await story.server.deliver({ from: "ann@example.org", subject: "Hello", text: "Hi" });
    await fileAppears(join(story.folder.path, "began"));
    story.mailport.kill("SIGTERM");
    expect(await story.mailport.ended).toMatchObject({ code: 0 });
    expect(story.server.sent.map(({ mail }) => mail.text.trim())).toEqual(["done"]);
    expect(story.server.mails()[0]?.flags).toEqual(["\\Seen", "\\Answered"]);
  });

  it("waits no longer than drainSeconds; the mail stays unseen and comes again", async () => {
    await using story = await start(SLOW, slowBot, { drainSeconds: 0 });
    await story.server.deliver({ from: "ann@example.org", subject: "Hello", text: "Hi" });
    await fileAppears(join(story.folder.path, "began"));
    story.mailport.kill("SIGINT");
    expect(await story.mailport.ended).toMatchObject({ code: 0 });
    expect(story.server.sent).toEqual([]);
    expect(story.server.mails()[0]?.flags).toEqual([]);
  });

  it.each([
    ["SIGTERM", 143],
    ["SIGINT", 130],
  ] as const)("leaves at once on a second %s, with %i", async (signal, code) => {
    await using story = await start(SLOW, slowBot);
    await story.server.deliver({ from: "ann@example.org", subject: "Hello", text: "Hi" });
    await fileAppears(join(story.folder.path, "began"));
    story.mailport.kill(signal);
    await pause(100);
    story.mailport.kill(signal);
    const startedAt = performance.now();
    expect(await story.mailport.ended).toMatchObject({ code });
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    expect(story.server.mails()[0]?.flags).toEqual([]);
  });

  it("leaves no process of a bot's command behind, also when it leaves at once", async () => {
    const sleeper =
      "const fs = require('fs'); fs.writeFileSync('began', String(process.pid)); process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)";
    await using story = await start({ kind: "command", command: [process.execPath, "-e", sleeper] });
    await story.server.deliver({ from: "ann@example.org", subject: "Hello", text: "Hi" });
    const began = join(story.folder.path, "began");
    await fileAppears(began);
    while (readFileSync(began, "utf8") === "") await pause(20);
    const pid = Number(readFileSync(began, "utf8"));
    story.mailport.kill("SIGTERM");
    await pause(100);
    story.mailport.kill("SIGTERM");
    await story.mailport.ended;
    await pause(200);
    expect(alive(pid)).toBe(false);
  });
});

describe("mailport run when something is wrong", () => {
  it("tries an unreachable server for ever", async () => {
    const [port = 0] = await freePorts(1);
    await using story = await start(ECHO, undefined, {}, { imapPort: port });
    await story.mailport.says(/ECONNREFUSED[^]*ECONNREFUSED/);
    await pause(500);
    story.mailport.kill("SIGTERM");
    expect(await story.mailport.ended).toMatchObject({ code: 0 });
  });

  it("exits 77 when every account's password is refused, after the channel's own tries", async () => {
    await using server = await startMailServer();
    const codes = await inThisProcess([{ ...server.config(), password: "wrong" }]);
    expect(codes.code).toBe(77);
    expect(codes.err).toContain("refuses the login");
    expect(codes.err).not.toContain('"wrong"');
  });

  it("exits 78 when the password cannot be had", async () => {
    await using server = await startMailServer();
    const { code, err } = await inThisProcess([{ ...server.config(), password: { env: "NO_SUCH_VARIABLE" } }]);
    expect(code).toBe(78);
    expect(err).toContain("NO_SUCH_VARIABLE is not set");
  });

  it("exits 78 when no account is enabled", async () => {
    await using story = await start(ECHO, undefined, {}, { enabled: false });
    expect(await story.mailport.ended).toMatchObject({
      code: 78,
      err: expect.stringContaining("accounts: none is enabled"),
    });
  });

  it("exits 78 when the bot's module cannot be loaded", async () => {
    await using story = await start({ kind: "module", path: "missing.mjs" });
    expect(await story.mailport.ended).toMatchObject({
      code: 78,
      err: expect.stringContaining("bot.path: cannot load"),
    });
  });

  it("exits 70, loudly, when a bot's forgotten promise fails", async () => {
    await using story = await start({ kind: "module", path: "bot.mjs" }, async (folder) => {
      await folder.write(
        "bot.mjs",
        'export default () => { setTimeout(() => { Promise.reject(new Error("forgotten")); }, 10); return new Promise(() => {}); };',
      );
    });
    await story.server.deliver({ from: "ann@example.org", subject: "Hello", text: "Hi" });
    expect(await story.mailport.ended).toMatchObject({ code: 70, err: expect.stringContaining('"error":"forgotten"') });
    expect(story.server.mails()[0]?.flags).toEqual([]);
  });

  it("warns of a password in a file that others may read", async () => {
    await using story = await start(ECHO, undefined, {}, {}, 0o644);
    await story.mailport.says("config-readable-by-others");
    await story.mailport.says("email: TLS disabled — connections are unencrypted (insecure)");
  });
});

interface Story extends AsyncDisposable {
  readonly server: TestMailServer;
  readonly folder: TemporaryFolder;
  readonly mailport: RunningMailport;
}

type Prepare = (folder: TemporaryFolder) => Promise<void>;

/** A mail server, a configuration for it and the real process. */
async function start(
  bot: object,
  prepare: Prepare = async () => {},
  file: object = {},
  account: object = {},
  mode = 0o600,
): Promise<Story> {
  const options: TestMailServerOptions = { password: PASSWORD };
  const server = await startMailServer(options);
  const folder = await temporaryFolder();
  await prepare(folder);
  // The variable for those who look for a leak, the literal for those who read the file.
  const password = mode === 0o600 ? { env: "MAIL_PASSWORD" } : PASSWORD;
  const content = {
    accounts: [{ ...server.config(), password, allowFrom: ["@example.org"], ...account }],
    bot,
    ...file,
  };
  const path = await folder.write("config.json", content, mode);
  const running = startMailport(["run", "--config", path], { env: { MAIL_PASSWORD: PASSWORD } });
  return {
    server,
    folder,
    mailport: running,
    async [Symbol.asyncDispose]() {
      await running[Symbol.asyncDispose]();
      await server.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** The command in this process, since the pauses between two tries of a password are longer than a test may be. */
async function inThisProcess(accounts: object[]): Promise<{ code: number; err: string }> {
  await using folder = await temporaryFolder();
  const loaded = await loadConfig(await folder.write("config.json", { accounts, bot: ECHO }));
  const lines: string[] = [];
  const surroundings = {
    out: () => {},
    err: (line: string) => void lines.push(line),
    env: process.env,
    errIsTerminal: false,
  };
  const code = await serve(loaded, surroundings, { timing: { watch: { refusedLoginPausesMs: [10, 10] } } });
  return { code, err: lines.join("\n") };
}

async function fileAppears(path: string): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!existsSync(path)) {
    if (performance.now() > deadline) throw new Error(`${path} did not appear`);
    await pause(10);
  }
}

function alive(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z");
  } catch {
    return false;
  }
}
