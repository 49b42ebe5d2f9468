import { domainToASCII, domainToUnicode } from "node:url";
import { InvalidMessageError } from "../domain/errors.ts";

export interface MailAddress {
  /** addr-spec, the domain in lower case and, when it is not ASCII, as A-labels. */
  readonly address: string;
  readonly name: string | undefined;
}

/** RFC 5321 sections 4.5.3.1.1 and 4.5.3.1.3; a path of 256 octets has its angle brackets in it. */
const MAX_LOCAL_BYTES = 64;
const MAX_ADDRESS_BYTES = 254;

/** A header that nobody can read to its end serves only to hide what follows. */
const MAX_NAME_CHARS = 200;

/**
 * RFC 5322 section 3.2.3 dot-atom, with the non-ASCII letters of RFC 6532 section 3.2. Quoted local parts are refused:
 * parsers disagree about them, and the disagreement decides who gets the mail.
 */
const LOCAL_PART = /^[\w!#$%&'*+/=?^`{|}~\u00a1-\uffff-]+(?:\.[\w!#$%&'*+/=?^`{|}~\u00a1-\uffff-]+)*$/;
const HOST_NAME = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/;

/** C0, DEL, C1, line and paragraph separators; bidirectional overrides, which show a header as what it is not. */
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g;
const UNSAFE_IN_ADDRESS = new RegExp(`${UNPRINTABLE.source}|[\\s\\u00ad\\u200b-\\u200f\\u2060-\\u2064\\ufeff]`, "u");

/** Exactly one addr-spec, or undefined: no display name, no list, no group, no control characters. */
export function addressOf(text: string): string | undefined {
  const at = text.lastIndexOf("@");
  if (at < 1 || UNSAFE_IN_ADDRESS.test(text)) return undefined;
  const local = text.slice(0, at).normalize("NFC");
  const domain = asciiDomain(text.slice(at + 1));
  if (domain === undefined || !LOCAL_PART.test(local) || Buffer.byteLength(local) > MAX_LOCAL_BYTES) return undefined;
  const address = `${local}@${domain}`;
  return Buffer.byteLength(address) <= MAX_ADDRESS_BYTES ? address : undefined;
}

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

/** A-labels. Undefined when the mapping would change the name: then two people see two different domains. */
function asciiDomain(text: string): string | undefined {
  const domain = text.normalize("NFC").toLowerCase();
  const ascii = domainToASCII(domain);
  if (!HOST_NAME.test(ascii)) return undefined;
  return ascii === domain || domainToUnicode(ascii) === domain ? ascii : undefined;
}
