import { isIP } from "node:net";
import type { AccountConfig, AccountDraft } from "./account.ts";
import type { LoadedConfig } from "./load.ts";
import { startupWarnings, TLS_DISABLED, TLS_NOT_VERIFIED } from "./warnings.ts";

export type Severity = "error" | "warning" | "info";

/** Something an operator should know, and how to mend it. */
export interface Finding {
  /** Stable name. The wording may change; this may not. */
  readonly id: string;
  readonly severity: Severity;
  /** Empty when it is about the whole file. */
  readonly account: string;
  readonly message: string;
  /** Where in the configuration. */
  readonly path?: string;
  readonly fix: string;
}

interface Rule extends Omit<Finding, "account" | "message"> {
  readonly message: string | ((account: AccountDraft) => string);
  readonly path: string;
  readonly when: (account: AccountDraft) => boolean;
}

/** What is lawful in one account and still probably not meant. */
export function accountFindings(account: AccountDraft): Finding[] {
  const warned = startupWarnings(account).map((message) => ({
    ...(WARNING_NOTES[message] ?? ANYONE_NOTE),
    severity: "warning" as const,
    message,
  }));
  const found = RULES.filter(({ when }) => when(account)).map(({ id, severity, path, fix, message }) => {
    return { id, severity, path, fix, message: typeof message === "string" ? message : message(account) };
  });
  return [...warned, ...found].map((finding) => ({ ...finding, account: account.id }));
}

/** What is lawful in the file as a whole and still probably not meant. */
export function fileFindings({ path, config, accounts, readableByOthers }: LoadedConfig): Finding[] {
  const literal = config.accounts.find(({ password }) => typeof password === "string");
  return [
    ...(accounts.length === 0 ? [NO_ACCOUNT_ENABLED] : []),
    ...(literal && readableByOthers
      ? [
          {
            id: "config-readable-by-others",
            severity: "warning" as const,
            account: "",
            message: `${path} holds a password and others on this machine may read it`,
            path: "accounts",
            fix: `chmod 600 ${path}, or name the password with {"env"}, {"file"} or {"command"}`,
          },
        ]
      : []),
    ...sharedMailboxes(accounts),
  ];
}

const NO_ACCOUNT_ENABLED: Finding = {
  id: "no-account-enabled",
  severity: "error",
  account: "",
  message: "no account is enabled",
  path: "accounts",
  fix: 'set "enabled": true in an account',
};

const ANYONE_NOTE = {
  id: "allow-from-empty",
  path: "allowFrom",
  fix: "list the addresses and domains that may talk to the bot",
};
const WARNING_NOTES: Readonly<Record<string, Pick<Finding, "id" | "path" | "fix">>> = {
  [TLS_DISABLED]: { id: "tls-disabled", path: "tls", fix: "remove it; false is only for a local test server" },
  [TLS_NOT_VERIFIED]: {
    id: "tls-not-verified",
    path: "tlsVerify",
    fix: "remove it; false is only for a self-signed test certificate",
  },
};

const RULES: readonly Rule[] = [
  {
    id: "imap-port-starttls",
    severity: "warning",
    path: "imapPort",
    when: ({ tls, imapPort, imapStarttls }) => tls && imapPort === 993 && imapStarttls,
    message: "port 993 is for direct TLS, and imapStarttls is true",
    fix: "set imapStarttls to false, or imapPort to 143",
  },
  {
    id: "imap-port-direct-tls",
    severity: "warning",
    path: "imapPort",
    when: ({ tls, imapPort, imapStarttls }) => tls && imapPort === 143 && !imapStarttls,
    message: "port 143 is for STARTTLS, and imapStarttls is false",
    fix: "set imapStarttls to true, or imapPort to 993",
  },
  {
    id: "smtp-port-starttls",
    severity: "warning",
    path: "smtpPort",
    when: ({ tls, smtpPort, smtpStarttls }) => tls && smtpPort === 465 && smtpStarttls,
    message: "port 465 is for direct TLS, and smtpStarttls is true",
    fix: "set smtpStarttls to false, or smtpPort to 587",
  },
  {
    id: "smtp-port-direct-tls",
    severity: "warning",
    path: "smtpPort",
    when: ({ tls, smtpPort, smtpStarttls }) => tls && smtpPort === 587 && !smtpStarttls,
    message: "port 587 is for STARTTLS, and smtpStarttls is false",
    fix: "set smtpStarttls to true, or smtpPort to 465",
  },
  {
    id: "smtp-port-25",
    severity: "warning",
    path: "smtpPort",
    when: ({ smtpPort }) => smtpPort === 25,
    message: "port 25 is between mail servers; most networks block it",
    fix: "use 587 with smtpStarttls, or 465 without",
  },
  {
    id: "tls-disabled-remote",
    severity: "warning",
    path: "tls",
    when: ({ tls, imapHost, smtpHost }) =>
      !tls && [imapHost, smtpHost].some((host) => host !== undefined && !isLocal(host)),
    message: "tls is false and a server is not on this machine: password and mail cross the network readable",
    fix: "set tls to true",
  },
  {
    id: "backlog-limit-zero",
    severity: "info",
    path: "backlogLimit",
    when: ({ startFrom, backlogLimit }) => backlogLimit === 0 && startFrom !== "now",
    message: ({ startFrom }) =>
      `backlogLimit is 0: what waits at the very first start is not answered, although startFrom is "${startFrom}"`,
    fix: 'set startFrom to "now" to say so, or raise backlogLimit',
  },
  {
    id: "attachments-total-below-one",
    severity: "warning",
    path: "attachments.maxTotalBytes",
    when: ({ attachments }) => attachments.maxTotalBytes < attachments.maxBytes,
    message: "all attachments together may be smaller than one alone (maxBytes)",
    fix: "raise maxTotalBytes",
  },
  {
    id: "save-sent-watched",
    severity: "warning",
    path: "saveSent",
    when: ({ saveSent, folders }) => saveSent !== false && folders.includes(saveSent),
    message: "the folder for sent mail is watched too",
    fix: "take it out of folders",
  },
  {
    id: "allowed-and-denied",
    severity: "warning",
    path: "denyFrom",
    when: ({ allowFrom, denyFrom }) =>
      denyFrom.some((denied) => allowFrom.some((entry) => entry.toLowerCase() === denied.toLowerCase())),
    message: "an entry is in allowFrom and in denyFrom; denyFrom wins",
    fix: "take it out of one of the two",
  },
  {
    id: "dry-run",
    severity: "info",
    path: "dryRun",
    when: ({ dryRun }) => dryRun,
    message: "dryRun is on: nothing is flagged and nothing is sent",
    fix: "set it to false when the trial is over",
  },
  {
    id: "password-looks-like-a-variable",
    severity: "warning",
    path: "password",
    when: ({ password }) => typeof password === "string" && /^\$\{?[A-Z_][A-Z0-9_]*\}?$/.test(password),
    message: "the password looks like the name of a variable; it is used as it stands",
    fix: 'write {"env": "NAME"}',
  },
];

/** RFC 6761 section 6.3: localhost and what ends in it never leaves the machine. */
function isLocal(host: string): boolean {
  return /(?:^|\.)localhost\.?$/i.test(host) || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

function sharedMailboxes(accounts: readonly AccountConfig[]): Finding[] {
  return accounts.flatMap((account, index) => {
    const other = accounts
      .slice(0, index)
      .find(
        (each) => mailbox(each) === mailbox(account) && each.folders.some((name) => account.folders.includes(name)),
      );
    if (!other) return [];
    return [
      {
        id: "mailbox-shared",
        severity: "warning" as const,
        account: account.id,
        path: "username",
        message: `reads the same folder of the same mailbox as the account ${other.id}; each mail is answered twice`,
        fix: "disable one of the two",
      },
    ];
  });
}

function mailbox({ imapHost, imapPort, username }: AccountConfig): string {
  return `${username}@${imapHost.toLowerCase()}:${imapPort}`;
}
