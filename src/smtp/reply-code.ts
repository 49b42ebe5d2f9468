/** Where in the dialogue an attempt ended. `body`: before the final dot was written; `dot`: after it. */
export type SmtpPhase = "connect" | "login" | "envelope" | "body" | "dot";

export interface SmtpFailure {
  readonly phase: SmtpPhase;
  /** Undefined when the connection ended without an answer. */
  readonly replyCode: number | undefined;
  /** The server's answer, or what the system said. */
  readonly message: string;
  /** TLS was refused, or its certificate is not one we trust. */
  readonly insecure: boolean;
}

export interface Verdict {
  readonly kind: "retry" | "failed" | "unknown";
  readonly code: string;
  readonly scope: "mail" | "account";
  readonly hold: boolean;
}

/** Login refused: RFC 4954 section 6 says 530 at any command; the others come as answers to AUTH. */
const NEEDS_LOGIN = 530;

/** RFC 5321 section 4.2.1: the server closes; 432 and 454 are RFC 4954's "not now". */
const BUSY_REPLIES: ReadonlySet<number> = new Set([421, 432, 454]);

/** Exchange: no login with a password any more, whatever step it says so at. */
const PASSWORDS_ENDED = /^5\d\d[ -](?:5)?\.7\.30\b|^5\d\d[ -]5\.7\.30\b/;

/** Exchange Online gives this to a session it has lost track of; the same mail passes a moment later. */
const EXCHANGE_LOST_SESSION = /^550[ -]5\.5\.0\b/;

/** RFC 3463 section 3.5 X.4.5 is congestion and 3.4 X.3.2 "not now", whatever the first digit; 4.7.28 is Gmail's rate limit. */
const THROTTLED =
  /^[45]\d\d[ -](?:[45]\.4\.5|4\.3\.2|4\.7\.28)\b|^4\d\d.*\b(?:throttl|rate limit|too many|too fast|quota exceeded|concurrent connections)/i;

/** A command out of order: the dialogue has lost step, and a new one will not have. */
const OUT_OF_STEP = 503;

/** What an attempt that did not end in 250 means (RFC 5321 section 4.2.1 and 4.5.4). */
export function classify(failure: SmtpFailure): Verdict {
  const { phase, replyCode, message } = failure;
  // Never in the clear instead, and never dropped: it waits for a person.
  if (failure.insecure) return { kind: "retry", code: "INSECURE_CONNECTION", scope: "account", hold: true };
  if (replyCode === undefined) return withoutAnswer(phase);
  if (PASSWORDS_ENDED.test(message) || replyCode === NEEDS_LOGIN) return LOGIN_REFUSED;
  if (BUSY_REPLIES.has(replyCode) || THROTTLED.test(message)) return SERVER_BUSY;
  if (phase === "connect") return SERVER_BUSY;
  const permanent = replyCode >= 500;
  if (phase === "login") return permanent ? LOGIN_REFUSED : SERVER_BUSY;
  if (!permanent || replyCode === OUT_OF_STEP) return MAIL_DEFERRED;
  return phase === "envelope" && EXCHANGE_LOST_SESSION.test(message) ? MAIL_DEFERRED : MAIL_REFUSED;
}

const LOGIN_REFUSED: Verdict = { kind: "retry", code: "LOGIN_REFUSED", scope: "account", hold: true };
const SERVER_BUSY: Verdict = { kind: "retry", code: "SERVER_BUSY", scope: "account", hold: false };
const MAIL_DEFERRED: Verdict = { kind: "retry", code: "MAIL_DEFERRED", scope: "mail", hold: false };
const MAIL_REFUSED: Verdict = { kind: "failed", code: "MAIL_REFUSED", scope: "mail", hold: false };

function withoutAnswer(phase: SmtpPhase): Verdict {
  if (phase === "dot") return { kind: "unknown", code: "OUTCOME_UNKNOWN", scope: "mail", hold: false };
  // A mail that the server hangs up on must not stop the others; a server that cannot be reached stops them all.
  const scope = phase === "connect" || phase === "login" ? "account" : "mail";
  return { kind: "retry", code: "CONNECTION", scope, hold: false };
}

/** Code and first line, on one line of bounded length: a server chooses what it says, not what a log looks like. */
export function replyText(response: string): string {
  const line = response.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, " ").trim();
  return line.length > MAX_REPLY_CHARS ? `${line.slice(0, MAX_REPLY_CHARS)}…` : line;
}

const MAX_REPLY_CHARS = 300;
