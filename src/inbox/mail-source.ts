import type { VerificationReason } from "../domain/message.ts";

/** One mail as the server lists it. */
export interface Listed {
  readonly uid: number;
  readonly bytes: number;
  readonly receivedAt: Date;
  readonly start: Buffer | undefined;
}

/** What the intake needs of a connection. */
export interface MailSource {
  readonly uidValidity: string;
  summaries(
    uids: readonly number[],
    request: { readonly part: "mail" | "header"; readonly maxBytes: number },
  ): Promise<Listed[]>;
  sources(uids: readonly number[], maxBytes: number): AsyncIterable<{ readonly uid: number; readonly source: Buffer }>;
  readSection(uid: number, section: string, startByte: number, maxBytes: number): Promise<Buffer | undefined>;
}

/** An accepted mail about to be read. */
export interface Arrived {
  readonly uid: number;
  readonly uidValidity: string;
  readonly bytes: number;
  readonly receivedAt: Date;
  readonly address: string;
  /** The whole header block. */
  readonly header: Buffer;
  /** What let it in, by its whole header. */
  readonly admission: unknown;
  readonly proof: { readonly verification: "verified" | "unverified"; readonly reason: VerificationReason };
}
