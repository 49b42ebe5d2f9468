import type { RejectedRecipient } from "../domain/message.ts";

/** What is sent. Compose makes this shape; here only what it must have is said. */
export interface SmtpMail {
  readonly messageId: string;
  readonly date: Date;
  readonly envelope: { readonly from: string; readonly to: readonly string[] };
  readonly headers: {
    readonly from: SmtpAddress;
    readonly to: readonly SmtpAddress[];
    readonly cc: readonly SmtpAddress[];
    readonly subject: string;
    readonly inReplyTo: string | undefined;
    readonly references: readonly string[];
    readonly autoSubmitted: string;
    /** Absent in a mail that was stored before there was one. */
    readonly loopTag?: string | undefined;
  };
  readonly text: string;
  readonly html: string;
  readonly attachments: readonly SmtpAttachment[];
}

export interface SmtpAddress {
  readonly address: string;
  readonly name: string | undefined;
}

export interface SmtpAttachment {
  readonly filename: string;
  readonly contentType: string | undefined;
  readonly contentId: string | undefined;
  readonly source: { readonly path: string; readonly within: readonly string[] } | { readonly content: Buffer };
}

/** How one attempt ended. */
export type SubmitOutcome = SubmitSent | SubmitNotSent;

export interface SubmitSent {
  readonly kind: "sent";
  /** The server's last line, for the log. */
  readonly response: string;
  readonly accepted: readonly string[];
  readonly rejected: readonly RejectedRecipient[];
}

export interface SubmitNotSent {
  /** `retry`: surely not delivered, may work later. `failed`: surely not delivered, never will be. `unknown`: may have been delivered. */
  readonly kind: "retry" | "failed" | "unknown";
  /** A stable name: CONNECTION, INSECURE_CONNECTION, LOGIN_REFUSED, SERVER_BUSY, MAIL_DEFERRED, MAIL_REFUSED, OUTCOME_UNKNOWN. */
  readonly code: string;
  readonly message: string;
  readonly rejected: readonly RejectedRecipient[];
  /** The server's own wish, where it said one, or the pace for an account that only a person can mend. */
  readonly retryAfterMs: number | undefined;
  /** `account`: the next mail would fare no better, so none is tried for a while. */
  readonly scope: "mail" | "account";
  /** True: only a person, or a new token, mends this. The mail is kept, and tried rarely. */
  readonly hold: boolean;
}

/** What `verify()` found, for people who set the account up. */
export interface SmtpProbe {
  readonly greeting: string;
  /** EHLO keywords as the server gave them, after TLS where there is TLS. */
  readonly capabilities: readonly string[];
  /** SIZE in bytes; undefined: no limit announced. */
  readonly sizeLimitBytes: number | undefined;
  /** Whether STARTTLS was offered before TLS. */
  readonly startTls: boolean;
  /** AUTH mechanisms. */
  readonly auth: readonly string[];
  /** "TLSv1.3", or undefined without TLS. */
  readonly tlsProtocol: string | undefined;
  /** `not-offered`: the server takes mail without any login. */
  readonly login: "accepted" | "not-offered";
}
