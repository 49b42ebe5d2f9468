import type { Logger } from "../runtime/logger.ts";
import { type AttemptOutcome, isOpen, type OutboxItem } from "./item.ts";

const MAX_DOMAINS = 5;

/** One line per attempt. Never a subject, never a body, of an address only its domain. */
export function reportAttempt(logger: Logger, item: OutboxItem, outcome: AttemptOutcome): void {
  const { messageId, attempts, state } = item;
  if (outcome.kind === "sent" && outcome.rejected.length === 0) {
    logger.log("info", "mail sent", { messageId, attempts, to: domains(outcome.accepted) });
    return;
  }
  const refused = outcome.rejected.map(({ address }) => address);
  const why = outcome.kind === "sent" ? { code: "MAIL_REFUSED", message: outcome.rejected[0]?.reason ?? "" } : outcome;
  logger.log("error", outcome.kind === "sent" ? "mail sent, but not to every recipient" : "mail not sent", {
    code: item.error?.code === "GAVE_UP" ? "GAVE_UP" : why.code,
    reason: withoutAddresses(why.message),
    messageId,
    attempts,
    state,
    willRetry: isOpen(item),
    to: domains([...item.recipients, ...refused, ...item.rejected.map(({ address }) => address)]),
  });
}

/** A mail server's later word about a mail that it had taken. */
export function reportReturned(logger: Logger, item: OutboxItem): void {
  const { messageId, state, error, rejected, accepted } = item;
  logger.log("error", "a mail that was sent has come back as undeliverable", {
    code: "RETURNED",
    reason: withoutAddresses(error?.message ?? ""),
    messageId,
    state,
    delivered: accepted.length,
    to: domains(rejected.map(({ address }) => address)),
  });
}

/** What the process before left half done. */
export function reportFound(logger: Logger, found: OutboxItem, item: OutboxItem): void {
  logger.log("warn", "mail was being sent when the process before ended", {
    messageId: item.messageId,
    attempts: item.attempts,
    phase: found.phase,
    state: item.state,
    willRetry: isOpen(item),
  });
}

export function reportDropped(logger: Logger, { messageId, attempts }: OutboxItem): void {
  logger.log("info", "mail dropped by a person", { code: "DROPPED", messageId, attempts });
}

export function reportUnsent(logger: Logger, count: number, { durable }: { durable: boolean }): void {
  if (count === 0) return;
  if (durable) logger.log("info", "closed with unsent mail, which the next start sends", { mails: count });
  else logger.log("error", "closed with unsent mail", { code: "CLOSED", mails: count });
}

function domains(addresses: readonly string[]): string {
  const all = [...new Set(addresses.map((address) => address.slice(address.lastIndexOf("@") + 1)))];
  return all.length > MAX_DOMAINS
    ? `${all.slice(0, MAX_DOMAINS).join(", ")} and ${all.length - MAX_DOMAINS} more`
    : all.join(", ");
}

/** Servers repeat the recipient in their refusals. */
function withoutAddresses(text: string): string {
  return text.replace(/[^\s<>"'(),;:]+@(?=[\w.-])/g, "…@");
}
