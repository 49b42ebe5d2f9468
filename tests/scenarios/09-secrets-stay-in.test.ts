import { inspect } from "node:util";
import { describe, expect, it, vi } from "vitest";
import { createEmailChannel, lineLogger } from "../../src/index.ts";
import { startLiar } from "../servers/liars.ts";
import { ScriptedMailbox } from "../servers/scripted-mailbox.ts";
import { dovecotAvailable } from "../servers/shared.ts";
import { startSmtpSink } from "../servers/smtp-sink.ts";
import { letter, room } from "./room.ts";

const PASSWORD = "hunter2/Secret+42=";
const USER = "bot@example.test";

/** Every form in which the password goes over the wire, or comes back (security.md P13). */
const FORMS = [
  PASSWORD,
  Buffer.from(PASSWORD).toString("base64"),
  Buffer.from(`\0${USER}\0${PASSWORD}`).toString("base64"),
  Buffer.from(`user=${USER}\u0001auth=Bearer ${PASSWORD}\u0001\u0001`).toString("base64"),
  encodeURIComponent(PASSWORD),
];

function hits(what: unknown): string[] {
  const text = typeof what === "string" ? what : inspect(what, { depth: 12, showHidden: true, maxStringLength: null });
  return FORMS.filter((form) => text.includes(form));
}

/** All that a channel says while it meets one server, at level debug. */
async function said(config: object): Promise<unknown[]> {
  const lines: string[] = [];
  const logger = lineLogger({ level: "debug", format: "json", now: Date.now, write: (line) => void lines.push(line) });
  const channel = createEmailChannel(
    {
      imapHost: "127.0.0.1",
      imapPort: 1,
      smtpHost: "127.0.0.1",
      smtpPort: 1,
      username: USER,
      password: PASSWORD,
      fromAddress: USER,
      tlsVerify: false,
      ...config,
    },
    { logger, timing: { watch: { refusedLoginPausesMs: [10, 10] } } },
  );
  const received = channel.receive().next();
  const failure = received.catch((error: unknown) => error);
  const receipt = await channel
    .send({ session: { channel: "email", senderId: "ann@example.org" }, subject: "x", text: "x" })
    .catch((error: unknown) => error);
  await vi.waitFor(() => expect(channel.status().folders[0]?.lastError ?? channel.status().state).toBeTruthy());
  await new Promise((resolve) => setTimeout(resolve, 300));
  const seen = [lines.join(""), channel.status(), inspect(channel, { depth: 12, showHidden: true }), receipt];
  await channel.close({ drainMs: 100 });
  const error = await failure;
  return [...seen, error, error instanceof Error ? [error.stack, error.cause] : [], lines.join("")];
}

describe("secrets stay in (P13): nothing that a channel says, at level debug, has the password in it", () => {
  it("knows the password when it sees it", () => {
    for (const form of FORMS) expect(hits({ deep: { error: new Error(`bad login ${form}`) } })).toContain(form);
  });

  it("when an IMAP server sends it back in its refusal", async () => {
    await using server = await startLiar("auth_fail", {
      user: USER,
      password: "other",
      mailbox: new ScriptedMailbox({ mails: [] }),
    });
    const everything = await said({ imapPort: server.port, imapHost: server.host, tls: false });
    expect(server.transcript.join("\n")).toMatch(/LOGIN|AUTHENTICATE/);
    expect(everything.flatMap(hits)).toEqual([]);
  });

  it.each(["auth", "mail", "rcpt", "data", "dot"] as const)("when an SMTP server sends it back at %s", async (step) => {
    await using sink = await startSmtpSink({ auth: { user: USER, password: PASSWORD } });
    sink.fail(step, { reply: `535 5.7.8 what is ${FORMS.join(" or ")}?` });
    const everything = await said({ smtpPort: sink.port, smtpHost: sink.host });
    expect(JSON.stringify(everything)).toContain("what is");
    expect(everything.flatMap(hits)).toEqual([]);
  });

  it.each([
    ["a command that fails", { command: ["sh", "-c", `echo "${PASSWORD}" >&2; exit 1`] }],
    ["a command that says too much", { command: ["sh", "-c", `echo "${PASSWORD}"; echo "${PASSWORD}"`] }],
  ])("when it comes from %s", async (_, password) => {
    const everything = await said({ password });
    expect(JSON.stringify(everything)).toMatch(/the command/);
    expect(everything.flatMap(hits)).toEqual([]);
  });

  it.skipIf(!dovecotAvailable)("when all goes well, either", async () => {
    const lines: string[] = [];
    const logger = lineLogger({
      level: "debug",
      format: "text",
      now: Date.now,
      write: (line) => void lines.push(line),
    });
    const { channel, write } = await room({ deps: { logger } });
    await write(
      letter({
        subject: "=?utf-8?Q?THE-SUBJECT=1B[2J?=",
        text: "THE-BODY",
        from: `"${"x".repeat(900)}" <ann@example.org>`,
      }),
    );
    const { value: message } = await channel.receive().next();
    await message?.reply("THE-ANSWER");
    await channel.close();
    expect(lines.length).toBeGreaterThan(2);
    // The shared server's password is too short to look for; what goes over the wire is in no line at all.
    expect(lines.join("")).not.toMatch(/THE-SUBJECT|THE-BODY|THE-ANSWER|AUTH PLAIN|AUTHENTICATE/);
    for (const line of lines) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(2_001);
    expect(lines.every((line) => /^[^\u0000-\u0009\u000b-\u001f]*\n$/.test(line))).toBe(true);
  });
});
