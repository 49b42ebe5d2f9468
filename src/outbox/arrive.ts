import { ChannelError, errorText, StorageError } from "../domain/errors.ts";
import type { SendReceipt } from "../domain/message.ts";
import type { Entry, OutboxMail } from "./entry.ts";
import type { OutboxItem } from "./item.ts";
import type { Journal, OutboxContent } from "./journal.ts";
import type { Ledger } from "./ledger.ts";

export interface ArrivalParts<M extends OutboxMail> {
  readonly ledger: Ledger<M>;
  readonly journal: Journal<M>;
  readonly content: OutboxContent<M>;
  /** What is told about a mail that was there before. */
  readonly receiptOf: (item: OutboxItem) => SendReceipt;
  /** Asked once the key is known to be new; a receipt refuses the mail. */
  readonly admit: () => SendReceipt | undefined;
  /** Why there is no room for a new mail, or undefined. */
  readonly refusal: string | undefined;
}

/**
 * From a taken key to a stored mail that may be tried. False: the mail is not taken, since it was there before or is not
 * admitted; the entry has its receipt then. On failure the key is free again. @throws StorageError, InvalidMessageError
 */
export async function arrive<M extends OutboxMail>(entry: Entry<M>, parts: ArrivalParts<M>): Promise<boolean> {
  const { ledger } = parts;
  try {
    const told = (await earlier(entry, parts)) ?? parts.admit() ?? (await store(entry, parts));
    if (told === undefined) {
      entry.standing = "waiting";
      return true;
    }
    ledger.forget(entry);
    entry.resolve(told);
    return false;
  } catch (error) {
    ledger.forget(entry);
    const reason = error instanceof ChannelError ? error : new StorageError(errorText(error), { cause: error });
    entry.reject(reason);
    throw reason;
  }
}

function throwIfFull(refusal: string | undefined): void {
  if (refusal !== undefined) throw new StorageError(refusal);
}

async function earlier<M extends OutboxMail>(
  { item }: Entry<M>,
  { journal, receiptOf }: ArrivalParts<M>,
): Promise<SendReceipt | undefined> {
  const known = await journal.find(item.key);
  return known && receiptOf(known);
}

async function store<M extends OutboxMail>(entry: Entry<M>, parts: ArrivalParts<M>): Promise<SendReceipt | undefined> {
  const { ledger, journal, content } = parts;
  throwIfFull(parts.refusal);
  const saved = await content.save(entry.mail);
  throwIfFull(ledger.replace(entry, content.load(saved)));
  if (await journal.add(entry.item, saved, entry.mail.thread)) return undefined;
  const receipt = await earlier(entry, parts);
  if (receipt) return receipt;
  throw new StorageError("The outbox's store says that it has the mail, and cannot find it.");
}
