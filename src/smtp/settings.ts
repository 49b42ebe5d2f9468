export interface SmtpSettings {
  readonly host: string;
  readonly port: number;
  /** `starttls` is required, never merely tried; `none` sends password and mail in the clear. */
  readonly security: "tls" | "starttls" | "none";
  readonly tlsVerify: boolean;
  /** PEM of authorities to trust instead of the system's. */
  readonly ca?: string | undefined;
  readonly username: string;
  /** As a function it is asked at every connection, so that a rotated secret is picked up. */
  readonly password: string | (() => Promise<string>);
  /** `socks5://host:port` or `http://host:port`. */
  readonly proxy?: string | undefined;
  /** What EHLO says; undefined: this machine's name. */
  readonly name?: string | undefined;
  readonly timeouts?: Partial<SmtpTimeouts> | undefined;
  readonly limits?: Partial<SmtpLimits> | undefined;
}

/** The same with every default in its place. */
export interface CompleteSmtpSettings extends SmtpSettings {
  readonly timeouts: SmtpTimeouts;
  readonly limits: SmtpLimits;
}

export interface SmtpTimeouts {
  readonly connectMs: number;
  readonly greetingMs: number;
  /** No byte for this long while an answer is awaited. */
  readonly silenceMs: number;
  /** For the server to close its side after QUIT. */
  readonly goodbyeMs: number;
}

export interface SmtpLimits {
  readonly maxConnections: number;
  readonly idleMs: number;
  /** On the wire, with attachments in base64. */
  readonly maxMailBytes: number;
  /** For one attempt as a whole. */
  readonly attemptLimitMs: number;
}

/** RFC 5321 section 4.5.3.2: up to 5 minutes for a greeting, 10 for the answer to the final dot. */
export const DEFAULT_SMTP_TIMEOUTS: SmtpTimeouts = {
  connectMs: 30_000,
  greetingMs: 60_000,
  silenceMs: 600_000,
  goodbyeMs: 2_000,
};

export const DEFAULT_SMTP_LIMITS: SmtpLimits = {
  // What the bare library opens. Where a server takes fewer (Exchange Online: three), it says so and the outbox slows down.
  maxConnections: 5,
  idleMs: 30_000,
  // What Gmail and most others take.
  maxMailBytes: 25 * 1024 * 1024,
  attemptLimitMs: 30 * 60_000,
};

export function completeSettings(settings: SmtpSettings): CompleteSmtpSettings {
  const timeouts = { ...DEFAULT_SMTP_TIMEOUTS, ...settings.timeouts };
  return { ...settings, timeouts, limits: { ...DEFAULT_SMTP_LIMITS, ...settings.limits } };
}

export async function passwordOf({ password }: Pick<SmtpSettings, "password">): Promise<string> {
  return typeof password === "string" ? password : await password();
}

/** `smtp.example.org:587`, as every sentence about this server names it. */
export function smtpWhere({ host, port }: Pick<SmtpSettings, "host" | "port">): string {
  return `SMTP server ${host}:${port}`;
}
