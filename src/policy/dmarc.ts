/** What a domain says about mail in its name. */
export interface DmarcPolicy {
  readonly published: boolean;
  /** adkim=s: a signature must be of the very domain of From. */
  readonly strict: boolean;
}

export const NO_POLICY: DmarcPolicy = { published: false, strict: false };

/** RFC 9989 section 4.10: no more questions than this, whatever the name. */
const MAX_LOOKUPS = 8;
const RECORD = /^\s*v\s*=\s*DMARC1\s*(?:;|$)/i;
const STRICT = /;\s*adkim\s*=\s*s\s*(?:;|$)/i;

/**
 * Where the policy of a From domain may stand: at the domain, or at the nearest above it that has one, up to the one that
 * somebody registered. The first that has one counts.
 */
export function policyNames(domain: string, organization: string): string[] {
  if (domain === organization) return [`_dmarc.${domain}`];
  const labels = domain.split(".");
  const depth = Math.max(0, labels.length - organization.split(".").length);
  const names = Array.from({ length: depth + 1 }, (_, skipped) => `_dmarc.${labels.slice(skipped).join(".")}`);
  // The domain itself, and the nearest to the top.
  return names.length <= MAX_LOOKUPS ? names : [...names.slice(0, 1), ...names.slice(1 - MAX_LOOKUPS)];
}

/** Any record counts as published, whatever its p=: also a broken one, and one of two. Undefined when there is none. */
export function policyIn(texts: readonly string[]): DmarcPolicy | undefined {
  const records = texts.filter((text) => RECORD.test(text));
  return records.length > 0 ? { published: true, strict: records.some((text) => STRICT.test(text)) } : undefined;
}

/** Whether a signature of `signer` speaks for `domain`; without an organization only one of the domain itself. */
export function aligned(
  signer: string,
  domain: string,
  organization: string | undefined,
  policy: DmarcPolicy,
): boolean {
  if (signer === domain) return true;
  if (policy.strict || organization === undefined) return false;
  const isAbove = domain.endsWith(`.${signer}`) && isOrBelow(signer, organization);
  // RFC 9989 section 11.8: a domain below may be somebody else's. Only who publishes a policy has agreed to that.
  return isAbove || (policy.published && isOrBelow(signer, organization));
}

export function isOrBelow(domain: string, above: string): boolean {
  return domain === above || domain.endsWith(`.${above}`);
}
