import { addressOf, UNPRINTABLE } from "../domain/address.ts";
import { InvalidMessageError } from "../domain/errors.ts";

export interface MailAddress {
  /** addr-spec, the domain in lower case and, when it is not ASCII, as A-labels. */
  readonly address: string;
  readonly name: string | undefined;
}

/** A header that nobody can read to its end serves only to hide what follows. */
const MAX_NAME_CHARS = 200;

/** @throws InvalidMessageError with the field's name and what would be right. */
export function requireAddress(text: string, field: string): string {
  const address = addressOf(text);
  if (address === undefined) {
    throw new InvalidMessageError(
      `${field}: ${JSON.stringify(cleanText(text, MAX_NAME_CHARS))} is not one e-mail address. Give a bare address such as "ann@example.org", one per entry.`,
    );
  }
  return address;
}

/** Of `a@b.org` or `A name <a@b.org>`, as metadata has them; undefined when that is no address. */
export function bareAddress(field: string): string | undefined {
  return addressOf(/<([^<>]*)>\s*$/.exec(field)?.[1] ?? field.trim());
}

/** Two spellings of one mailbox: the domain never, the local part in practice never, tells upper from lower case. */
export function sameMailboxKey(address: string): string {
  return address.toLowerCase();
}

/** The same without the detail after `+`, for recognising ourselves. */
export function ownMailboxKey(address: string): string {
  const at = address.lastIndexOf("@");
  return sameMailboxKey(`${address.slice(0, at).replace(/\+.*$/, "")}${address.slice(at)}`);
}

/** Text that would be decoded once more on arrival, and then hold whatever it likes (RFC 2047 section 2). */
const ENCODED_WORD = /=(?=\?[^\s?]+\?[bq]\?)/gi;

/** One line of at most `maxChars` characters that a header may hold: nothing in it can end the header. */
export function cleanText(text: string, maxChars: number): string {
  // Half a surrogate pair has no UTF-8 form; the round trip makes it U+FFFD.
  const line = Buffer.from(text.slice(0, maxChars * 4))
    .toString()
    .replace(UNPRINTABLE, " ")
    .replace(ENCODED_WORD, "= ")
    .replace(/ {2,}/g, " ")
    .trim();
  if (line.length <= maxChars) return line;
  // Not in the middle of a surrogate pair.
  return `${line.slice(0, maxChars - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}

export function cleanName(name: string | undefined): string | undefined {
  return name === undefined ? undefined : cleanText(name, MAX_NAME_CHARS) || undefined;
}
