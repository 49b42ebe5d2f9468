type GetDomain = (host: string) => string | null;

let getDomain: GetDomain | undefined;

/**
 * The domain that somebody registered, by the public suffix list, its private part too: whoever has a page at a hoster is
 * not the hoster. The domain itself when it is a public suffix, or no name at all.
 */
export async function organizationalDomain(domain: string): Promise<string> {
  // Half a megabyte of list, only for whoever verifies.
  getDomain ??= (await import("tldts")).getDomain as GetDomain;
  return listed(getDomain, domain);
}

function listed(lookUp: (host: string, options?: object) => string | null, domain: string): string {
  return lookUp(domain, { allowPrivateDomains: true, validateHostname: false }) ?? domain;
}
