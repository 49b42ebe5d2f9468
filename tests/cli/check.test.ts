import { existsSync } from "node:fs";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Finding } from "../../src/config/findings.ts";
import {
  startMailServer,
  type TestAccountConfig,
  type TestMailServer,
  type TestMailServerOptions,
} from "../../src/testing/testing.ts";
import { type TemporaryFolder, temporaryFolder } from "../config/temporary-folder.ts";
import { freePorts } from "../servers/free-ports.ts";
import { imapDialog } from "../servers/imap-dialog.ts";
import { type LiarName, startLiar } from "../servers/liars.ts";
import { startScriptedImap } from "../servers/scripted-imap.ts";
import { ScriptedMailbox } from "../servers/scripted-mailbox.ts";
import { sharedCertificates } from "../servers/shared.ts";
import type { SmtpFault } from "../servers/smtp-faults.ts";
import { startSmtpSink } from "../servers/smtp-sink.ts";
import { mailport } from "./mailport.ts";

type Change = Record<string, unknown>;

describe("mailport check on servers that work", () => {
  it.each<[TestMailServerOptions["tls"], string, string | undefined]>([
    ["none", "no TLS", undefined],
    ["starttls", "TLSv1.3", "TLSv1.3"],
    ["direct", "TLSv1.3", "TLSv1.3"],
  ])(
    "with TLS %s: logs in to both, names TLS version, IDLE, folders and size, exits 0",
    async (tls, text, protocol) => {
      await using server = await startMailServer({ tls: tls ?? "none" });
      const said = await check(server.config(), {});
      expect(said.code).toBe(0);
      expect(said.out).toContain(`✓ IMAP 127.0.0.1 port ${server.imap.port}: logged in, ${text}, IDLE`);
      expect(said.out).toContain("folder INBOX: 0 mails, 0 unseen");
      expect(said.out).toContain(
        `✓ SMTP 127.0.0.1 port ${server.smtp.port}: logged in, ${text}, at most 50.0 MiB a mail`,
      );
      expect(said.out).toMatch(/Everything works\.\n$/);

      const { report } = await checkJson(server.config(), {});
      expect(report).toMatchObject({ ok: true, exitCode: 0 });
      expect(report.accounts[0].imap).toMatchObject({
        idle: true,
        tls: protocol === undefined ? null : { protocol },
        capabilities: expect.arrayContaining(["IDLE"]),
      });
      expect(report.accounts[0].smtp).toMatchObject({
        login: "accepted",
        sizeLimitBytes: 52_428_800,
        ...(protocol === undefined ? {} : { tlsProtocol: protocol }),
      });
    },
  );

  it("says when there is no IDLE", async () => {
    await using server = await startMailServer({ idle: false });
    const { code, ids } = await checkJson(server.config(), {});
    expect({ code, ids }).toEqual({ code: 0, ids: ["tls-disabled", "imap-no-idle"] });
  });

  it("says when the SMTP server knows nobody, and takes less than the bot may send", async () => {
    await using server = await startMailServer();
    await using relay = await startSmtpSink({ security: "none", auth: false, server: { size: 100_000 } });
    const { code, findings } = await checkJson(server.config(), { smtpPort: relay.port });
    expect(code).toBe(0);
    expect(findings.filter(({ id }) => id.startsWith("smtp-"))).toMatchObject([
      { id: "smtp-no-login", severity: "warning", path: "smtpHost" },
      { id: "smtp-size-below-max-reply", severity: "info", path: "maxReplyBytes" },
    ]);
  });

  it("gives the warnings of the start, with what to do", async () => {
    await using server = await startMailServer();
    const { findings } = await checkJson(server.config(), { allowFrom: [] });
    expect(findings[1]).toEqual({
      id: "allow-from-empty",
      severity: "warning",
      account: "default",
      message: "email: allowFrom is empty — anyone can talk to this bot",
      path: "allowFrom",
      fix: "list the addresses and domains that may talk to the bot",
    });
  });

  it("looks at disabled accounts with --all only", async () => {
    await using server = await startMailServer();
    const one = { ...server.config(), allowFrom: ["@example.org"] };
    const accounts = [one, { ...one, id: "off", enabled: false }, { id: "draft" }];
    const few = await checkFile({ accounts });
    expect(few.report.accounts.map(({ id }: { id: string }) => id)).toEqual(["default"]);
    const all = await checkFile({ accounts }, "--all");
    expect(all.report.accounts.map(({ id }: { id: string }) => id)).toEqual(["default", "off"]);
    expect(all.code).toBe(0);
    expect(all.ids).toContain("account-incomplete");
  });
});

describe("mailport check on what does not work", () => {
  it("exits 77 for a wrong password and says what to do", async () => {
    await using server = await startMailServer();
    const { code, findings, out } = await checkJson(server.config(), { password: "hunter2-wrong" });
    expect(code).toBe(77);
    expect(errors(findings)).toEqual(["imap-login-refused", "smtp-login-refused"]);
    expect(findings.find(({ id }) => id === "imap-login-refused")?.fix).toContain("app password");
    expect(out).not.toContain("hunter2");
  });

  it("exits 69 for a port where nobody listens", async () => {
    await using server = await startMailServer();
    const [port = 0] = await freePorts(1);
    const { code, findings } = await checkJson(server.config(), { imapPort: port });
    expect(code).toBe(69);
    expect(errors(findings)).toEqual(["imap-connect"]);
    expect(findings.find(({ id }) => id === "imap-connect")).toMatchObject({
      message: `no connection to 127.0.0.1 port ${port} (ECONNREFUSED)`,
      path: "imapPort",
    });
  });

  it("exits 69 for a name that nobody knows", async () => {
    await using server = await startMailServer();
    const { code, findings } = await checkJson(server.config(), { smtpHost: "smtp.invalid" });
    expect({ code, ids: errors(findings) }).toEqual({ code: 69, ids: ["smtp-dns"] });
  }, 40_000);

  it("exits 69 for a certificate that nobody vouches for, before any password is sent", async () => {
    await using server = await startMailServer({ tls: "direct" });
    const { code, findings } = await checkJson(server.config(), { tlsVerify: true });
    expect({ code, ids: errors(findings) }).toEqual({ code: 69, ids: ["imap-certificate", "smtp-certificate"] });
    expect(findings.find(({ id }) => id === "imap-certificate")?.message).toContain("DEPTH_ZERO_SELF_SIGNED_CERT");
  });

  it("exits 69 for a certificate over STARTTLS too", async () => {
    await using server = await startMailServer({ tls: "starttls" });
    const { code, findings } = await checkJson(server.config(), { tlsVerify: true });
    expect({ code, ids: errors(findings) }).toEqual({ code: 69, ids: ["imap-tls", "smtp-tls"] });
  });

  it("knows direct TLS on a STARTTLS port", async () => {
    await using server = await startMailServer({ tls: "starttls" });
    const { code, findings } = await checkJson(server.config(), { imapStarttls: false, smtpStarttls: false });
    expect({ code, ids: errors(findings) }).toEqual({ code: 69, ids: ["imap-tls", "smtp-tls"] });
    expect(findings.find(({ id }) => id === "imap-tls")?.fix).toContain("set imapStarttls to true");
  });

  it("knows STARTTLS that the server does not offer", async () => {
    await using server = await startMailServer({ tls: "none" });
    const { code, findings } = await checkJson(server.config(), { tls: true, imapStarttls: true, smtpStarttls: true });
    expect({ code, ids: errors(findings) }).toEqual({ code: 69, ids: ["imap-tls", "smtp-tls"] });
  });

  it.each<[LiarName, SmtpFault, string[], number]>([
    ["auth_limit", { reply: "421 4.7.0 too many connections" }, ["imap-busy", "smtp-busy"], 75],
    ["greeting_bye", { drop: "fin" }, ["imap-connection", "smtp-connection"], 69],
  ])("tells servers that are busy from those that hang up: %s, %j", async (liar, fault, wanted, exitCode) => {
    await using imap = await startLiar(liar);
    await using smtp = await startSmtpSink({ security: "none" });
    smtp.fail("auth", fault);
    await using server = await startMailServer();
    const { code, findings } = await checkJson(server.config(), { imapPort: imap.port, smtpPort: smtp.port });
    expect({ code, ids: errors(findings) }).toEqual({ code: exitCode, ids: wanted });
  });

  it("warns of certificates that have expired even where they are not looked at", async () => {
    const { expired } = await sharedCertificates();
    await using server = await startMailServer({ tls: "direct" });
    const account = { user: server.config().username, password: server.config().password };
    const script = imapDialog(new ScriptedMailbox(), account);
    await using imap = await startScriptedImap({ tls: true, certificate: expired, script });
    await using smtp = await startSmtpSink({ security: "tls", certificate: expired, auth: account });
    for (const [id, change] of [
      ["imap-certificate-expires", { imapPort: imap.port }],
      ["smtp-certificate-expires", { smtpPort: smtp.port }],
    ] as const) {
      const { code, findings } = await checkJson(server.config(), change);
      expect(code).toBe(0);
      expect(findings).toContainEqual(
        expect.objectContaining({ id, severity: "warning", message: "the certificate of 127.0.0.1 has expired" }),
      );
    }
  });

  it("exits 78 for a folder that is not there", async () => {
    await using server = await startMailServer();
    const { code, findings } = await checkJson(server.config(), { folders: ["INBOX", "Nowhere"] });
    expect({ code, ids: errors(findings) }).toEqual({ code: 78, ids: ["imap-folder"] });
  });

  it("exits 78 for a password that cannot be had, and says so once", async () => {
    await using server = await startMailServer();
    const { code, findings } = await checkJson(server.config(), { password: { env: "NO_SUCH_VARIABLE" } });
    expect({ code, ids: errors(findings) }).toEqual({ code: 78, ids: ["password-unavailable"] });
    expect(findings.find(({ id }) => id === "password-unavailable")?.message).toContain("NO_SUCH_VARIABLE is not set");
  });

  it("exits 78 when no account is enabled", async () => {
    await using server = await startMailServer();
    const { code, findings } = await checkJson(server.config(), { enabled: false });
    expect({ code, ids: errors(findings) }).toEqual({ code: 78, ids: ["no-account-enabled"] });
  });

  it("marks errors for people", async () => {
    await using server = await startMailServer();
    const { code, out } = await check(server.config(), { imapPort: (await freePorts(1))[0] });
    expect(code).toBe(69);
    expect(out).toMatch(
      /✗ no connection to 127\.0\.0\.1 port \d+ \(ECONNREFUSED\)\n {6}imapPort: check imapHost and imapPort.*\[imap-connect\]/,
    );
    expect(out).toMatch(/1 error: mend what is marked with ✗\.\n$/);
  });
});

describe("mailport check on what lies on this machine", () => {
  it.each<[string, string[], (folder: TemporaryFolder) => Promise<object>]>([
    [
      "a bot's module that is not there",
      ["bot-module-missing"],
      async () => ({ bot: { kind: "module", path: "none.mjs" } }),
    ],
    [
      "a bot's module that is no JavaScript",
      ["bot-module-broken"],
      async (folder) => {
        await folder.write("bot.mjs", "export default (");
        return { bot: { kind: "module", path: "bot.mjs" } };
      },
    ],
    [
      "a program that is not there",
      ["bot-program-missing"],
      async () => ({ bot: { kind: "command", command: ["no-such-program-at-all"] } }),
    ],
    [
      "a program that may not be run",
      ["bot-program-missing"],
      async (folder) => {
        await folder.write("bot.sh", "#!/bin/sh");
        return { bot: { kind: "command", command: ["./bot.sh"] } };
      },
    ],
    [
      "a program whose script is not there",
      ["bot-script-missing"],
      async () => ({ bot: { kind: "command", command: ["node", "--no-warnings", "bot.mjs"] } }),
    ],
    [
      "a folder for the store that is not there",
      ["store-not-writable"],
      async () => ({ store: { kind: "sqlite", path: "none/mailport.db" } }),
    ],
  ])("exits 78 for %s", async (_, wanted, prepare) => {
    await using server = await startMailServer();
    await using folder = await temporaryFolder();
    const file = await prepare(folder);
    const { code, findings } = await checkIn(folder, { ...fileFor(server), ...file });
    expect({ code, ids: errors(findings) }).toEqual({ code: 78, ids: wanted });
  });

  it("has nothing to say of a bot that is there, and runs none", async () => {
    await using server = await startMailServer();
    await using folder = await temporaryFolder();
    await folder.write(
      "bot.mjs",
      'import { writeFileSync } from "node:fs"; writeFileSync("ran", ""); export default () => {};',
    );
    await folder.write("bot.sh", "#!/bin/sh\ntouch ran", 0o700);
    const bots = [
      { kind: "module", path: "bot.mjs" },
      { kind: "command", command: ["./bot.sh"] },
      { kind: "command", command: ["node", "bot.mjs"] },
    ];
    for (const bot of bots) {
      const { code, findings } = await checkIn(folder, { ...fileFor(server), bot });
      expect([code, errors(findings)]).toEqual([0, []]);
    }
    expect(existsSync(join(folder.path, "ran"))).toBe(false);
  });

  it.each<[string, string, number, (dir: string) => Promise<unknown>]>([
    ["attachments-dir-symlink", "error", 78, async (dir) => await symlink(tmpdir(), dir)],
    ["attachments-dir-not-a-folder", "error", 78, async (dir) => await writeFile(dir, "")],
    ["attachments-dir-readable-by-others", "warning", 0, async (dir) => await mkdir(dir, { mode: 0o755 })],
  ])("%s", async (id, severity, code, prepare) => {
    await using server = await startMailServer();
    await using folder = await temporaryFolder();
    await prepare(join(folder.path, "attachments"));
    const said = await checkIn(folder, fileFor(server, { attachments: { dir: "attachments" } }));
    expect(said.code).toBe(code);
    expect(said.findings).toContainEqual(
      expect.objectContaining({ id, severity, path: "attachments.dir", account: "default" }),
    );
  });

  it("exits 78 when the folder for attachments is not there and cannot be made", async () => {
    await using server = await startMailServer();
    await using folder = await temporaryFolder();
    await folder.write("file", "");
    const { code, findings } = await checkIn(folder, fileFor(server, { attachments: { dir: "file/attachments" } }));
    expect({ code, ids: errors(findings) }).toEqual({ code: 78, ids: ["attachments-dir-not-writable"] });
  });

  it("names a store that others may read, and a folder to attach from that is not there", async () => {
    await using server = await startMailServer();
    await using folder = await temporaryFolder();
    await folder.write("mailport.db", "", 0o644);
    const { code, ids } = await checkIn(folder, {
      ...fileFor(server, { attachFrom: ["none"] }),
      store: { kind: "sqlite" },
    });
    expect(code).toBe(0);
    expect(ids).toEqual(expect.arrayContaining(["store-readable-by-others", "attach-from-missing"]));
  });

  it("exits 78 when the folder for sent mail is not on the server", async () => {
    await using server = await startMailServer();
    const { code, findings, report } = await checkJson(server.config(), { saveSent: "Sent Mail" });
    expect({ code, ids: errors(findings) }).toEqual({ code: 78, ids: ["save-sent-missing"] });
    expect(report.accounts[0].imap.sentFolder).toBe(false);
  });
});

function fileFor(server: TestMailServer, change: object = {}): object {
  return { accounts: [{ ...server.config(), allowFrom: ["@example.org"], ...change }], bot: { kind: "echo" } };
}

async function checkIn(folder: TemporaryFolder, content: object) {
  return reported(await mailport("check", "--json", "--config", await folder.write("config.json", content)));
}

async function check(account: TestAccountConfig, change: Change, ...flags: string[]): ReturnType<typeof mailport> {
  return await checkContent({ accounts: [{ ...account, allowFrom: ["@example.org"], ...change }] }, ...flags);
}

async function checkContent(content: object, ...flags: string[]): ReturnType<typeof mailport> {
  await using folder = await temporaryFolder();
  return await mailport(
    "check",
    "--config",
    await folder.write("config.json", { bot: { kind: "echo" }, ...content }),
    ...flags,
  );
}

async function checkJson(account: TestAccountConfig, change: Change) {
  return reported(await check(account, change, "--json"));
}

async function checkFile(content: object, ...flags: string[]) {
  return reported(await checkContent(content, "--json", ...flags));
}

function reported({ code, out, err }: Awaited<ReturnType<typeof mailport>>) {
  expect(err).toBe("");
  const report = JSON.parse(out);
  expect(report.exitCode).toBe(code);
  const findings: Finding[] = report.findings;
  return { code, out, report, findings, ids: findings.map(({ id }) => id) };
}

function errors(findings: readonly Finding[]): string[] {
  return findings.filter(({ severity }) => severity === "error").map(({ id }) => id);
}
