import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { createCommandBot } from "../../src/bots/command-bot.ts";
import { withoutSecrets } from "../../src/bots/create-bot.ts";
import type { BotAnswer } from "../../src/domain/bot.ts";
import { type Logger, silentLogger } from "../../src/runtime/logger.ts";
import { temporaryFolder } from "../config/temporary-folder.ts";
import { aMessage, type Wanted } from "./a-message.ts";

const READ_ALL =
  "let input = ''; process.stdin.on('data', (chunk) => (input += chunk)); process.stdin.on('end', () => { const message = JSON.parse(input); ";

describe("a bot that is a command", () => {
  it("reads the message as JSON, without its methods", async () => {
    const answer = await answerOf(`${READ_ALL} console.log(JSON.stringify({ text: JSON.stringify(message) })); });`, {
      text: 'Grüße\n"x"',
    });
    expect(JSON.parse(answer?.text ?? "")).toEqual({
      id: "m1",
      session: {
        channel: "email",
        senderId: "ann@example.org",
        threadId: "<1@example.org>",
        id: "email:ann@example.org",
      },
      text: 'Grüße\n"x"',
      fullText: 'Grüße\n"x"',
      removed: [],
      receivedAt: "2026-01-05T00:00:00.000Z",
      sender: { address: "ann@example.org", verification: "unverified" },
      attachments: [
        {
          filename: "a.txt",
          contentType: "text/plain",
          size: 3,
          sha256: "ab",
          inline: false,
          section: "2",
          path: "/tmp/a.txt",
        },
      ],
      metadata: expect.objectContaining({ email_message_id: "<1@example.org>", email_subject: "Question" }),
      deliveries: 1,
    });
  });

  it("answers with Markdown on standard output", async () => {
    expect(await answerOf("console.log('# Hi\\n\\nthere')")).toEqual({ text: "# Hi\n\nthere" });
  });

  it("answers with JSON when its first byte is {", async () => {
    await using folder = await temporaryFolder();
    const script = `console.log(JSON.stringify({ text: "Hi", subject: "S", attachments: ["a.txt", "/tmp/b.txt"] }))`;
    expect(await answerOf(script, {}, folder.path)).toEqual({
      text: "Hi",
      subject: "S",
      attachments: [{ path: join(folder.path, "a.txt") }, { path: "/tmp/b.txt" }],
    });
  });

  it("owes no answer when it prints nothing", async () => {
    expect(await answerOf("")).toBeUndefined();
    expect(await answerOf("console.log()")).toBeUndefined();
  });

  it("need not read what it is given (EPIPE)", async () => {
    const script = "process.stdin.destroy(); setTimeout(() => console.log('done'), 50)";
    expect(await answerOf(script, { text: "x".repeat(5_000_000) })).toEqual({ text: "done" });
  });

  it("runs in the folder it is told, without a shell", async () => {
    await using folder = await temporaryFolder();
    expect((await answerOf("console.log(process.cwd(), process.argv[1])", {}, folder.path, ["$(id)"]))?.text).toMatch(
      new RegExp(`${folder.path} \\$\\(id\\)$`),
    );
  });

  it("gets the environment, but not the mailbox passwords (P13)", async () => {
    const env = withoutSecrets({ ...process.env, MAIL_PASSWORD: "hunter2", OTHER: "yes" }, [
      { env: "MAIL_PASSWORD" },
      "literal",
    ]);
    const bot = createCommandBot({
      command: [process.execPath, "-p", "process.env.MAIL_PASSWORD + process.env.OTHER"],
      directory: "/",
      env,
      logger: silentLogger,
    });
    expect((await bot.answer(aMessage(), new AbortController().signal))?.text).toBe("undefinedyes");
  });
});

describe("a command that fails", () => {
  it("with an exit code fails the answer, telling how much it had to say but not what", async () => {
    const script = "console.error('hunter2'); console.error('line two'); process.exit(3)";
    await expect(answerOf(script)).rejects.toThrow(
      /ended with 3; it wrote 2 lines to standard error \(shown at log level debug\)$/,
    );
  });

  it("shows what it said at log level debug only", async () => {
    const seen: string[] = [];
    const logger: Logger = {
      log: (level, message, fields) => seen.push(`${level} ${message} ${String(fields?.["end"])}`),
    };
    await answerOf("console.error('hunter2')", {}, "/", [], logger);
    expect(seen).toEqual(["debug the bot wrote to standard error hunter2\n"]);
  });

  it("by a signal, by not being there, by bad JSON", async () => {
    await expect(answerOf("process.kill(process.pid, 'SIGSEGV')")).rejects.toThrow("ended with SIGSEGV");
    await expect(answerOf("console.log('{oops')")).rejects.toThrow('begins with "{" but is not JSON');
    const absent = createCommandBot({ command: ["/no/such/bot"], directory: "/", env: {}, logger: silentLogger });
    await expect(absent.answer(aMessage(), new AbortController().signal)).rejects.toThrow(
      "the bot's command /no/such/bot cannot be run (spawn /no/such/bot ENOENT)",
    );
  });

  it("by answering without end is stopped at 1 MB (P7)", async () => {
    await expect(answerOf("const more = () => process.stdout.write('x'.repeat(65536), more); more()")).rejects.toThrow(
      "wrote more than 1048576 bytes",
    );
  });

  it("by saying on standard error without end is remembered by its last 8 kB only", async () => {
    const kept: string[] = [];
    const logger: Logger = { log: (_level, _message, fields) => void kept.push(String(fields?.["end"])) };
    // 131 MB, of which the last line is what helps.
    const script =
      "let n = 0; const more = () => n++ < 2000 ? process.stderr.write('x'.repeat(65536), more) : process.stderr.write('the last line'); more()";
    await answerOf(script, {}, "/", [], logger);
    expect(kept).toHaveLength(1);
    expect(kept[0]).toMatch(/the last line$/);
    expect(kept[0]).toHaveLength(8_192);
  });

  it("to end in time is killed with all its children", async () => {
    await using folder = await temporaryFolder();
    const pidFile = join(folder.path, "pid");
    const child = `require('fs').writeFileSync(${JSON.stringify(pidFile)}, String(process.pid)); process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)`;
    const script = `require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(child)}], { stdio: 'inherit' }); process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)`;
    const stop = new AbortController();
    const answering = answerOf(script, {}, "/", [], silentLogger, stop.signal);
    while (!existsSync(pidFile) || (await readFile(pidFile, "utf8")) === "") await pause(20);
    stop.abort(new Error("too late"));
    await expect(answering).rejects.toThrow("too late");
    const pid = Number(await readFile(pidFile, "utf8"));
    expect(await gone(pid)).toBe(true);
  });
});

async function answerOf(
  script: string,
  wanted: Wanted = {},
  directory = "/",
  args: string[] = [],
  logger = silentLogger,
  signal = new AbortController().signal,
): Promise<BotAnswer | undefined> {
  const bot = createCommandBot({
    command: [process.execPath, "-e", script, ...args],
    directory,
    env: process.env,
    logger,
  });
  return await bot.answer(aMessage(wanted), signal);
}

async function gone(pid: number): Promise<boolean> {
  for (let tries = 0; tries < 50; tries++) {
    try {
      process.kill(pid, 0);
    } catch {
      return true;
    }
    // A killed orphan stays a zombie until its new parent looks.
    if ((await readFile(`/proc/${pid}/stat`, "utf8").catch(() => ") Z")).includes(") Z")) return true;
    await pause(20);
  }
  return false;
}
