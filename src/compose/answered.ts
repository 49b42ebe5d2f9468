import { namesPlace, placeOf } from "../domain/mail-place.ts";
import type { EmailMetadata, OutboundMessage } from "../domain/message.ts";
import type { MailPlace } from "../domain/store.ts";
import { bareAddress, ownMailboxKey } from "./address.ts";

/** What an answer answers. */
export interface Answered {
  readonly sender: string;
  /** Message-ID of the first mail of the conversation. */
  readonly thread: string;
  /** Where the mail lies, when the metadata names a mail of this account in full. */
  readonly place: MailPlace | undefined;
}

export function answeredBy(
  { session, metadata }: Pick<OutboundMessage, "session" | "metadata">,
  thread: string,
  account: string,
): Answered {
  const isHere = namesPlace(metadata) && metadata.email_account === account;
  return { sender: session.senderId, thread, place: isHere ? placeOf(metadata) : undefined };
}

/** The address of ours that the person wrote to: the first in To, else in Cc; else, or for a new mail, the first of all. */
export function ownAddressNamed(
  metadata: Partial<EmailMetadata> | undefined,
  [main, ...aliases]: readonly [string, ...string[]],
): string {
  const own = new Map([main, ...aliases].toReversed().map((address) => [ownMailboxKey(address), address]));
  const named = [...(metadata?.email_to ?? []), ...(metadata?.email_cc ?? [])].map((field) => bareAddress(field));
  return named.map((address) => own.get(ownMailboxKey(address ?? ""))).find((address) => address !== undefined) ?? main;
}
