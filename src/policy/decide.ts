import type { AllowList } from "./allow-list.ts";
import { AUTOMATIC_FIELDS, automaticSign } from "./automatic.ts";
import { type Decision, refuse } from "./decision.ts";
import { canonicalAddress, readFrom } from "./from-header.ts";
import { readHeaderFields, valuesOf } from "./header-fields.ts";

export interface PolicyOptions {
  readonly allowList: AllowList;
  /** The bot's own addresses: mail from them is never answered. */
  readonly ownAddresses: readonly string[];
  readonly automaticMail: "ignore" | "deliver";
}

/** RFC 5321 section 6.3 wants at least 100; Postfix stops at 50. */
const MAX_RECEIVED = 50;

/** What `decide` reads: a fetch of only these fields decides about most strangers. */
export const POLICY_FIELDS: readonly string[] = ["from", ...AUTOMATIC_FIELDS];

/**
 * Whether the mail with this raw header may reach the bot: all rules in order, the first refusal wins. Runs on a few
 * fields before the body is there and on the whole header after.
 */
export function decide(headerBlock: Uint8Array, { allowList, ownAddresses, automaticMail }: PolicyOptions): Decision {
  const header = readHeaderFields(headerBlock);
  const from = readFrom(header);
  if (from.verdict === "refuse") return from;
  const { address } = from;
  if (ownAddresses.some((own) => canonicalAddress(own) === withoutDetail(address)))
    return refuse("own-message", "From is our own address");
  const { allowed, rule } = allowList.judge(address);
  if (!allowed) return rule === undefined ? refuse("not-allowed", "no entry of allowFrom") : refuse("denied", rule);
  if (valuesOf(header, "received").length > MAX_RECEIVED) return refuse("loop", "Received");
  const sign = automaticMail === "ignore" ? automaticSign(header, address) : undefined;
  return sign === undefined ? from : refuse("automatic", sign);
}

/** `bot+x@b.org` is delivered to `bot@b.org` (RFC 5233): nobody else writes from it. */
function withoutDetail(address: string): string {
  const at = address.lastIndexOf("@");
  return `${address.slice(0, at).replace(/\+.*$/, "")}${address.slice(at)}`;
}
