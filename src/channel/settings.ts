import type { AccountConfig } from "../config/schema.ts";
import { resolveSecret } from "../config/secrets.ts";
import { DEFAULT_IMAP_TIMING, type ImapSettings, type ImapTiming } from "../mailbox/imap-client.ts";
import type { SmtpSettings } from "../smtp/smtp-transport.ts";

/** What an IMAP connection needs of an account. */
export function imapSettings(account: AccountConfig, timing: ImapTiming = DEFAULT_IMAP_TIMING): ImapSettings {
  return {
    host: account.imapHost,
    port: account.imapPort,
    security: !account.tls ? "none" : account.imapStarttls ? "starttls" : "tls",
    tlsVerify: account.tlsVerify,
    username: account.username,
    password: async () => await resolveSecret(account.password, { name: "password" }),
    proxy: account.proxy,
    pollIntervalMs: account.pollIntervalSeconds * 1_000,
    timing,
  };
}

/** What an SMTP connection needs of an account. */
export function smtpSettings(account: AccountConfig): SmtpSettings {
  return {
    host: account.smtpHost,
    port: account.smtpPort,
    security: !account.tls ? "none" : account.smtpStarttls ? "starttls" : "tls",
    tlsVerify: account.tlsVerify,
    username: account.username,
    password: async () => await resolveSecret(account.password, { name: "password" }),
    limits: { maxMailBytes: account.maxReplyBytes },
    ...(account.proxy === undefined ? {} : { proxy: account.proxy }),
  };
}
