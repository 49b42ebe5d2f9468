import { describe, expect, it } from "vitest";
import { type AccountConfigInput, parseAccount } from "../../src/config/schema.ts";
import { startupWarnings } from "../../src/config/warnings.ts";
import { ConfigError } from "../../src/domain/errors.ts";

const least: AccountConfigInput = {
  imapHost: "imap.example.org",
  smtpHost: "smtp.example.org",
  username: "bot@example.org",
  password: "secret",
  fromAddress: "bot@example.org",
};

describe("an account", () => {
  it("needs five keys and has the contract's defaults for the rest", () => {
    expect(parseAccount(least)).toEqual({
      ...least,
      id: "default",
      enabled: false,
      imapPort: 993,
      smtpPort: 587,
      aliases: [],
      allowFrom: [],
      denyFrom: [],
      pollIntervalSeconds: 60,
      tls: true,
      tlsVerify: true,
      imapStarttls: false,
      smtpStarttls: true,
      folders: ["INBOX"],
      startFrom: "unseen",
      backlogLimit: 500,
      sessionBy: "sender",
      ack: "next",
      quotedText: "strip",
      senderVerification: "auto",
      trustedAuthservIds: [],
      automaticMail: "ignore",
      answerSuppressed: [],
      requireAddressed: false,
      attachments: {
        dir: "attachments",
        maxBytes: 26_214_400,
        maxTotalBytes: 52_428_800,
        maxCount: 50,
        allowTypes: ["*/*"],
      },
      maxMessageBytes: 52_428_800,
      maxReplyBytes: 26_214_400,
      limits: { repliesPerSenderPerHour: 30, repliesPerThreadPerHour: 20, repliesPerHour: 300 },
      maxDeliveries: 5,
      giveUpAfterHours: 24,
      onUnknown: "retry",
      locale: "en",
      template: {},
      quoteOriginal: false,
      textPart: "text",
      texts: {
        noText: "[No text content]",
        attachment: "[Attachment: {filename} ({type}, {size})] → {path}",
      },
      saveSent: false,
      dryRun: false,
    });
  });

  it("is a mistake when it is no object", () => {
    expect(problems(undefined)).toEqual(["(whole): is missing; expected an object"]);
    expect(problems([])).toEqual(["(whole): expected an object, found an empty list"]);
  });

  it("names every mistake at once: missing, wrong type, out of range, unknown, contradictory", () => {
    const { username: _, ...rest } = least;
    const wrong = {
      ...rest,
      imapPort: "993",
      smtpPort: 0,
      alowFrom: [],
      startFrom: "never",
      tls: false,
      imapStarttls: true,
    };
    expect(problems(wrong)).toEqual([
      "username: is missing; expected the user name for both servers",
      'imapPort: expected a whole number from 1 to 65535, found "993"',
      "smtpPort: expected a whole number from 1 to 65535, found 0",
      'startFrom: expected "unseen", "now" or "all", found "never"',
      'alowFrom: unknown key; did you mean "allowFrom"?',
      "imapStarttls: cannot be true while tls is false; take one of the two out",
    ]);
  });

  it.each([
    ["pasword", "password"],
    ["imaphost", "imapHost"],
    ["fromAdress", "fromAddress"],
    ["backlogLimt", "backlogLimit"],
    ["tlsVreify", "tlsVerify"],
  ])("asks whether %s was meant to be %s", (typo, meant) => {
    expect(problems({ ...least, [typo]: 1 })).toEqual([`${typo}: unknown key; did you mean "${meant}"?`]);
  });

  it("suggests nothing for a key that is like no other", () => {
    expect(problems({ ...least, frobnicate: 1 })).toEqual([
      "frobnicate: unknown key; `mailport schema` lists the known ones",
    ]);
  });

  it("finds mistakes in the sections too", () => {
    expect(problems({ ...least, attachments: { maxbytes: 1 }, limits: { repliesPerHour: 0 } })).toEqual([
      'attachments.maxbytes: unknown key; did you mean "maxBytes"?',
      "limits.repliesPerHour: expected a whole number from 1 to 1000000, found 0",
    ]);
  });

  it.each([
    "imaps://imap.example.org",
    "imap.example.org:993",
    "imap.example.org/",
    "user@imap.example.org",
    "bad.de:993",
    "",
    " imap.example.org",
  ])("refuses %j as a host", (imapHost) => {
    expect(problems({ ...least, imapHost })).toEqual([expect.stringMatching(/^imapHost: expected a host name alone/)]);
  });

  it.each(["localhost", "127.0.0.1", "::1", "mail_1.example.org", "mail.example.org.", "bücher.example"])(
    "takes %s as a host",
    (imapHost) => {
      expect(parseAccount({ ...least, imapHost }).imapHost).toBe(imapHost);
    },
  );

  it.each([
    "Bot <bot@example.org>",
    "bot",
    "bot@",
    "@example.org",
    "bot@example.org\r\nBcc: x@y.z",
    "a@b@c.org",
    "bot @example.org",
  ])("refuses %j as fromAddress", (fromAddress) => {
    expect(problems({ ...least, fromAddress })).toEqual([
      expect.stringMatching(/^fromAddress: expected one bare address/),
    ]);
  });

  it.each(["bot@localhost", "bot+tag@example.org", "bot@bücher.example"])("takes %s as fromAddress", (fromAddress) => {
    expect(parseAccount({ ...least, fromAddress }).fromAddress).toBe(fromAddress);
  });

  it("takes the three forms of allowFrom and denyFrom, and nothing else", () => {
    const entries = ["a@b.org", "@b.org", "*@*.b.org"];
    expect(parseAccount({ ...least, allowFrom: entries, denyFrom: entries }).allowFrom).toEqual(entries);
    const wrong = ["*", "b.org", "*@*", "Ann <a@b.org>", ""];
    expect(problems({ ...least, allowFrom: wrong })).toEqual(
      wrong.map((_, index) => expect.stringContaining(`allowFrom[${index}]: expected one of the three forms`)),
    );
  });

  it("refuses a header in a name", () => {
    expect(problems({ ...least, fromName: "Bot\r\nBcc: x@y.z" })).toEqual([
      'fromName: expected a name, found "Bot Bcc: x@y.z"',
    ]);
  });

  it("refuses the same folder twice, INBOX in any case", () => {
    expect(problems({ ...least, folders: ["INBOX", "Work", "Inbox"] })).toEqual(['folders[2]: "INBOX" is there twice']);
    expect(problems({ ...least, folders: [] })).toEqual(["folders: expected at least one folder, found an empty list"]);
  });

  it.each<[string, unknown, string]>([
    [
      "oauth2",
      { provider: "google" },
      "oauth2: not available in this version (0.1): use password, with most providers an app password",
    ],
  ])("refuses %s rather than ignore it (P12: no token can expire where none is used)", (key, value, problem) => {
    expect(problems({ ...least, [key]: value })).toEqual([problem]);
  });
});

describe("a password in the configuration", () => {
  it.each<AccountConfigInput["password"]>([
    "literal",
    { env: "MAIL_PASSWORD" },
    { file: "secret.txt" },
    { command: ["pass", "show", "mail"] },
    { command: "pass show mail" },
  ])("may be %j", (password) => {
    expect(parseAccount({ ...least, password }).password).toEqual(password);
  });

  it.each([
    { enviroment: "hunter2-hunter2" },
    20_252_025,
    "",
    { env: "hunter2-hunter2", file: "hunter2-hunter2" },
    ["hunter2-hunter2"],
    { command: [] },
    null,
  ])("is never repeated when it is wrong: %j (P13)", (password) => {
    const [problem = "", ...others] = problems({ ...least, password });
    expect(others).toEqual([]);
    expect(problem).toMatch(/^password/);
    expect(problem).not.toMatch(/hunter2|20252025/);
  });

  it("is not repeated as part of a proxy either (P13)", () => {
    expect(problems({ ...least, proxy: "ftp://user:hunter2@proxy" }).join()).not.toContain("hunter2");
  });
});

describe("warnings at the start", () => {
  it("are none for an account with TLS and an allow-list", () => {
    expect(startupWarnings(parseAccount({ ...least, allowFrom: ["@example.org"] }))).toEqual([]);
  });

  it("have the contract's words", () => {
    expect(startupWarnings(parseAccount({ ...least, tls: false, tlsVerify: false }))).toEqual([
      "email: TLS disabled — connections are unencrypted (insecure)",
      "email: TLS certificate verification disabled — insecure",
      "email: allowFrom is empty — anyone can talk to this bot",
    ]);
  });
});

function problems(input: unknown): readonly string[] {
  try {
    parseAccount(input);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}
