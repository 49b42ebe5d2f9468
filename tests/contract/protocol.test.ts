import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { createEmailChannel, silentLogger } from "../../src/index.ts";
import type { Handler } from "../servers/dialog-session.ts";
import { imapDialog } from "../servers/imap-dialog.ts";
import { COMMANDS } from "../servers/imap-commands.ts";
import { dialog, type LiarName } from "../servers/liars.ts";
import { startScriptedImap } from "../servers/scripted-imap.ts";
import { ScriptedMailbox } from "../servers/scripted-mailbox.ts";
import { sharedCertificates } from "../servers/shared.ts";
import { mail, meet } from "./meet-liar.ts";
import { disposed } from "./receiving-servers.ts";

const honest = dialog({});

describe("what the channel says to an IMAP server", () => {
  it("is no IDLE where none is offered; mail arrives all the same (S-I1)", async () => {
    const { channel, mailbox, server } = await meet(honest, { capabilities: ["IMAP4rev1", "LITERAL+"] });
    const message = channel.receive().next();
    await vi.waitFor(() => expect(channel.status().folders[0]?.mode).toBe("poll"));
    mailbox.add(mail("polled"));
    expect((await message).value?.metadata.email_subject).toBe("polled");
    expect(commands(server.transcript)).not.toContain("IDLE");
  });

  it("is DONE alone on a line, after the server's + and before anything else (S-I2)", async () => {
    const early: string[][] = [];
    const idle: Handler = async (turn) => {
      const heard = turn.conn.transcript.length;
      await turn.conn.sleep(350);
      early.push(turn.conn.transcript.slice(heard));
      await turn.honest();
    };
    const { channel, mailbox, server } = await meet(dialog({}, { IDLE: idle }));
    const messages = channel.receive();
    void messages.next();
    await vi.waitFor(() => expect(early.length).toBeGreaterThanOrEqual(3), { timeout: 5_000 });
    mailbox.add(mail("idled"));
    await vi.waitFor(() => expect(channel.status().counts.received).toBe(1));
    expect(early.flat()).toEqual([]);
    const lines = server.transcript;
    const afterIdle = lines.flatMap((line, index) => (/^\S+ IDLE$/.test(line) ? (lines[index + 1] ?? []) : []));
    expect(afterIdle.length).toBeGreaterThanOrEqual(3);
    expect(new Set(afterIdle)).toEqual(new Set(["DONE"]));
    expect(server.connections).toHaveLength(1);
  });

  it("is IDLE again and again, and a search above what is known each time (S-I3, S-I6)", async () => {
    const { channel, server } = await meet(honest);
    void channel.receive().next();
    const rounds = () => commands(server.transcript).join(" ").split("IDLE DONE UID SEARCH").length - 1;
    await vi.waitFor(() => expect(rounds()).toBeGreaterThanOrEqual(3), { timeout: 5_000 });
    expect(server.transcript.filter((line) => / UID SEARCH /.test(line)).at(-1)).toMatch(/UID SEARCH .*UID 1:\*/);
  });

  it("names mails by UID only: a number would mean another mail tomorrow (S-I5)", async () => {
    const { channel, mailbox, server } = await meet(honest, {}, [mail("one"), mail("two"), mail("three")]);
    const messages = channel.receive();
    for (const subject of ["one", "two"]) {
      const { value } = await messages.next();
      expect(value?.metadata.email_subject).toBe(subject);
    }
    mailbox.expunge(1);
    expect((await messages.next()).value?.metadata.email_subject).toBe("three");
    await channel.close({ drainMs: 500 });
    const said = commands(server.transcript);
    expect(said).toEqual(expect.arrayContaining(["UID SEARCH", "UID FETCH", "UID STORE"]));
    expect(said.filter((command) => /^(?:FETCH|STORE|SEARCH|COPY|MOVE)$/.test(command))).toEqual([]);
  });

  it("asks for a thousand mails in groups, in lines that a server takes (S-I10)", async () => {
    const mails = Array.from({ length: 1_000 }, (_, index) => mail(`number ${index}`));
    const { channel, server } = await meet(honest, {}, mails, { backlogLimit: 2_000 });
    const messages = channel.receive();
    for (let count = 0; count < mails.length; count++) await messages.next();
    await channel.close({ drainMs: 500 });
    const asked = server.transcript.flatMap((line) => / UID FETCH ([\d:,]+) /.exec(line)?.[1] ?? []);
    expect(Math.max(...asked.map(mailsIn))).toBeLessThanOrEqual(250);
    expect(Math.max(...server.transcript.map((line) => line.length))).toBeLessThan(8_000);
  });
});

describe("a server that says at any time what it likes", () => {
  it("is understood: no mail is lost, none comes twice (S-I4)", async () => {
    const noise = ["* 9 EXISTS", "* OK [ALERT] tea is ready", "* XFOO 1", String.raw`* FLAGS (\Seen)`, "* 5 RECENT"];
    const noisy = Object.fromEntries(
      Object.keys(COMMANDS)
        .filter((name) => !["STARTTLS", "LOGOUT"].includes(name))
        .map((name): [string, Handler] => [
          name,
          async (turn) => {
            await turn.conn.send(...noise);
            await turn.honest();
          },
        ]),
    );
    const { channel, mailbox, server } = await meet(dialog({}, noisy), {}, [mail("one"), mail("two")]);
    const messages = channel.receive();
    const subjects: unknown[] = [];
    for (let count = 0; count < 3; count++) {
      if (count === 2) mailbox.add(mail("three"));
      subjects.push((await messages.next()).value?.metadata.email_subject);
    }
    expect(subjects).toEqual(["one", "two", "three"]);
    await pause(700);
    expect(channel.status().counts.received).toBe(3);
    expect(server.connections).toHaveLength(1);
  });
});

describe("a login", () => {
  it.each(["expired", "wrongHost", "unknown authority"] as const)(
    "is not tried on a server whose certificate is not to be trusted: %s (S-I8)",
    async (name) => {
      const made = await sharedCertificates();
      const certificate = name === "unknown authority" ? made.valid : made[name];
      const server = disposed(
        await startScriptedImap({ tls: true, certificate, script: imapDialog(new ScriptedMailbox()) }),
      );
      const channel = disposed(
        createEmailChannel(
          {
            imapHost: server.host,
            imapPort: server.port,
            smtpHost: "127.0.0.1",
            username: "bot",
            password: "secret",
            fromAddress: "bot@example.test",
          },
          { logger: silentLogger },
        ),
      );
      void channel
        .receive()
        .next()
        .catch(() => undefined);
      await vi.waitFor(() => expect(channel.status().folders[0]?.lastError).toMatch(/certificate/i), 5_000);
      expect(server.transcript).toEqual([]);
    },
  );

  it("is not sent where the server says that it takes none (S-I8)", async () => {
    const capabilities = "IMAP4rev1 LOGINDISABLED";
    const tell: Handler = async ({ conn, ok }) => {
      await conn.send(`* CAPABILITY ${capabilities}`);
      await ok();
    };
    const greeting = `* OK [CAPABILITY ${capabilities}] no clear passwords here`;
    const { channel, server } = await meet(dialog({ greeting }, { CAPABILITY: tell }));
    void channel
      .receive()
      .next()
      .catch(() => undefined);
    await vi.waitFor(() => expect(channel.status().folders[0]?.lastError).toBeTruthy(), 5_000);
    expect(server.transcript.join("\n")).not.toMatch(/LOGIN|AUTHENTICATE|secret/);
  });

  it.each<LiarName>(["auth_unavail", "auth_limit"])("%s: is tried again and again (S-I9)", async (name) => {
    const { channel, mailbox, server } = await meet(name, { lies: 6 });
    const message = channel.receive().next();
    mailbox.add(mail("after all"));
    expect((await message).value?.metadata.email_subject).toBe("after all");
    expect(server.connections).toHaveLength(7);
  });
});

/** By name, with the word after UID; and DONE. */
function commands(transcript: readonly string[]): string[] {
  return transcript.flatMap((line) => (line === "DONE" ? line : (/^\S+ (UID \w+|\w+)/.exec(line)?.[1] ?? [])));
}

/** How many UIDs `1:3,7` names. */
function mailsIn(uids: string): number {
  return uids.split(",").reduce((sum, range) => {
    const [from = 0, to = from] = range.split(":").map(Number);
    return sum + to - from + 1;
  }, 0);
}
