import { imapSettings, smtpSettings } from "../channel/settings.ts";
import { accountFindings, type Finding } from "../config/findings.ts";
import type { AccountConfig } from "../config/schema.ts";
import { type ImapProbe, probeImap } from "../mailbox/imap-probe.ts";
import { silentLogger } from "../runtime/logger.ts";
import type { SmtpProbe } from "../smtp/mail.ts";
import { createSmtpTransport } from "../smtp/smtp-transport.ts";
import {
  certificateProblems,
  noIdle,
  noSentFolder,
  type Problem,
  problemOf,
  type Protocol,
  smtpNotes,
} from "./check-problems.ts";
import { type Place, reach } from "./reach.ts";

export interface AccountReport {
  readonly id: string;
  readonly enabled: boolean;
  /** What the servers said; null when they could not be asked. */
  readonly imap: ({ host: string; port: number } & ImapProbe) | null;
  readonly smtp: ({ host: string; port: number } & SmtpProbe) | null;
}

export interface CheckedAccount {
  readonly report: AccountReport;
  readonly findings: readonly Finding[];
  /** Of every error found. */
  readonly codes: readonly number[];
}

interface Asked<T> {
  readonly probe: T | null;
  readonly problems: readonly Problem[];
}

/** Looks at one account: what is written, whether both servers can be reached and trusted, and whether they let us in. */
export async function checkAccount(account: AccountConfig, signal: AbortSignal): Promise<CheckedAccount> {
  const [imap, smtp] = await Promise.all([askImap(account, signal), askSmtp(account)]);
  const problems = withoutRepeats([...imap.problems, ...smtp.problems]);
  const { id, enabled } = account;
  return {
    report: {
      id,
      enabled,
      imap: imap.probe && { host: account.imapHost, port: account.imapPort, ...imap.probe },
      smtp: smtp.probe && { host: account.smtpHost, port: account.smtpPort, ...smtp.probe },
    },
    findings: [...accountFindings(account), ...problems.map(({ finding }) => ({ ...finding, account: id }))],
    codes: problems.map(({ exitCode }) => exitCode),
  };
}

async function askImap(account: AccountConfig, signal: AbortSignal): Promise<Asked<ImapProbe>> {
  const place = { host: account.imapHost, port: account.imapPort, directTls: account.tls && !account.imapStarttls };
  const sent = account.saveSent === false ? undefined : account.saveSent;
  const folders = { watched: account.folders, sent };
  const login = async () => await probeImap(imapSettings(account), folders, silentLogger, signal);
  const { probe, problems } = await ask("imap", place, account, login);
  const notes = [
    ...(probe && !probe.idle ? [noIdle(account.pollIntervalSeconds)] : []),
    ...(probe?.sentFolder === false && sent !== undefined ? [noSentFolder(sent)] : []),
  ];
  return { probe, problems: [...problems, ...notes] };
}

async function askSmtp(account: AccountConfig): Promise<Asked<SmtpProbe>> {
  const place = { host: account.smtpHost, port: account.smtpPort, directTls: account.tls && !account.smtpStarttls };
  const { probe, problems } = await ask("smtp", place, account, async () => {
    await using transport = createSmtpTransport(smtpSettings(account), silentLogger);
    return await transport.verify();
  });
  return { probe, problems: [...problems, ...(probe ? smtpNotes(probe, account.maxReplyBytes) : [])] };
}

/** First the way to the server, then the login: an earlier failure explains the later one. */
async function ask<T>(
  protocol: Protocol,
  place: Place,
  account: AccountConfig,
  login: () => Promise<T>,
): Promise<Asked<T>> {
  try {
    // Through a proxy only the login itself shows whether the server can be reached.
    const { certificate } = account.proxy === undefined ? await reach(place) : { certificate: undefined };
    const problems =
      certificate === undefined ? [] : certificateProblems(protocol, place, certificate, account.tlsVerify);
    const trusted = problems.every(({ finding }) => finding.severity !== "error");
    return { probe: trusted ? await login() : null, problems };
  } catch (error) {
    return { probe: null, problems: [problemOf(protocol, error)] };
  }
}

/** Both servers tell the same story of a password that cannot be had. */
function withoutRepeats(problems: readonly Problem[]): Problem[] {
  return problems.filter(
    ({ finding }, index) => problems.findIndex((other) => other.finding.message === finding.message) === index,
  );
}
