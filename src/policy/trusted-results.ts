import { domainToASCII } from "node:url";
import { type AuthenticationResults, readAuthenticationResults } from "./authentication-results.ts";
import { type HeaderFields, utf8Of } from "./header-fields.ts";
import { type Hop, readHop } from "./received.ts";

/** An entry of `trustedAuthservIds` for the one provider that writes no authserv-id. */
export const MICROSOFT_365 = "microsoft365";

/** Whose Authentication-Results are believed. */
export interface ResultsTrust {
  /** Lower case, exactly as these servers write them. */
  readonly ids: readonly string[];
  readonly microsoft365: boolean;
}

export function trustIn(entries: readonly string[]): ResultsTrust {
  const ids = entries.map((entry) => entry.toLowerCase());
  return { ids: ids.filter((id) => id !== MICROSOFT_365), microsoft365: ids.includes(MICROSOFT_365) };
}

export function believesAnybody({ ids, microsoft365 }: ResultsTrust): boolean {
  return ids.length > 0 || microsoft365;
}

/**
 * What trusted servers say about DMARC of the From domain. `none`: nothing that decides; `forged`: somebody wrote results
 * in the name of a trusted server.
 */
export interface ResultsVerdict {
  readonly verdict: "pass" | "fail" | "forged" | "none";
  readonly detail: string;
}

interface Found {
  readonly results: AuthenticationResults;
  /** Received headers above it. */
  readonly hopsAbove: number;
}

/**
 * Only results above the first Received that no trusted server wrote count; only the topmost block of them can let anybody
 * in, and the worst of all of them wins (RFC 8601 sections 5 and 7.1).
 */
export function readTrustedResults(header: HeaderFields, fromDomain: string, trust: ResultsTrust): ResultsVerdict {
  if (!believesAnybody(trust)) return NOTHING;
  const found: Found[] = [];
  const way = new Way(trust);
  for (const { name, value } of header.fields) {
    if (name === "received") way.pass(readHop(value));
    if (name !== "authentication-results") continue;
    const results = readAuthenticationResults(value);
    const owner = ownerOf(results, trust);
    if (owner === "disguised") return { verdict: "forged", detail: "a trusted authserv-id in disguise" };
    if (owner === "other") continue;
    if (way.isOurs) found.push({ results, hopsAbove: way.hops });
    // Whoever sends from Microsoft 365 has results without an id of his own.
    else if (owner === "named") return { verdict: "forged", detail: "results below a Received of somebody else" };
  }
  return combine(found, fromDomain);
}

export const NOTHING: ResultsVerdict = { verdict: "none", detail: "no trusted results" };

function combine(found: readonly Found[], fromDomain: string): ResultsVerdict {
  const top = found.filter(({ hopsAbove }) => hopsAbove === found[0]?.hopsAbove);
  const counting = found.filter((one) => one.results.authservId !== undefined || top.includes(one));
  const dmarc = counting.flatMap(({ results }) => results.results.filter(({ method }) => method === "dmarc"));
  if (dmarc.some(({ result }) => result === "fail")) return { verdict: "fail", detail: "dmarc=fail" };
  const named = dmarc.map(({ properties }) => properties.get("header.from"));
  if (named.some((domain) => domain !== undefined && asciiDomain(domain) !== fromDomain))
    return { verdict: "fail", detail: "results about another domain" };
  const passes =
    counting.every(({ results }) => !results.broken) &&
    dmarc.every(({ result }) => result === "pass") &&
    named.every((domain) => domain !== undefined) &&
    top.some(({ results }) => results.results.some(({ method }) => method === "dmarc"));
  return passes ? { verdict: "pass", detail: "dmarc=pass" } : { verdict: "none", detail: "no trusted DMARC result" };
}

/** Whose results these claim to be. A name that is one of ours but not written as ours is (S-A5) is a trick. */
function ownerOf(
  { authservId, plainId }: AuthenticationResults,
  trust: ResultsTrust,
): "named" | "unnamed" | "disguised" | "other" {
  if (authservId === undefined) return trust.microsoft365 ? "unnamed" : "other";
  if (plainId && trust.ids.includes(authservId.toLowerCase())) return "named";
  const bare = undisguised(utf8Of(authservId));
  return trust.ids.some((own) => undisguised(own) === bare) ? "disguised" : "other";
}

function undisguised(id: string): string {
  const visible = id
    .normalize("NFKC")
    .replace(/[\p{C}\s]/gu, "")
    .replace(/\.+$/, "")
    .toLowerCase();
  return domainToASCII(visible) || visible;
}

function asciiDomain(text: string): string {
  return domainToASCII(utf8Of(text)) || text.toLowerCase();
}

/**
 * The way of a mail backwards, from the mailbox to the sender: ours until the server that took it in from outside; what
 * lies below the next Received after that, the sender may have written.
 */
class Way {
  hops = 0;
  isOurs = true;
  #takenIn = false;
  readonly #trust: ResultsTrust;

  constructor(trust: ResultsTrust) {
    this.#trust = trust;
  }

  pass(hop: Hop): void {
    const isOwn = this.#isOwn(hop.by);
    // The delivery into the mailbox has the first word, whatever that host is called.
    const isDelivery = hop.lmtp && !this.#takenIn;
    this.hops++;
    if (this.#takenIn || !(isOwn || isDelivery)) this.isOurs = false;
    if (isOwn && this.#isFromOutside(hop)) this.#takenIn = true;
    if (!hop.lmtp && !isOwn) this.#takenIn = true;
  }

  #isOwn(host: string): boolean {
    const { ids, microsoft365 } = this.#trust;
    if (ids.some((id) => isOrBelow(host, id))) return true;
    if (ids.includes("mx.google.com") && GOOGLE_HOST.test(host)) return true;
    return microsoft365 && isOrBelow(host, "outlook.com");
  }

  #isFromOutside({ from, fromPublicAddress }: Hop): boolean {
    if (from === "") return false;
    // Microsoft's and Google's own servers talk to each other from public addresses.
    const { ids, microsoft365 } = this.#trust;
    if (microsoft365 && isOrBelow(from, "outlook.com")) return false;
    if (ids.includes("mx.google.com") && isOrBelow(from, "google.com")) return false;
    return fromPublicAddress || !(from === "localhost" || /^\[?(?:127\.|ipv6:::1|::1)/.test(from) || this.#isOwn(from));
  }
}

/** Google's inner hops name no host: 2002:a00::/24 stands for 10.0.0.0/8 (RFC 3056), which nobody outside can have. */
const GOOGLE_HOST = /^(?:2002:a[0-9a-f]{2}:[0-9a-f:]+|(?:[a-z0-9-]+\.)*google\.com)$/;

function isOrBelow(host: string, domain: string): boolean {
  return host === domain || host.endsWith(`.${domain}`);
}
