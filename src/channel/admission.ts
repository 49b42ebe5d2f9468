import { domainToUnicode } from "node:url";
import type { AccountConfig } from "../config/schema.ts";
import { AllowList } from "../policy/allow-list.ts";
import { decide } from "../policy/decide.ts";
import type { RefusalReason } from "../policy/decision.ts";
import { policyOf } from "./rules.ts";

/** What the rules say of an address, before anything is known of a mail. JSON-safe. */
export interface Admission {
  readonly allowed: boolean;
  /** `everyone` while allowFrom is empty, `allowed`, or the reason of the refusal that a mail would meet. */
  readonly reason: "everyone" | "allowed" | RefusalReason;
  /** Which rule or header decided; may be empty. */
  readonly detail: string;
  /** The entry that names the address, and its list. */
  readonly rule: { readonly list: "allowFrom" | "denyFrom"; readonly entry: string } | null;
  /** As entries are compared with it: ASCII letters in lower case, the domain in its ASCII form; null: it has no such form. */
  readonly canonical: string | null;
  /** The same with the domain as people read it. */
  readonly readable: string | null;
}

/** As if a mail came with nothing but this From, by the very rules that mails meet. `from`: what stands behind "From:". */
export function admission(from: string, account: AccountConfig): Admission {
  // Whom a mail is to is nothing that an address could tell.
  const policy = { ...policyOf(account), requireAddressed: false };
  const header = Buffer.from(`From: ${from}\r\n\r\n`);
  const decision = decide(header, policy);
  const anybody = decide(header, { ...policy, ...OPEN });
  const canonical = anybody.verdict === "accept" ? anybody.address : null;
  const { allowed, rule } = canonical === null ? NO_RULE : policy.allowList.judge(canonical);
  return {
    ...(decision.verdict === "accept"
      ? { allowed: true, reason: policy.allowList.open ? "everyone" : "allowed", detail: rule ?? "" }
      : { allowed: false, reason: decision.reason, detail: decision.detail }),
    rule: rule === undefined ? null : { list: allowed ? "allowFrom" : "denyFrom", entry: rule },
    canonical,
    readable: canonical === null ? null : readable(canonical),
  };
}

/** No rules but those that the address itself must meet. */
const OPEN = { allowList: new AllowList([], []), ownAddresses: [], automaticMail: "deliver" } as const;
const NO_RULE = { allowed: false, rule: undefined };

function readable(address: string): string {
  const at = address.lastIndexOf("@");
  return `${address.slice(0, at)}@${domainToUnicode(address.slice(at + 1))}`;
}
