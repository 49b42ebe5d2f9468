import { domainToASCII, domainToUnicode } from "node:url";

/** RFC 5321 sections 4.5.3.1.1 and 4.5.3.1.3; a path of 256 octets has its angle brackets in it. */
const MAX_LOCAL_BYTES = 64;
const MAX_ADDRESS_BYTES = 254;

/**
 * RFC 5322 section 3.2.3 dot-atom, with the non-ASCII letters of RFC 6532 section 3.2. Quoted local parts are refused:
 * parsers disagree about them, and the disagreement decides who gets the mail.
 */
const LOCAL_PART = /^[\w!#$%&'*+/=?^`{|}~\u00a1-\uffff-]+(?:\.[\w!#$%&'*+/=?^`{|}~\u00a1-\uffff-]+)*$/;
const HOST_NAME = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/;

/** C0, DEL, C1, line and paragraph separators; bidirectional overrides, which show a header as what it is not. */
export const UNPRINTABLE: RegExp = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g;
/** Normalising (NFC) would make these K, ; and `: an address that nobody has written would be another one. */
export const BECOMES_ASCII: RegExp = /[\u037e\u1fef\u212a]/;
const UNSAFE_IN_ADDRESS = new RegExp(`${UNPRINTABLE.source}|[\\s\\u00ad\\u200b-\\u200f\\u2060-\\u2064\\ufeff]`, "u");

/** Exactly one addr-spec, or undefined: no display name, no list, no group, no control characters. */
export function addressOf(text: string): string | undefined {
  const at = text.lastIndexOf("@");
  if (at < 1 || UNSAFE_IN_ADDRESS.test(text) || BECOMES_ASCII.test(text)) return undefined;
  const local = text.slice(0, at).normalize("NFC");
  const domain = asciiDomain(text.slice(at + 1));
  if (domain === undefined || !LOCAL_PART.test(local) || Buffer.byteLength(local) > MAX_LOCAL_BYTES) return undefined;
  const address = `${local}@${domain}`;
  return Buffer.byteLength(address) <= MAX_ADDRESS_BYTES ? address : undefined;
}

/** A-labels. Undefined when the mapping would change the name: then two people see two different domains. */
function asciiDomain(text: string): string | undefined {
  const domain = text.normalize("NFC").toLowerCase();
  const ascii = domainToASCII(domain);
  if (!HOST_NAME.test(ascii)) return undefined;
  return ascii === domain || domainToUnicode(ascii) === domain ? ascii : undefined;
}
