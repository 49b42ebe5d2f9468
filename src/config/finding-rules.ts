import { isIP } from "node:net";
import type { AccountDraft } from "./account.ts";

/** Something in one account that an operator should know. */
export interface FindingRule {
  readonly id: string;
  readonly severity: "error" | "warning" | "info";
  readonly message: string | ((account: AccountDraft) => string);
  readonly path: string;
  readonly fix: string;
  readonly when: (account: AccountDraft) => boolean;
}

/** Connections, folders, secrets. */
export const ACCOUNT_RULES: readonly FindingRule[] = [
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
