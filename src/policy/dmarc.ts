/** What a domain says about mail in its name. */
export interface DmarcPolicy {
  readonly published: boolean;
  /** adkim=s: a signature must be of the very domain of From. */
  readonly strict: boolean;
}

/** RFC 9989 section 4.10: no more questions than this, whatever the name. */
const MAX_LOOKUPS = 8;
const RECORD = /^\s*v\s*=\s*DMARC1\s*(?:;|$)/i;
const STRICT = /;\s*adkim\s*=\s*s\s*(?:;|$)/i;

/**
 * The policy of the From domain, or of the nearest domain above it that has one, up to the one that somebody registered.
 * Any record counts as published, whatever its p=: also a broken one, and one of two.
 */
export async function dmarcPolicy(
  domain: string,
  organization: string | undefined,
  lookUp: (name: string) => Promise<readonly string[]>,
): Promise<DmarcPolicy> {
  for (const name of namesUpTo(domain, organization ?? domain)) {
    const records = (await lookUp(`_dmarc.${name}`)).filter((text) => RECORD.test(text));
    if (records.length > 0) return { published: true, strict: records.some((text) => STRICT.test(text)) };
  }
  return { published: false, strict: false };
}

function namesUpTo(domain: string, organization: string): string[] {
  const labels = domain.split(".");
  const depth = Math.max(0, labels.length - organization.split(".").length);
  const names = Array.from({ length: depth + 1 }, (_, skipped) => labels.slice(skipped).join("."));
  // The domain itself, and the nearest to the top.
  return names.length <= MAX_LOOKUPS ? names : [domain, ...names.slice(1 - MAX_LOOKUPS)];
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
