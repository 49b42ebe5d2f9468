import { ChannelError, errorText, InvalidMessageError } from "../domain/errors.ts";
import type { Entry, OutboxMail } from "./entry.ts";
import { type AttemptOutcome, inBody, type NotSent } from "./item.ts";
import type { Journal } from "./journal.ts";

/**
 * One attempt. Awaits `beforeContent` right before the mail itself is sent, and sends nothing of it where that rejects.
 * Rejects only with InvalidMessageError, and only before anything was sent.
 */
export type Submit<M> = (mail: M, signal: AbortSignal, beforeContent: () => Promise<void>) => Promise<AttemptOutcome>;

export interface AttemptParts<M> {
  readonly submit: Submit<M>;
  readonly journal: Journal<M>;
  readonly signal: AbortSignal;
}

/** One attempt with a claimed item, each step written down before it is taken. Never rejects. */
export async function attempt<M extends OutboxMail>(
  entry: Entry<M>,
  { submit, journal, signal }: AttemptParts<M>,
): Promise<AttemptOutcome | InvalidMessageError | "dropped"> {
  try {
    if (!(await journal.write(entry.item))) return "dropped";
  } catch (error) {
    return notTried(error instanceof ChannelError ? error.code : "STORAGE", errorText(error));
  }
  if (signal.aborted) return notTried("CLOSED", "The channel was closed before the mail was sent.");
  let isDropped = false;
  const beforeContent = async () => {
    entry.item = inBody(entry.item);
    isDropped = !(await journal.write(entry.item));
    if (isDropped) throw new Error("The mail was dropped.");
  };
  const { mail, item } = entry;
  try {
    const envelope = { ...mail.envelope, to: item.recipients };
    const outcome = await submit({ ...mail, envelope }, signal, beforeContent);
    return isDropped && outcome.kind !== "sent" ? "dropped" : outcome;
  } catch (error) {
    if (error instanceof InvalidMessageError && item.attempts === 1) return error;
    const kind = error instanceof InvalidMessageError ? "failed" : "retry";
    const code = error instanceof InvalidMessageError ? error.code : "UNEXPECTED";
    return { kind, code, message: errorText(error), rejected: [], scope: "mail" };
  }
}

function notTried(code: string, message: string): NotSent {
  return { kind: "retry", code, message, rejected: [], scope: "mail" };
}
