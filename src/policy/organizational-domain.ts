type GetDomain = (host: string, options: object) => string | null;

let getDomain: GetDomain | undefined;

/**
 * The domain that somebody registered, by the public suffix list, its private part too: whoever has a page at a hoster is
 * not the hoster. Undefined for a public suffix: those below it are strangers to it.
 */
export async function organizationalDomain(domain: string): Promise<string | undefined> {
  // Half a megabyte of list, only for whoever verifies.
  getDomain ??= (await import("tldts")).getDomain;
  return getDomain(domain, { allowPrivateDomains: true, validateHostname: false }) ?? undefined;
}
