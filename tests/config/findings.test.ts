import { homedir } from "node:os";
import { describe, expect, it } from "vitest";
import { accountFindings, fileFindings } from "../../src/config/findings.ts";
import type { LoadedConfig } from "../../src/config/load.ts";
import { parseGateway } from "../../src/config/load.ts";
import { type AccountConfigInput, parseAccount } from "../../src/config/schema.ts";

const sound: AccountConfigInput = {
  imapHost: "imap.example.org",
  smtpHost: "smtp.example.org",
  username: "bot@example.org",
  password: { env: "MAIL_PASSWORD" },
  fromAddress: "bot@example.org",
  allowFrom: ["@example.org"],
};

describe("what an account's configuration makes one wonder about", () => {
  it("is nothing when it is sound", () => {
    expect(ids({})).toEqual([]);
    expect(ids({ imapPort: 143, imapStarttls: true })).toEqual([]);
    expect(ids({ smtpPort: 465, smtpStarttls: false })).toEqual([]);
    expect(ids({ imapPort: 1143, smtpPort: 1587 })).toEqual([]);
    expect(ids({ allowFrom: ["ann@gmail.com", "*@*.b.org"], denyFrom: ["eve@b.org", "@x.b.org"] })).toEqual([]);
    expect(ids({ attachFrom: ["/srv/out", `${homedir()}/out`] })).toEqual([]);
  });

  it.each<[string, Partial<AccountConfigInput>]>([
    ["imap-port-starttls", { imapPort: 993, imapStarttls: true }],
    ["imap-port-direct-tls", { imapPort: 143 }],
    ["smtp-port-starttls", { smtpPort: 465 }],
    ["smtp-port-direct-tls", { smtpPort: 587, smtpStarttls: false }],
    ["smtp-port-25", { smtpPort: 25 }],
    ["tls-not-verified", { tlsVerify: false }],
    ["allow-from-empty", { allowFrom: [] }],
    ["backlog-limit-zero", { backlogLimit: 0, startFrom: "all" }],
    ["attachments-total-below-one", { attachments: { maxBytes: 10, maxTotalBytes: 5 } }],
    ["save-sent-watched", { saveSent: "Sent", folders: ["INBOX", "Sent"] }],
    ["allow-from-public-domain", { allowFrom: ["ann@b.org", "@GMAIL.com"] }],
    ["allow-from-public-domain", { allowFrom: ["*@*.web.de"] }],
    ["allow-from-too-wide", { allowFrom: ["*@*.org"] }],
    ["own-address-allowed", { allowFrom: ["ann@b.org", "BOT@example.org"] }],
    ["own-address-allowed", { allowFrom: ["help@b.org"], aliases: ["help@b.org"] }],
    ["deny-shadows-allow", { allowFrom: ["a@b.org", "@c.org"], denyFrom: ["@b.org"] }],
    ["deny-shadows-allow", { allowFrom: ["@x.b.org"], denyFrom: ["*@*.b.org"] }],
    ["deny-shadows-allow", { allowFrom: ["*@*.x.b.org"], denyFrom: ["*@*.b.org"] }],
    ["deny-shadows-allow", { allowFrom: ["a@bücher.example"], denyFrom: ["@xn--bcher-kva.example"] }],
    ["sender-verification-off", { senderVerification: "off" }],
    ["require-without-authserv-id", { senderVerification: "require" }],
    ["automatic-mail-delivered", { automaticMail: "deliver" }],
    ["limits-high", { limits: { repliesPerSenderPerHour: 201 } }],
    ["limits-high", { limits: { repliesPerHour: 5_001 } }],
    ["limits-sender-above-all", { limits: { repliesPerSenderPerHour: 20, repliesPerHour: 10 } }],
    ["attach-from-too-wide", { attachFrom: ["/srv/out", "/"] }],
    ["attach-from-too-wide", { attachFrom: [homedir()] }],
    ["allowed-and-denied", { allowFrom: ["a@b.org"], denyFrom: ["A@b.org"] }],
    ["dry-run", { dryRun: true }],
    ["password-looks-like-a-variable", { password: "$MAIL_PASSWORD" }],
  ])("%s", (id, change) => {
    expect(ids(change)).toEqual([id]);
  });

  it("is worse without TLS when a server is elsewhere", () => {
    expect(ids({ tls: false })).toEqual(["tls-disabled", "tls-disabled-remote"]);
    expect(ids({ tls: false, imapHost: "127.0.0.1", smtpHost: "localhost" })).toEqual(["tls-disabled"]);
  });

  it("comes with the account, the place and how to mend it", () => {
    expect(accountFindings(parseAccount({ ...sound, id: "support", smtpPort: 465 }))).toEqual([
      {
        id: "smtp-port-starttls",
        severity: "warning",
        account: "support",
        path: "smtpPort",
        message: "port 465 is for direct TLS, and smtpStarttls is true",
        fix: "set smtpStarttls to false, or smtpPort to 587",
      },
    ]);
  });

  it("never repeats a password (P13)", () => {
    expect(JSON.stringify(accountFindings(parseAccount({ ...sound, password: "$HUNTER2" })))).not.toContain("HUNTER2");
  });
});

describe("what the file as a whole makes one wonder about", () => {
  it("is a password in a file that others may read", () => {
    const literal = { ...sound, enabled: true, password: "hunter2" };
    expect(fileFindings(file([literal], true)).map(({ id }) => id)).toEqual(["config-readable-by-others"]);
    expect(fileFindings(file([literal], false))).toEqual([]);
    expect(fileFindings(file([{ ...sound, enabled: true }], true))).toEqual([]);
  });

  it("is that no account is enabled", () => {
    expect(fileFindings(file([sound], false))).toMatchObject([{ id: "no-account-enabled", severity: "error" }]);
  });

  it("is one folder read by two accounts", () => {
    const one = { ...sound, enabled: true };
    expect(fileFindings(file([one, { ...one, id: "b" }], false))).toMatchObject([
      { id: "mailbox-shared", account: "b" },
    ]);
    expect(fileFindings(file([one, { ...one, id: "b", folders: ["Work"] }], false))).toEqual([]);
  });
});

function ids(change: Partial<AccountConfigInput>): string[] {
  return accountFindings(parseAccount({ ...sound, ...change })).map(({ id }) => id);
}

function file(accounts: AccountConfigInput[], readableByOthers: boolean): LoadedConfig {
  const config = parseGateway({ accounts: accounts, bot: { kind: "echo" } });
  const enabled = accounts.filter((account) => account.enabled).map(parseAccount);
  return { path: "config.json", directory: "/", config, accounts: enabled, disabled: [], readableByOthers };
}
