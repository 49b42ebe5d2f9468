import type { Readable } from "node:stream";
import { ChannelError, ClosedError, errorText, InvalidMessageError } from "../domain/errors.ts";
import type { RejectedRecipient } from "../domain/message.ts";
import { type OpenAttachments, openAttachments } from "./attachment-files.ts";
import type { Ehlo } from "./ehlo.ts";
import type { SmtpMail, SubmitNotSent, SubmitOutcome } from "./mail.ts";
import { classify, replyText, type Verdict } from "./reply-code.ts";
import type { SessionPool } from "./session-pool.ts";
import { type RefusedRecipient, SmtpError, type SmtpSession } from "./session.ts";

export interface SubmitParts {
  readonly pool: SessionPool<SmtpSession>;
  /** The mail as it goes over the wire, the same bytes each time. */
  readonly render: (mail: SmtpMail, attachments: OpenAttachments) => Readable;
  readonly maxMailBytes: number;
  /** A server that trickles never runs into a socket's timeout. */
  readonly attemptLimitMs: number;
}

/** The first wait of a held account; whoever schedules the retries makes them rarer. */
const HOLD_RETRY_MS = 15 * 60_000;

/** The server may have ended every idle connection of the pool; after these a fresh one is what failed. */
const MAX_STALE = 8;

/** Nobody waits for it but the next mail, for which a new connection is better than a long wait. */
const RESET_LIMIT_MS = 10_000;

/** RFC 2045 section 6.8: four characters for three bytes, and CR LF after 76 of them. */
const BASE64_GROWTH = (4 / 3) * (78 / 76);
const HEADER_BYTES = 2_048;

export interface SubmitOptions {
  readonly signal?: AbortSignal | undefined;
  /** Awaited when the server is ready for the mail itself; where it rejects, nothing of the mail is sent. */
  readonly beforeContent?: (() => Promise<void>) | undefined;
}

/**
 * One attempt to hand a mail to the server. Rejects only before anything was sent:
 * @throws InvalidMessageError for an attachment that cannot be read and a mail over the limit.
 */
export async function submitMail(
  parts: SubmitParts,
  mail: SmtpMail,
  options: SubmitOptions = {},
): Promise<SubmitOutcome> {
  for (let stale = 0; stale < MAX_STALE; stale++) {
    const outcome = await attempt(parts, mail, options);
    if (outcome !== "stale") return outcome;
  }
  return notSent(CONNECTION_LOST, "The server ends every connection as soon as it is used.");
}

const CONNECTION_LOST = classify({ phase: "envelope", replyCode: undefined, message: "", insecure: false });

async function attempt(
  parts: SubmitParts,
  mail: SmtpMail,
  { signal, beforeContent }: SubmitOptions,
): Promise<SubmitOutcome | "stale"> {
  await using attachments = await openAttachments(mail.attachments);
  checkSize(mail, attachments, { limitBytes: parts.maxMailBytes, who: "this account sends" });
  let session: SmtpSession;
  try {
    session = await parts.pool.acquire(signal);
  } catch (error) {
    return withoutSession(error);
  }
  const objection = objectionOf(session.ehlo, mail, attachments);
  if (objection) {
    parts.pool.release(session, { reusable: true });
    if (objection instanceof Error) throw objection;
    return objection;
  }
  return await converse(parts, session, { mail, attachments, signal, beforeContent });
}

interface Attempt {
  readonly mail: SmtpMail;
  readonly attachments: OpenAttachments;
  readonly signal: AbortSignal | undefined;
  readonly beforeContent: SubmitOptions["beforeContent"];
}

async function converse(
  { pool, render, attemptLimitMs }: SubmitParts,
  session: SmtpSession,
  { mail, attachments, signal, beforeContent }: Attempt,
): Promise<SubmitOutcome | "stale"> {
  const ownTroubles: unknown[] = [];
  const beforeBody = async () => {
    try {
      await beforeContent?.();
    } catch (error) {
      ownTroubles.push(error);
      throw error;
    }
  };
  const stop = () => session.destroy();
  signal?.addEventListener("abort", stop, { once: true });
  const timer = setTimeout(stop, attemptLimitMs);
  const used = session.mailsSent > 0;
  try {
    const envelope = { ...mail.envelope, messageId: mail.messageId };
    const { response, accepted, refused } = await session.send(envelope, render(mail, attachments), beforeBody);
    pool.release(session, { reusable: true });
    return { kind: "sent", response: replyText(response), accepted, rejected: refused.map(rejection) };
  } catch (error) {
    if (!(error instanceof SmtpError)) {
      pool.release(session, { reusable: false });
      throw error;
    }
    giveBack(pool, session, error);
    if (ownTroubles.length > 0) return heldBack(ownTroubles[0]);
    const { phase, replyCode } = error.failure;
    // The server may end an idle connection at the very moment it is used. Not a byte of the mail was sent.
    if (used && phase === "envelope" && replyCode === undefined && !signal?.aborted) return "stale";
    return refusedOutcome(error);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
  }
}

/** After a plain refusal the dialogue may go on; after anything else nobody knows where it stands. */
function giveBack(pool: SessionPool<SmtpSession>, session: SmtpSession, { failure }: SmtpError): void {
  const inStep = failure.replyCode !== undefined && failure.phase !== "body" && classify(failure).scope === "mail";
  if (!inStep || !session.alive) return pool.release(session, { reusable: false });
  const timer = setTimeout(() => session.destroy(), RESET_LIMIT_MS);
  session.reset().then(
    () => {
      clearTimeout(timer);
      pool.release(session, { reusable: true });
    },
    () => {
      clearTimeout(timer);
      pool.release(session, { reusable: false });
    },
  );
}

function refusedOutcome({ failure, refused, bodyBroken }: SmtpError): SubmitNotSent {
  const rejected = refused.map(rejection);
  if (bodyBroken)
    return notSent(
      { ...CONNECTION_LOST, code: "ATTACHMENT" },
      `An attachment could not be read to its end: ${failure.message}`,
    );
  // One recipient who may be reached later keeps the mail alive; what holds for all recipients decides how.
  const verdicts = refused.map(recipientVerdict);
  const verdict =
    verdicts.find(({ scope }) => scope === "account") ??
    verdicts.find(({ kind }) => kind === "retry") ??
    verdicts[0] ??
    classify(failure);
  return { ...notSent(verdict, replyText(failure.message)), rejected };
}

/** Our own side could not go on. The server waits for a mail of which it has nothing. */
function heldBack(error: unknown): SubmitNotSent {
  const code = error instanceof ChannelError ? error.code : "STORAGE";
  return notSent({ ...CONNECTION_LOST, code }, errorText(error));
}

/** No connection, or none that may be used. */
function withoutSession(error: unknown): SubmitNotSent {
  if (error instanceof SmtpError) return notSent(classify(error.failure), replyText(error.failure.message));
  if (error instanceof ClosedError) return notSent({ ...CONNECTION_LOST, code: error.code }, error.message);
  const verdict = classify({ phase: "connect", replyCode: undefined, message: "", insecure: false });
  if (error instanceof ChannelError && error.retryable)
    return notSent({ ...verdict, code: error.code }, errorText(error));
  // The password could not be had: nothing the server did, and nothing that passes by itself.
  return notSent({ ...verdict, code: "PASSWORD", hold: true }, errorText(error));
}

function notSent(verdict: Verdict, message: string): SubmitNotSent {
  return { ...verdict, message, rejected: [], retryAfterMs: verdict.hold ? HOLD_RETRY_MS : undefined };
}

function recipientVerdict({ replyCode, message }: RefusedRecipient): Verdict {
  return classify({ phase: "envelope", replyCode, message, insecure: false });
}

function rejection(refused: RefusedRecipient): RejectedRecipient {
  return {
    address: refused.address,
    reason: replyText(refused.message),
    permanent: recipientVerdict(refused).kind === "failed",
  };
}

function objectionOf(ehlo: Ehlo, mail: SmtpMail, attachments: OpenAttachments): Error | SubmitNotSent | undefined {
  const unusual = [mail.envelope.from, ...mail.envelope.to].find((address) => /[^\u0020-\u007e]/.test(address));
  if (unusual !== undefined && !ehlo.smtpUtf8) {
    // RFC 6531 section 3.1: such an address must not be sent to a server without SMTPUTF8.
    const refused = classify({ phase: "envelope", replyCode: 553, message: "553", insecure: false });
    return notSent(refused, "The mail server takes no address with letters outside of ASCII (it lacks SMTPUTF8).");
  }
  try {
    checkSize(mail, attachments, { limitBytes: ehlo.sizeLimitBytes ?? Infinity, who: "the mail server takes" });
    return undefined;
  } catch (error) {
    if (error instanceof InvalidMessageError) return error;
    throw error;
  }
}

function checkSize(
  mail: SmtpMail,
  { totalBytes }: OpenAttachments,
  { limitBytes, who }: { limitBytes: number; who: string },
): void {
  const bytes = Math.ceil(
    HEADER_BYTES + Buffer.byteLength(mail.text) + Buffer.byteLength(mail.html) + totalBytes * BASE64_GROWTH,
  );
  if (bytes <= limitBytes) return;
  throw new InvalidMessageError(
    `The mail would have about ${bytes} bytes with its attachments, ${who} at most ${limitBytes}. Send smaller files, or a link.`,
  );
}
