import { InvalidMessageError } from "../domain/errors.ts";
import type { OutboundMessage } from "../domain/message.ts";
import { bareAddress, type MailAddress, ownMailboxKey, requireAddress, sameMailboxKey } from "./address.ts";

export interface Recipients {
  readonly to: readonly MailAddress[];
  readonly cc: readonly MailAddress[];
  /** In the envelope only. */
  readonly bcc: readonly MailAddress[];
}

export interface RecipientRules {
  readonly ownAddresses: readonly string[];
  /** Whether an address that a mail's To or Cc names may get the answer to it. */
  readonly mayReceive: (address: string) => boolean;
}

/** RFC 5321 section 4.5.3.1.8: what every server takes in one transaction, so that a mail is one transaction. */
const MAX_RECIPIENTS = 100;

/**
 * The person of the session first. Never Reply-To, and never an address that only the content of a mail names, unless
 * the caller asked for `replyAll` and policy lets each of them through (RFC 3834 section 4).
 * @throws InvalidMessageError for an address that is not one, and for more than 100 recipients.
 */
export function recipientsOf(message: OutboundMessage, rules: RecipientRules): Recipients {
  const taken = new Set<string>();
  const add = (addresses: readonly string[]): MailAddress[] =>
    addresses.filter((address) => !taken.has(sameMailboxKey(address)) && taken.add(sameMailboxKey(address))).map(bare);

  const to = add([requireAddress(message.session.senderId, "session.senderId"), ...given(message.to, "to")]);
  const cc = add(given(message.cc, "cc"));
  const bcc = add(given(message.bcc, "bcc"));
  if (message.replyAll) {
    to.push(...add(alsoAddressed(message.metadata?.email_to, rules)));
    cc.push(...add(alsoAddressed(message.metadata?.email_cc, rules)));
  }
  const count = to.length + cc.length + bcc.length;
  if (count > MAX_RECIPIENTS) {
    throw new InvalidMessageError(
      `A mail goes to at most ${MAX_RECIPIENTS} recipients, this one has ${count}. Send it in several mails.`,
    );
  }
  return { to, cc, bcc };
}

function given(addresses: readonly string[] | undefined, field: string): string[] {
  return (addresses ?? []).map((address, index) => requireAddress(address, `${field}[${index}]`));
}

/** A stranger wrote these, so what is no address is left out rather than refused. */
function alsoAddressed(fields: readonly string[] | undefined, { ownAddresses, mayReceive }: RecipientRules): string[] {
  const own = new Set(ownAddresses.map(ownMailboxKey));
  return (fields ?? [])
    .map((field) => bareAddress(field))
    .filter((address) => address !== undefined)
    .filter((address) => !own.has(ownMailboxKey(address)) && mayReceive(address));
}

function bare(address: string): MailAddress {
  return { address, name: undefined };
}
