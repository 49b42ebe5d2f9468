import {
  type ChannelError,
  ConnectionError,
  InsecureConnectionError,
  LoginRefusedError,
  MailboxError,
  ServerBusyError,
  errorText,
} from "../domain/errors.ts";
import { redact } from "../runtime/redact.ts";

/** The parts of a failed command that tell what kind of failure it is; all may be absent. */
interface ImapFailure {
  readonly code?: string;
  readonly authenticationFailed?: boolean;
  readonly serverResponseCode?: string;
  readonly responseText?: string;
  readonly reason?: string;
  readonly tlsFailed?: boolean;
  readonly mailboxMissing?: boolean;
  readonly throttleReset?: number;
}

/** RFC 5530: these say "not now", not "not you". */
const BUSY_CODES = new Set(["UNAVAILABLE", "INUSE", "LIMIT", "OVERQUOTA", "THROTTLED"]);

/** Exchange Online answers a correct login like this when too many connections are open. */
const BUSY_TEXT = /authenticated but not connected|too many|throttl|try again|temporar/i;

const CERTIFICATE_CODES =
  /^(CERT_|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT|UNABLE_TO_(VERIFY|GET)|ERR_TLS_CERT|ERR_SSL|HOSTNAME_MISMATCH|EPROTO)/;

/** Says in our words what went wrong with the server at `where`, and whether another try can help. */
export function imapError(error: unknown, where: string, secrets: readonly string[] = []): ChannelError {
  const failure = (typeof error === "object" && error !== null ? error : {}) as ImapFailure;
  const said = clean(redact(failure.responseText ?? failure.reason ?? errorText(error), secrets));
  // The library's own error has the server's words as they were: with a secret in them it goes no further.
  const cause = secrets.some((secret) => inspectable(error).includes(secret)) ? {} : { cause: error };
  if (failure.authenticationFailed === true) {
    const busy = isBusy(failure, said) || failure.serverResponseCode === "SERVERBUG" || BUSY_TEXT.test(said);
    return busy
      ? new ServerBusyError(`${where} does not let us log in now: ${said}`, cause)
      : new LoginRefusedError(
          `${where} refuses the login: ${said}. Check username and password; many providers want an app password.`,
          cause,
        );
  }
  if (failure.code === "ETHROTTLE" || isBusy(failure, said)) {
    return new ServerBusyError(`${where} asks us to come back later: ${said}`, {
      ...cause,
      retryAfterMs: backoffTime(failure, said),
    });
  }
  if (failure.code === "STARTTLS_INJECTION") {
    return new InsecureConnectionError(
      `${where} sent data between STARTTLS and the handshake: somebody may be tampering with the connection. No password was sent.`,
      cause,
    );
  }
  if (failure.mailboxMissing === true) return new MailboxError(`${where}: the folder does not exist (${said})`, cause);
  if (CERTIFICATE_CODES.test(failure.code ?? "")) {
    return new InsecureConnectionError(
      `${where}: TLS failed: ${said} (${failure.code}). Check host and port; tlsVerify: false is for self-signed test certificates only.`,
      cause,
    );
  }
  if (failure.tlsFailed === true || /STARTTLS|LOGINDISABLED|PREAUTH/i.test(said)) {
    return new InsecureConnectionError(
      `${where} does not give the TLS that is configured: ${said}. No password was sent.`,
      cause,
    );
  }
  return new ConnectionError(`${where}: ${said}${failure.code ? ` (${failure.code})` : ""}`, cause);
}

function inspectable(error: unknown): string {
  return error instanceof Error ? `${error.message} ${error.stack ?? ""} ${JSON.stringify(error)}` : String(error);
}

function isBusy({ serverResponseCode }: ImapFailure, said: string): boolean {
  return BUSY_CODES.has(serverResponseCode ?? "") || BACKOFF_TIME.test(said);
}

/** Exchange Online: "Suggested Backoff Time: 92415 milliseconds". */
const BACKOFF_TIME = /Backoff Time[:=\s]+(\d{1,9})/i;

function backoffTime({ throttleReset }: ImapFailure, said: string): number | undefined {
  const told = throttleReset ?? Number(BACKOFF_TIME.exec(said)?.[1] ?? Number.NaN);
  return Number.isFinite(told) ? told : undefined;
}

/** A server's words may go to a log: one line, no control characters, not endless. */
function clean(text: string): string {
  return text
    .replace(/[\u0000-\u001f\u007f-\u009f]+/g, " ")
    .trim()
    .slice(0, MAX_SAID_CHARS)
    .replace(/\.+$/, "");
}

const MAX_SAID_CHARS = 300;
