import type { VerificationReason } from "../domain/message.ts";
import type { Clock } from "../runtime/clock.ts";
import { type Refused, refuse } from "./decision.ts";
import { bodySigned, headerSigned } from "./dkim/check.ts";
import type { DkimKey } from "./dkim/key-record.ts";
import { type RawField, rawFields } from "./dkim/raw-header.ts";
import { type Signature, readSignature } from "./dkim/signature.ts";
import { type DmarcPolicy, aligned, isOrBelow } from "./dmarc.ts";
import type { ResolveText } from "./dns-texts.ts";
import { readHeaderFields } from "./header-fields.ts";
import { organizationalDomain } from "./organizational-domain.ts";
import { isReserved } from "./reserved-domains.ts";
import { type Answer, SenderDns } from "./sender-dns.ts";
import {
  type ResultsTrust,
  type ResultsVerdict,
  NOTHING,
  believesAnybody,
  readTrustedResults,
  trustIn,
} from "./trusted-results.ts";

export interface VerifierOptions {
  readonly mode: "require" | "auto" | "off";
  readonly trustedAuthservIds: readonly string[];
  readonly resolve: ResolveText;
  /** Ends what `resolve` has under way. */
  readonly cancel: () => void;
  /** For time limits, and for how long the DNS's answers are remembered. */
  readonly clock: Clock;
}

/** A mail that `decide` has let in, as far as it is there. */
export interface Evidence {
  readonly header: Uint8Array;
  /** The From address, canonical. */
  readonly address: string;
  readonly receivedAt: Date;
  /** `later`: can be had if it is needed; `never`: the mail is too large to be downloaded. A function is called once. */
  readonly body: "later" | "never" | Uint8Array | (() => AsyncIterable<Uint8Array>);
}

export interface Proof {
  readonly verdict: "accept";
  readonly verification: "verified" | "unverified";
  readonly reason: VerificationReason;
}

/** `undecided`: only the body can tell. */
export type SenderVerdict = Proof | Refused | { readonly verdict: "undecided" };

/** A mail has one or two signatures that could speak for its From. */
const MAX_SIGNATURES = 6;
interface Candidate {
  readonly signature: Signature;
  readonly keys: readonly DkimKey[];
}

/** Tells whether the domain of From stands behind a mail: by the word of trusted servers, or by DKIM and DMARC. */
export class SenderVerifier {
  readonly #mode: VerifierOptions["mode"];
  readonly #trust: ResultsTrust;
  readonly #dns: SenderDns;
  readonly #cancel: () => void;

  constructor({ mode, trustedAuthservIds, resolve, cancel, clock }: VerifierOptions) {
    this.#mode = mode;
    this.#trust = trustIn(trustedAuthservIds);
    this.#dns = new SenderDns(resolve, clock);
    this.#cancel = cancel;
  }

  /** Whoever waits for the DNS gets a DnsError now. */
  close(): void {
    this.#dns.close();
    this.#cancel();
  }

  /** Rejects with DnsError when the DNS would have to decide and does not answer, and with what reading the body rejects with. */
  async verify(evidence: Evidence): Promise<SenderVerdict> {
    if (this.#mode === "off") return accept("unverified", "not-checked");
    const domain = evidence.address.slice(evidence.address.lastIndexOf("@") + 1);
    const results = this.#trusted(evidence.header, domain);
    if (results.verdict === "forged") return refuse("results-forged", results.detail);
    if (results.verdict === "fail") return refuse("results-failed", results.detail);
    if (results.verdict === "pass") return accept("verified", "authentication-results");
    if (isReserved(domain))
      return this.#mode === "require"
        ? refuse("not-verified", "nothing can be published for this domain")
        : accept("unverified", "reserved-domain");
    return await this.#byOwnCheck(evidence, domain);
  }

  #trusted(header: Uint8Array, domain: string): ResultsVerdict {
    return believesAnybody(this.#trust) ? readTrustedResults(readHeaderFields(header), domain, this.#trust) : NOTHING;
  }

  async #byOwnCheck(evidence: Evidence, domain: string): Promise<SenderVerdict> {
    const registered = await organizationalDomain(domain);
    const organization = registered ?? domain;
    // Of a header that is too long no signature is checked.
    const fields = rawFields(evidence.header) ?? [];
    const signatures = signaturesIn(fields, evidence.receivedAt, organization);
    if (signatures.length === 0 && this.#mode === "require") return refuse("not-verified", NO_SIGNATURE);
    const { policy, keys } = await this.#dns.ask(domain, organization, signatures.map(keyName));
    const strictest = policy.value ?? STRICTEST;
    const usable = signatures
      .map((signature, index) => ({ signature, keys: keys[index]?.value ?? [] }))
      .filter((one) => one.keys.length > 0 && aligned(one.signature.domain, domain, registered, strictest));
    const checked = await checkSignatures(fields, usable, evidence.body);
    if (checked === "undecided") return { verdict: "undecided" };
    if (checked === "good") return accept("verified", "dkim");
    const failure = [policy, ...keys].find(({ error }) => error !== undefined);
    const detail = signatures.length === 0 ? NO_SIGNATURE : checked;
    const isElsewhere = returnsElsewhere(fields, organization);
    return this.#withoutProof({ policy, failure: failure?.error, detail, isElsewhere });
  }

  #withoutProof({ policy, failure, detail, isElsewhere }: Unproved): SenderVerdict {
    const isOptional = this.#mode === "auto" && policy.value?.published === false;
    // What the DNS has not said may be what would have let the mail in.
    if (failure !== undefined && !isOptional) throw failure;
    if (policy.value?.published === true) return refuse("dmarc-failed", detail);
    if (!isOptional) return refuse("not-verified", detail);
    if (isElsewhere) return refuse("return-path-foreign", "Return-Path is of another domain");
    return accept("unverified", "no-dmarc");
  }
}

interface Unproved {
  readonly policy: Answer<DmarcPolicy>;
  readonly failure: unknown;
  readonly detail: string;
  readonly isElsewhere: boolean;
}

const STRICTEST: DmarcPolicy = { published: true, strict: true };
const NO_SIGNATURE = "no DKIM signature of the From domain";
const NO_KEY = "no usable key for the DKIM signature";
const BAD_SIGNATURE = "the DKIM signature does not match the header";
const BAD_BODY = "the body is not the one that was signed";
const NO_BODY = "the mail is too large for its DKIM signature to be checked";

function accept(verification: Proof["verification"], reason: VerificationReason): Proof {
  return { verdict: "accept", verification, reason };
}

/** Those that could speak for a domain of this organization, and had not expired when the mail arrived. */
function signaturesIn(fields: readonly RawField[], receivedAt: Date, organization: string): Signature[] {
  const found: Signature[] = [];
  for (const field of fields) {
    if (field.name !== "dkim-signature" || found.length >= MAX_SIGNATURES) continue;
    const signature = readSignature(field);
    const expired = (signature?.expiresAt ?? Number.POSITIVE_INFINITY) < receivedAt.getTime();
    if (signature && !expired && isOrBelow(signature.domain, organization)) found.push(signature);
  }
  return found;
}

/** `good`, or why none of them is; `undecided` when that takes what is not there yet. */
async function checkSignatures(
  fields: readonly RawField[],
  candidates: readonly Candidate[],
  body: Evidence["body"],
): Promise<string> {
  if (candidates.length === 0) return NO_KEY;
  if (body === "later") return "undecided";
  const signed = candidates
    .filter(({ signature, keys }) => keys.some((key) => headerSigned(fields, signature, key)))
    .map(({ signature }) => signature);
  if (signed.length === 0) return BAD_SIGNATURE;
  if (body === "never") return NO_BODY;
  return (await bodySigned(signed, body instanceof Uint8Array ? body : body())).length > 0 ? "good" : BAD_BODY;
}

function keyName({ selector, domain }: Signature): string {
  return `${selector}._domainkey.${domain}`;
}

/** The mail says by itself that it came from somebody else's server (security.md, R3). */
function returnsElsewhere(fields: readonly RawField[], organization: string): boolean {
  const returnPath = fields.find(({ name }) => name === "return-path")?.raw ?? "";
  const domain = /@([^@\s<>]+)>?\s*$/.exec(returnPath)?.[1]?.toLowerCase();
  return domain !== undefined && !isOrBelow(domain, organization);
}
