import type { Finding } from "../config/findings.ts";
import type { AccountReport } from "./check-account.ts";

/** What `mailport check --json` prints. */
export interface CheckReport {
  readonly ok: boolean;
  readonly exitCode: number;
  readonly accounts: readonly AccountReport[];
  readonly findings: readonly Finding[];
}

/** The report as a person reads it. */
export function reportText({ accounts, findings, ok }: CheckReport): string {
  const sections = accounts.map((account) => [
    ...accountLines(account),
    ...findings.filter((each) => each.account === account.id).flatMap(findingLines),
  ]);
  const known = new Set(accounts.map(({ id }) => id));
  const general = findings.filter(({ account }) => !known.has(account)).flatMap(findingLines);
  const errors = findings.filter(({ severity }) => severity === "error").length;
  const verdict = ok
    ? "Everything works."
    : `${errors} ${errors === 1 ? "error" : "errors"}: mend what is marked with ✗.`;
  return [...sections.flat(), ...general, verdict].join("\n");
}

function accountLines({ id, enabled, imap, smtp }: AccountReport): string[] {
  return [
    `account ${id}${enabled ? "" : " (not enabled)"}`,
    ...(imap
      ? [
          `  ✓ IMAP ${imap.host} port ${imap.port}: logged in, ${imap.tls ? imap.tls.protocol : "no TLS"}, ${imap.idle ? "IDLE" : "no IDLE"}`,
        ]
      : []),
    ...(imap
      ? imap.folders.map(({ name, messages, unseen }) => `      folder ${name}: ${messages} mails, ${unseen} unseen`)
      : []),
    ...(imap ? [`      capabilities: ${imap.capabilities.join(" ")}`] : []),
    ...(smtp
      ? [
          `  ✓ SMTP ${smtp.host} port ${smtp.port}: ${smtp.login === "accepted" ? "logged in" : "no login offered"}, ${smtp.tlsProtocol ?? "no TLS"}, ${sizeText(smtp.sizeLimitBytes)}`,
        ]
      : []),
  ];
}

function sizeText(bytes: number | undefined): string {
  return bytes === undefined || bytes === 0
    ? "no size limit"
    : `at most ${(bytes / 1024 / 1024).toFixed(1)} MiB a mail`;
}

const MARK: Record<Finding["severity"], string> = { error: "✗", warning: "!", info: "i" };

function findingLines({ severity, message, path, fix, id }: Finding): string[] {
  return [`  ${MARK[severity]} ${message}`, `      ${path === undefined ? "" : `${path}: `}${fix} [${id}]`];
}
