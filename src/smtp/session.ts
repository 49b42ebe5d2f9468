import type { Readable } from "node:stream";
import type { Ehlo } from "./ehlo.ts";
import type { SmtpFailure } from "./reply-code.ts";
import type { PooledSession } from "./session-pool.ts";

/** A logged-in connection that carries one mail after the other. */
export interface SmtpSession extends PooledSession {
  readonly ehlo: Ehlo;
  readonly mailsSent: number;
  /**
   * Resolves once the server has taken the mail for at least one recipient. Of `body` nothing is sent before `beforeBody`
   * has resolved; where it rejects, nothing at all. @throws SmtpError
   */
  send(envelope: SmtpEnvelope, body: Readable, beforeBody: () => Promise<void>): Promise<SessionReceipt>;
  /** Forgets a refused mail, so that the next can follow. @throws SmtpError */
  reset(): Promise<void>;
}

export interface SmtpEnvelope {
  readonly from: string;
  readonly to: readonly string[];
  /** `<…@…>`: delivery reports are asked to name it. */
  readonly messageId: string;
}

export interface SessionReceipt {
  readonly response: string;
  readonly accepted: readonly string[];
  readonly refused: readonly RefusedRecipient[];
}

export interface RefusedRecipient {
  readonly address: string;
  readonly replyCode: number | undefined;
  readonly message: string;
}

/** A dialogue that did not end with 250. It is turned into an outcome before anybody outside of this stage sees it. */
export class SmtpError extends Error {
  readonly failure: SmtpFailure;
  /** Refused one by one, where the server said so. */
  readonly refused: readonly RefusedRecipient[];
  /** The body could not be read; the server is not to blame. */
  readonly bodyBroken: boolean;

  constructor(
    failure: SmtpFailure,
    { refused = [], bodyBroken = false }: { refused?: readonly RefusedRecipient[]; bodyBroken?: boolean } = {},
  ) {
    super(failure.message);
    this.name = "SmtpError";
    this.failure = failure;
    this.refused = refused;
    this.bodyBroken = bodyBroken;
  }
}
