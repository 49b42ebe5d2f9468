/**
 * Names that nobody can have in the DNS, or that stand in examples: RFC 2606, RFC 6761, RFC 6762 (local), RFC 7686 (onion),
 * RFC 8375 (home.arpa), RFC 9476 (alt), and "internal", which ICANN keeps out of the root.
 */
const RESERVED = [
  "test", "example", "invalid", "localhost", "local", "onion", "alt", "internal", "home.arpa",
  "example.com", "example.net", "example.org",
]; // prettier-ignore

/** Nothing can be published for it, so there is nothing to ask for. */
export function isReserved(domain: string): boolean {
  return RESERVED.some((name) => domain === name || domain.endsWith(`.${name}`));
}
