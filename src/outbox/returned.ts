import type { RejectedRecipient } from "../domain/message.ts";
import { isOpen, type OutboxItem } from "./item.ts";

/** One recipient who has not got a mail, as a mail server reported. */
export interface ReturnedRecipient {
  /** Every address that the report has for it; empty where it names none. */
  readonly addresses: readonly string[];
  /** For people, on one line. */
  readonly reason: string;
}

/**
 * What a delivery report makes of a mail that was sent: whoever has not got it is rejected after all, and where that is
 * everybody the mail has failed. Undefined when it says nothing new: it names nobody who was thought to have it.
 */
export function afterReturn(item: OutboxItem, returned: readonly ReturnedRecipient[]): OutboxItem | undefined {
  if (isOpen(item)) return undefined;
  // Of one that is held, since nobody could say whether it was delivered, this is the answer.
  const perhaps = item.state === "unknown" ? item.recipients : [];
  const candidates = [...item.accepted, ...perhaps];
  const rejected = candidates.flatMap((address): RejectedRecipient[] => {
    const report = returned.find((one) => isAbout(one, address, candidates));
    return report ? [{ address, reason: report.reason, permanent: true }] : [];
  });
  const [first] = rejected;
  if (!first) return undefined;
  const gone = new Set(rejected.map(({ address }) => address));
  const accepted = item.accepted.filter((address) => !gone.has(address));
  const recipients = item.recipients.filter((address) => !gone.has(address));
  return {
    ...item,
    state: recipients.length > 0 ? item.state : accepted.length > 0 ? "sent" : "failed",
    accepted,
    recipients,
    rejected: [...item.rejected.filter(({ address }) => !gone.has(address)), ...rejected],
    error: { code: "RETURNED", message: first.reason },
  };
}

/** A server behind a forwarding address knows another name; with one recipient there is no doubt whose it is. */
function isAbout({ addresses }: ReturnedRecipient, address: string, accepted: readonly string[]): boolean {
  const named = addresses.map((one) => one.toLowerCase());
  return named.includes(address.toLowerCase()) || accepted.length === 1 || named.length === 0;
}
