import type { Finding } from "../config/findings.ts";
import {
  ChannelError,
  ConfigError,
  InsecureConnectionError,
  LoginRefusedError,
  MailboxError,
  ServerBusyError,
} from "../domain/errors.ts";
import type { SmtpProbe } from "../smtp/mail.ts";
import { EXIT, exitCodeOf } from "./exit-code.ts";
import { type CertificateFacts, type Place, UnreachableError } from "./reach.ts";

export type Protocol = "imap" | "smtp";

/** A finding about a server, and the exit code it stands for; 0 when it is no error. */
export interface Problem {
  readonly finding: Omit<Finding, "account">;
  readonly exitCode: number;
}

/** Days left at which a certificate that renews itself should have done so. */
const CERTIFICATE_WARNING_DAYS = 14;

/** What failed on the way to a server or at its door. Anything that we have no name for is thrown on: it is a bug. */
export function problemOf(protocol: Protocol, error: unknown): Problem {
  if (error instanceof UnreachableError) {
    return failure(`${protocol}-${error.step}`, error.message, unreachable(protocol, error.step), EXIT.unreachable);
  }
  if (!(error instanceof ChannelError)) throw error;
  const exitCode = exitCodeOf(error);
  if (error instanceof ConfigError) {
    return failure(
      "password-unavailable",
      error.problems.join("; "),
      { path: "password", fix: "mend what the sentence names; the password is looked up at each login" },
      exitCode,
    );
  }
  return failure(`${protocol}-${suffixOf(error)}`, error.message, adviceFor(protocol, error), exitCode);
}

export function certificateProblems(
  protocol: Protocol,
  { host, port }: Place,
  { distrust, daysLeft }: CertificateFacts,
  verify: boolean,
): Problem[] {
  const path = `${protocol}Host`;
  if (distrust !== undefined && verify) {
    const message = `the certificate of ${host} port ${port} cannot be trusted (${distrust})`;
    return [
      failure(
        `${protocol}-certificate`,
        message,
        {
          path,
          fix: `use the name that the certificate is for, or have it renewed; tlsVerify: false is for test certificates only`,
        },
        EXIT.unreachable,
      ),
    ];
  }
  if (daysLeft > CERTIFICATE_WARNING_DAYS) return [];
  const message =
    daysLeft < 0 ? `the certificate of ${host} has expired` : `the certificate of ${host} expires in ${daysLeft} days`;
  return [note("warning", { id: `${protocol}-certificate-expires`, message, path, fix: "have it renewed" })];
}

export function noIdle(pollIntervalSeconds: number): Problem {
  return note("info", {
    id: "imap-no-idle",
    message: `the IMAP server has no IDLE; it is asked for mail every ${pollIntervalSeconds} seconds`,
    path: "pollIntervalSeconds",
    fix: "nothing, unless that is too slow: then lower pollIntervalSeconds",
  });
}

/** Mail is answered all the same; only its copy has no place. */
export function noSentFolder(name: string): Problem {
  return failure(
    "save-sent-missing",
    `the folder ${JSON.stringify(name)} for sent mail is not on the IMAP server; no copy can be filed`,
    { path: "saveSent", fix: "create the folder, or write its name as the server has it, with its parents" },
    EXIT.config,
  );
}

export function smtpNotes(
  { login, sizeLimitBytes }: Pick<SmtpProbe, "login" | "sizeLimitBytes">,
  maxReplyBytes: number,
): Problem[] {
  const noLogin = note("warning", {
    id: "smtp-no-login",
    message: "the SMTP server takes mail without a login",
    path: "smtpHost",
    fix: "use the provider's submission server (port 587 or 465), unless this is your own relay",
  });
  // RFC 1870 section 4: 0 means that no limit is announced.
  const tooSmall = sizeLimitBytes !== undefined && sizeLimitBytes > 0 && sizeLimitBytes < maxReplyBytes;
  const size = note("info", {
    id: "smtp-size-below-max-reply",
    message: `the SMTP server takes mails of at most ${sizeLimitBytes ?? 0} bytes, and maxReplyBytes is ${maxReplyBytes}`,
    path: "maxReplyBytes",
    fix: "lower maxReplyBytes, so that a mail that is too large is refused before it is sent",
  });
  return [...(login === "not-offered" ? [noLogin] : []), ...(tooSmall ? [size] : [])];
}

function note(severity: "warning" | "info", finding: Omit<Problem["finding"], "severity">): Problem {
  return { finding: { severity, ...finding }, exitCode: EXIT.ok };
}

interface Advice {
  readonly path: string;
  readonly fix: string;
}

function failure(id: string, message: string, { path, fix }: Advice, exitCode: number): Problem {
  return { finding: { id, severity: "error", message, path, fix }, exitCode };
}

function unreachable(protocol: Protocol, step: UnreachableError["step"]): Advice {
  if (step === "dns")
    return {
      path: `${protocol}Host`,
      fix: `check the spelling of ${protocol}Host, and that this machine can resolve names`,
    };
  if (step === "connect")
    return {
      path: `${protocol}Port`,
      fix: `check ${protocol}Host and ${protocol}Port, and that no firewall is between`,
    };
  const [direct, starttls] = protocol === "imap" ? [993, 143] : [465, 587];
  return {
    path: `${protocol}Port`,
    fix: `direct TLS is usually on port ${direct}; for STARTTLS (port ${starttls}) set ${protocol}Starttls to true`,
  };
}

function suffixOf(error: ChannelError): string {
  if (error instanceof LoginRefusedError) return "login-refused";
  if (error instanceof InsecureConnectionError) return "tls";
  if (error instanceof MailboxError) return "folder";
  return error instanceof ServerBusyError ? "busy" : "connection";
}

function adviceFor(protocol: Protocol, error: ChannelError): Advice {
  if (error instanceof LoginRefusedError)
    return {
      path: "username",
      fix: "check username and password; Gmail, Yahoo, iCloud, Fastmail and others want an app password",
    };
  if (error instanceof InsecureConnectionError)
    return {
      path: `${protocol}Starttls`,
      fix: `check ${protocol}Port and ${protocol}Starttls; if they are right, somebody may be tampering with the connection`,
    };
  if (error instanceof MailboxError)
    return { path: "folders", fix: "write the folder's name as the server has it, with its parents" };
  if (error instanceof ServerBusyError)
    return { path: `${protocol}Host`, fix: "try again later; close other clients of this mailbox" };
  return { path: `${protocol}Port`, fix: `check ${protocol}Host, ${protocol}Port and ${protocol}Starttls` };
}
