import type { Proof } from "./intake-options.ts";

/** What is told of each mail as it is dealt with. */
export interface Pending {
  finish(uid: number): void;
  postpone(uid: number, untilMs: number): void;
}

/** A mail that may come in, as far as it has been fetched. */
export interface Candidate {
  readonly uid: number;
  readonly uidValidity: string;
  readonly bytes: number;
  readonly receivedAt: Date;
  /** All of it; undefined when it is still on the server. */
  readonly source: Buffer | undefined;
  /** The whole header, as it was judged. */
  readonly header: Buffer | undefined;
  /** Who sent it, once its header has been judged. */
  readonly address: string | undefined;
  /** What let it in, by its header. */
  readonly admission: unknown;
  /** Whether that is so, once it has been told for good. */
  readonly proof: Proof | undefined;
  /** Refused, but to be read as a report. */
  readonly asReport: boolean;
}

/** Says what has become of a mail: at once, or when it has been stored. */
export type Settle = (pending: Pending) => Promise<void> | undefined;

export function now(settle: (pending: Pending) => void): Settle {
  return (pending) => {
    settle(pending);
    return undefined;
  };
}
