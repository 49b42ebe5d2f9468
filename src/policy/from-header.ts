import { domainToASCII } from "node:url";
import { addressOf, BECOMES_ASCII } from "../domain/address.ts";
import { type Refused, refuse } from "./decision.ts";
import { decodeWords } from "../domain/encoded-word.ts";
import { type HeaderFields, utf8Of, valuesOf } from "./header-fields.ts";
import { looksLikeAnother } from "./look-alike.ts";

export interface FromAddress {
  readonly verdict: "accept";
  /** Canonical: lower case, domain in its ASCII form. */
  readonly address: string;
}

/** RFC 5321 section 4.5.3.1: 64 octets of local part, 255 of domain. */
const MAX_ADDRESS_CHARS = 320;

const ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~\\u0080-\\uffff-]+";
const ADDR_SPEC = new RegExp(`^${ATOM}(?:\\.${ATOM})*@[^\\s@<>()\\[\\],;:\\\\"]+$`);
/** The pieces of a display name: nothing in them could be taken for an address. Sticky, so reading is linear. */
const PHRASE_PIECE = /\s+|[^\s@<>(),:;\\"]+|"(?:[^"\\]|\\.)*"|\([^()\\@<>]*\)/sy;
/** An encoded word, which has no place in an address (RFC 2047 section 5) but is decoded there all the same; bytes that are no UTF-8. */
const NOT_LETTERS = /=\?|\?=|\ufffd/;
const TRAILING_COMMENT = /[ \t]*\([^()\\@<>]*\)$/s;

/**
 * The one address that a From header gives, or a refusal. Stricter than RFC 5322 on purpose: no groups, routes, quoted
 * local parts or second addresses, because libraries disagree about what such a header says (security.md 3.1).
 */
export function readFrom(header: HeaderFields): FromAddress | Refused {
  if (header.malformed !== undefined) return refuse("header-malformed", header.malformed);
  const values = valuesOf(header, "from");
  const [raw] = values;
  if (raw === undefined) return refuse("from-missing", "no From header");
  if (values.length > 1) return refuse("from-ambiguous", `${values.length} From headers`);
  const value = utf8Of(raw);
  if (value.length > MAX_FROM_CHARS) return refuse("from-invalid", "From is too long");
  const parts = splitAddress(value);
  if (parts === undefined) return refuse("from-invalid", "From is not one plain address");
  const address = canonicalAddress(parts.spec);
  if (address === undefined || NOT_LETTERS.test(parts.spec))
    return refuse("from-invalid", "From has an unusable address");
  if (looksLikeAnother(address)) return refuse("from-deceptive", "the address is made to look like another");
  if (hasOtherBrackets(parts.phrase) || namesAnother(parts.phrase, address))
    return refuse("from-deceptive", "the display name holds another address");
  return { verdict: "accept", address };
}

/** `a@b.org`, `<a@b.org>` or `a display name <a@b.org>`, each with at most one comment behind it; nothing else. */
function splitAddress(value: string): { phrase: string; spec: string } | undefined {
  const comment = TRAILING_COMMENT.exec(value)?.[0] ?? "";
  const plain = value.slice(0, value.length - comment.length);
  if (ADDR_SPEC.test(plain)) return { phrase: comment, spec: plain };
  const phrase = readPhrase(plain);
  const spec = /^<[ \t]*([^<>\s]+)[ \t]*>$/.exec(plain.slice(phrase.length))?.[1];
  return spec !== undefined && ADDR_SPEC.test(spec) ? { phrase: `${phrase} ${comment}`, spec } : undefined;
}

/** Whether a reader that knows no `\\"` finds an address in the name. */
function hasOtherBrackets(phrase: string): boolean {
  return phrase.includes('\\"') && phrase.split('"').some((piece, index) => index % 2 === 0 && /[<>]/.test(piece));
}

function readPhrase(text: string): string {
  let end = 0;
  while (end < text.length) {
    PHRASE_PIECE.lastIndex = end;
    const piece = PHRASE_PIECE.exec(text)?.[0];
    if (piece === undefined) break;
    end += piece.length;
  }
  return text.slice(0, end);
}

/** A display name is not this long, and a regular expression is not for longer ones. */
const MAX_FROM_CHARS = 2_000;

/**
 * Lower case and ASCII domain; undefined for what two programs could read as two different addresses: invisible or
 * look-alike characters, and domains that change when they are mapped (security.md 2.6).
 */
export function canonicalAddress(text: string): string | undefined {
  const at = text.lastIndexOf("@");
  const local = text.slice(0, at).normalize("NFC");
  const domain = text.slice(at + 1).normalize("NFC");
  if (at < 1 || text.length > MAX_ADDRESS_CHARS || INVISIBLE.test(text) || BECOMES_ASCII.test(text)) return undefined;
  const ascii = domainToASCII(domain);
  if (!/^[a-z0-9-]+(\.[a-z0-9-]+)*$/.test(ascii) || /(^|\.)-|-(\.|$)/.test(ascii)) return undefined;
  // A plain domain may differ in case only; one with other letters must not be one that mapping quietly changed.
  if (isAscii(domain) ? ascii !== domain.toLowerCase() : domain !== domain.toLowerCase() || MAPPED_DOTS.test(domain))
    return undefined;
  const address = `${lowerAscii(local)}@${ascii}`;
  // Whoever cannot be answered is not let in: an answer that cannot be addressed would be the bot's failure.
  return addressOf(address) === address ? address : undefined;
}

/** Default-ignorable and bidirectional controls, variation selectors, tags. */
const INVISIBLE =
  /[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8]|[\u{e0000}-\u{e0fff}]|\s/u;
/** Full stops and letters that IDNA mapping turns into ASCII ones. */
const MAPPED_DOTS = /[\u3002\uff0e\uff61\uff01-\uff5e\u2100-\u214f\u017f\u0131]/;

function isAscii(text: string): boolean {
  return !/[^\u0021-\u007e]/.test(text);
}

/** Only A to Z: full case folding turns ı and ſ into letters that they are not. */
function lowerAscii(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** Whether somebody who reads the name would see an address in it, and not this one. */
function namesAnother(phrase: string, address: string): boolean {
  const unescaped = phrase.replace(/\\(.)/gs, "$1");
  const shown = decodeWords(unescaped).normalize("NFKC").replace(UNSEEN, "");
  // Some letters become a dozen, and this is not for texts without end.
  if (shown.length > 2 * MAX_FROM_CHARS) return true;
  return [...shown.matchAll(/[^\s"'<>(),;:\u0000]+@[^\s"'<>(),;:\u0000]+[.\u3002][^\s"'<>(),;:\u0000]+/g)].some(
    ([found]) => canonicalAddress(found.replace(/\.+$/, "")) !== address,
  );
}

const UNSEEN = /[\p{Cf}\p{Cc}\u115f\u1160\u3164\u034f\ufe00-\ufe0f]/gu;
