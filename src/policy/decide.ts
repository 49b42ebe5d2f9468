import type { AllowList } from "./allow-list.ts";
import { automaticSign, bounceSign, type SignOptions } from "./automatic.ts";
import { automaticContent, type MailContent } from "./automatic-content.ts";
import { type Decision, refuse, type Refused } from "./decision.ts";
import { canonicalAddress, readFrom } from "./from-header.ts";
import { type HeaderFields, readHeaderFields, valuesOf } from "./header-fields.ts";

export interface PolicyOptions extends SignOptions {
  readonly allowList: AllowList;
  /** The bot's own addresses: mail from them is never answered. */
  readonly ownAddresses: readonly string[];
  readonly automaticMail: "ignore" | "deliver";
  /** RFC 3834 section 2: no answer to mail that does not name us. */
  readonly requireAddressed?: boolean;
}

/** RFC 5321 section 6.3 wants at least 100; Postfix stops at 50. */
const MAX_RECEIVED = 50;

/**
 * Whether the mail with this raw header may reach the bot: all rules in order, the first refusal wins. A refusal that
 * `mayReport` is that of a mail which may tell what became of one of ours: its body is to be read for that, and for nothing
 * else.
 */
export function decide(headerBlock: Uint8Array, options: PolicyOptions): Decision {
  const header = readHeaderFields(headerBlock);
  // Mail servers write From as they like, and stand in nobody's allow-list.
  const mayReport = bounceSign(header, looseFrom(header)) !== undefined;
  if (mayReport && options.automaticMail === "ignore") return { ...refuse("automatic", "delivery-report"), mayReport };
  const decision = judge(header, options);
  return mayReport && decision.verdict === "refuse" ? { ...decision, mayReport } : decision;
}

function judge(header: HeaderFields, options: PolicyOptions): Decision {
  const { allowList, ownAddresses, automaticMail, requireAddressed } = options;
  const from = readFrom(header);
  if (from.verdict === "refuse") return from;
  const { address } = from;
  if (isOwn(address, ownAddresses)) return refuse("own-message", "From is our own address");
  const { allowed, rule } = allowList.judge(address);
  if (!allowed) return rule === undefined ? refuse("not-allowed", "no entry of allowFrom") : refuse("denied", rule);
  if (valuesOf(header, "received").length > MAX_RECEIVED) return refuse("loop", "Received");
  const sign = automaticMail === "ignore" ? automaticSign(header, address, options) : undefined;
  if (sign !== undefined) return refuse("automatic", sign);
  return requireAddressed && !isAddressed(header, ownAddresses)
    ? refuse("not-addressed", "neither To nor Cc names us")
    : { ...from, header };
}

/** The rules that need more than the header; undefined: nothing is found. For mail that `decide` lets in. */
export function decideContent(
  header: HeaderFields,
  content: MailContent,
  { automaticMail }: Pick<PolicyOptions, "automaticMail">,
): Refused | undefined {
  if (automaticMail === "deliver") return undefined;
  const sign = automaticContent(header, content);
  return sign === undefined ? undefined : refuse("automatic", sign);
}

/** What shows that a mail is automatic, in its header or its body; undefined for what a person wrote. */
export function automaticMailSign(
  header: HeaderFields,
  content: MailContent,
  options: SignOptions,
): string | undefined {
  return automaticSign(header, looseFrom(header), options) ?? automaticContent(header, content);
}

/** How a delivery report shows itself, or undefined; see `bounceSign`. */
export function reportKind(header: HeaderFields): "standard" | "by-name" | undefined {
  return bounceSign(header, looseFrom(header));
}

/** In any spelling, and with any detail behind a plus sign; an own address that has one itself is only that one. */
function isOwn(address: string, ownAddresses: readonly string[]): boolean {
  const at = address.lastIndexOf("@");
  const bare = `${address.slice(0, at).replace(/\+.*$/, "")}${address.slice(at)}`;
  return ownAddresses.some((own) => {
    const canonical = canonicalAddress(own.toLowerCase()) ?? own.toLowerCase();
    return canonical === address || canonical === bare;
  });
}

/** RFC 3834 section 2. Not Delivered-To: most servers write it into every mail, however that came. */
const RECIPIENT_FIELDS = ["to", "cc", "resent-to", "resent-cc"];

function isAddressed(header: HeaderFields, ownAddresses: readonly string[]): boolean {
  const named = RECIPIENT_FIELDS.flatMap((name) => valuesOf(header, name)).flatMap(
    (value) => value.slice(0, MAX_RECIPIENT_CHARS).match(ANY_ADDRESS) ?? [],
  );
  return named.some((found) => {
    const address = found.toLowerCase().replace(/\.+$/, "");
    return isOwn(canonicalAddress(address) ?? address, ownAddresses);
  });
}

const ANY_ADDRESS = /[^\s<>"'(),:;]{1,64}@[^\s<>"'(),:;]{1,255}/g;
/** A thousand addresses. */
const MAX_RECIPIENT_CHARS = 64 << 10;

/** Whatever looks like the address, to recognise a mail server by; nobody is let in for it. */
function looseFrom(header: HeaderFields): string {
  const value = (valuesOf(header, "from")[0] ?? "").slice(0, 1_000);
  const text = /<([^<>]{1,320})>/.exec(value)?.[1] ?? value.match(ANY_ADDRESS)?.[0] ?? value;
  return text.trim().replace(/[\s(].*$/s, "");
}
