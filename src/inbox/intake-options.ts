import type { VerificationReason } from "../domain/message.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Logger } from "../runtime/logger.ts";
import type { Arrived, MailSource } from "./mail-source.ts";

export interface Refusal {
  readonly verdict: "refuse";
  readonly reason: string;
  readonly detail: string;
  /** The body may be a report about a mail of ours, and is to be read for that. */
  readonly mayReport?: boolean;
}

/** `admission`: what let it in, for those who judge it further; it means nothing here. */
export type Verdict = { readonly verdict: "accept"; readonly address: string; readonly admission: unknown } | Refusal;

/** What is there of a mail that `decide` has let in, to prove who wrote it. */
export interface Evidence {
  readonly header: Buffer;
  readonly address: string;
  readonly receivedAt: Date;
  readonly body: "later" | "never" | Buffer | (() => AsyncIterable<Buffer>);
}

export interface Proof {
  readonly verdict: "accept";
  readonly verification: "verified" | "unverified";
  readonly reason: VerificationReason;
}

export interface IntakeOptions {
  readonly decide: (header: Uint8Array) => Verdict;
  /** The same for an accepted mail when its body is there: all of it, or its beginning. Undefined: it stays accepted. */
  readonly decideBody: (mail: Buffer, admission: unknown) => Promise<Refusal | undefined>;
  /** The beginning of a refused mail that may be a report. */
  readonly takeReport: (mail: Buffer) => Promise<void>;
  /** `undecided` only when the body comes later. Rejects when it cannot be told now: the mail then comes again. */
  readonly verify: (evidence: Evidence) => Promise<Proof | Refusal | { readonly verdict: "undecided" }>;
  /** Whether everybody may talk, and small mails may come whole at once. */
  readonly isOpen: () => boolean;
  readonly maxMessageBytes: number;
  /**
   * Reads a whole mail; what it resolves with stores it, and then hands it to the bot. Both reject with StorageError when
   * something cannot be written.
   */
  readonly read: (mail: Arrived, source: Buffer | AsyncIterable<Buffer>) => Promise<Accept>;
  /** The same for the text of a mail that is too large to download. */
  readonly readLarge: (mail: Arrived, session: MailSource) => Promise<Accept>;
  readonly refuse: (mail: Pick<Arrived, "uid" | "uidValidity">, reason: string, detail: string) => void;
  readonly room: () => number;
  readonly clock: Clock;
  readonly logger: Logger;
}

export type Accept = () => Promise<void>;
