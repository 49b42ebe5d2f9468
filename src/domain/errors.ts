/** Every failure this library names. */
export abstract class ChannelError extends Error {
  /** Stable name for logs, metrics and tests. The wording may change; this may not. */
  abstract readonly code: string;
  /** Whether the same attempt, unchanged, may succeed later. */
  abstract readonly retryable: boolean;

  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The configuration cannot be used; `problems` names every mistake with its path. */
export class ConfigError extends ChannelError {
  readonly code = "CONFIG";
  readonly retryable = false;
  readonly problems: readonly string[];

  constructor(problems: readonly string[], source = "configuration") {
    super(
      `${source}: ${problems.length} ${problems.length === 1 ? "mistake" : "mistakes"}\n  - ${problems.join("\n  - ")}`,
    );
    this.problems = problems;
  }
}

/** What the caller handed to `send()` cannot become a mail. */
export class InvalidMessageError extends ChannelError {
  readonly code = "INVALID_MESSAGE";
  readonly retryable = false;
}

/** The server cannot be reached, or the connection to it was lost. */
export class ConnectionError extends ChannelError {
  readonly code = "CONNECTION";
  readonly retryable = true;
}

/** The server refused our credentials; trying them again only locks the account. */
export class LoginRefusedError extends ChannelError {
  readonly code = "LOGIN_REFUSED";
  readonly retryable = false;
}

/** The server wants us to come back later (RFC 5530: UNAVAILABLE, INUSE, LIMIT; throttling). */
export class ServerBusyError extends ChannelError {
  readonly code = "SERVER_BUSY";
  readonly retryable = true;
  /** When the server says how long it wants to be left alone. */
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    { retryAfterMs, ...options }: { cause?: unknown; retryAfterMs?: number | undefined } = {},
  ) {
    super(message, options);
    this.retryAfterMs = retryAfterMs;
  }
}

/** TLS was asked for and the server, or somebody between, does not give it. No password has been sent. */
export class InsecureConnectionError extends ChannelError {
  readonly code = "INSECURE_CONNECTION";
  readonly retryable = true;
}

/** The folder does not exist, or cannot be used as a mailbox. */
export class MailboxError extends ChannelError {
  readonly code = "MAILBOX";
  readonly retryable = true;
}

/** The mail, or the part asked for, is no longer on the server. */
export class MailGoneError extends ChannelError {
  readonly code = "MAIL_GONE";
  readonly retryable = false;
}

/** A file could not be written or read: disk full, no permission. */
export class StorageError extends ChannelError {
  readonly code = "STORAGE";
  readonly retryable = true;
}

/** The DNS did not answer; what it would have said decides about a mail. */
export class DnsError extends ChannelError {
  readonly code = "DNS";
  readonly retryable = true;
}

/** The channel has been closed. */
export class ClosedError extends ChannelError {
  readonly code = "CLOSED";
  readonly retryable = false;
}

export function isRetryable(error: unknown): boolean {
  return error instanceof ChannelError && error.retryable;
}

/** One line for a log: an error's own words, never its stack. */
export function errorText(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.length > MAX_ERROR_CHARS ? `${text.slice(0, MAX_ERROR_CHARS)}…` : text;
}

/** A server chooses how long its refusal is; a log line is not the place for all of it. */
const MAX_ERROR_CHARS = 500;
