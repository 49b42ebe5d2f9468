import { domainToASCII } from "node:url";
import { utf8Of } from "../header-fields.ts";
import { type Canonicalization, type RawField } from "./raw-header.ts";
import { readBase64, readTags } from "./tag-list.ts";

/** A DKIM-Signature that could be checked (RFC 6376 section 3.5). */
export interface Signature {
  readonly field: RawField;
  readonly algorithm: "rsa" | "ed25519";
  /** Lower case, ASCII. */
  readonly domain: string;
  readonly selector: string;
  /** i= names a domain below `domain`, which its key may forbid. */
  readonly forSubdomain: boolean;
  /** Lower case, in the order of h=. */
  readonly signedNames: readonly string[];
  readonly headerMethod: Canonicalization;
  readonly bodyMethod: Canonicalization;
  readonly bodyHash: Buffer;
  readonly bytes: Buffer;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number | undefined;
}

const HOST = /^(?=.{1,253}$)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/;
/** h= of a mail that people write has thirty names. */
const MAX_SIGNED_NAMES = 1_000;

/**
 * Undefined for a signature that is broken, or weak: SHA-1 (RFC 8301). l= is not looked at: what stands behind the signed
 * length may be anybody's, so the hash must be that of the whole body whatever it says.
 */
export function readSignature(field: RawField): Signature | undefined {
  const tags = readTags(field.raw.slice(field.raw.indexOf(":") + 1));
  if (tags?.get("v") !== "1") return undefined;
  const [, algorithm] = /^(rsa|ed25519)-sha256$/i.exec(tags.get("a") ?? "") ?? [];
  const [headerMethod = "simple", bodyMethod = "simple"] = (tags.get("c") ?? "simple").toLowerCase().split("/");
  const domain = asciiDomain(tags.get("d") ?? "");
  const selector = (tags.get("s") ?? "").toLowerCase();
  const identity = identityDomain(tags.get("i"), domain);
  const signedNames = (tags.get("h") ?? "")
    .toLowerCase()
    .split(":")
    .map((name) => name.trim());
  const [bodyHash, bytes] = [readBase64(tags.get("bh")), readBase64(tags.get("b"))];
  if (algorithm === undefined || !isMethod(headerMethod) || !isMethod(bodyMethod)) return undefined;
  if (!HOST.test(domain) || !HOST.test(selector) || identity === undefined) return undefined;
  if (!signedNames.includes("from") || signedNames.length > MAX_SIGNED_NAMES) return undefined;
  if (bodyHash?.length !== SHA256_BYTES || bytes === undefined || !fromDns(tags.get("q"))) return undefined;
  return {
    field,
    algorithm: algorithm.toLowerCase() === "rsa" ? "rsa" : "ed25519",
    domain,
    selector,
    forSubdomain: identity !== domain,
    signedNames,
    headerMethod,
    bodyMethod,
    bodyHash,
    bytes,
    expiresAt: expiryOf(tags),
  };
}

const SHA256_BYTES = 32;

/** The field as it was when it was signed: its b= empty (RFC 6376 section 3.7). */
export function withoutSignature({ name, raw }: RawField): RawField {
  const colon = raw.indexOf(":") + 1;
  const value = raw.slice(colon).replace(/((?:^|;)[ \t\r\n]*b[ \t\r\n]*=)[^;]*/, "$1");
  return { name, raw: raw.slice(0, colon) + value };
}

function asciiDomain(text: string): string {
  return /^[A-Za-z0-9._-]*$/.test(text) ? text.toLowerCase() : domainToASCII(utf8Of(text));
}

function isMethod(text: string): text is Canonicalization {
  return text === "simple" || text === "relaxed";
}

/** The domain of i=, which must be `domain` or lie below it. */
function identityDomain(identity: string | undefined, domain: string): string | undefined {
  if (identity === undefined) return domain;
  const own = asciiDomain(identity.slice(identity.lastIndexOf("@") + 1));
  return own === domain || own.endsWith(`.${domain}`) ? own : undefined;
}

/** RFC 6376 section 3.5: dns/txt is the only way to a key there is. */
function fromDns(query: string | undefined): boolean {
  return (
    query === undefined ||
    query
      .toLowerCase()
      .split(":")
      .some((way) => way.trim() === "dns/txt")
  );
}

/** What cannot be read, or ends before it begins, has expired. */
function expiryOf(tags: ReadonlyMap<string, string>): number | undefined {
  const [made, expires] = [tags.get("t"), tags.get("x")];
  if (expires === undefined) return undefined;
  const isWrong = !/^\d{1,12}$/.test(expires) || (made !== undefined && Number(made) > Number(expires));
  return isWrong ? 0 : Number(expires) * 1_000;
}
