import { canonicalAddress } from "./from-header.ts";

/** `a@b.org`: one person; `@b.org`: everybody there; `*@*.b.org`: everybody at any host below b.org. */
export interface AddressRule {
  /** As it stands in the configuration. */
  readonly text: string;
  readonly matches: (address: string) => boolean;
}

/** Undefined when the text is none of the three forms. */
export function addressRule(text: string): AddressRule | undefined {
  const below = /^\*@\*\.([^@*\s]+)$/.exec(text)?.[1];
  const domain = /^(?:\*)?@([^@*\s]+)$/.exec(text)?.[1];
  const canonical = canonicalAddress((below ?? domain) ? `x@${below ?? domain}` : text.trim());
  if (canonical === undefined || (!(below ?? domain) && text.includes("*"))) return undefined;
  const at = canonical.slice(canonical.lastIndexOf("@"));
  if (below !== undefined)
    return { text, matches: (address) => address.slice(address.lastIndexOf("@") + 1).endsWith(`.${at.slice(1)}`) };
  if (domain !== undefined) return { text, matches: (address) => address.endsWith(at) };
  return { text, matches: (address) => address === canonical };
}

export class AllowList {
  readonly #allow: readonly AddressRule[];
  readonly #deny: readonly AddressRule[];

  constructor(allow: readonly string[], deny: readonly string[]) {
    this.#allow = rules(allow);
    this.#deny = rules(deny);
  }

  /** Whether anybody who is not denied may talk. */
  get open(): boolean {
    return this.#allow.length === 0;
  }

  /** Denial wins. `rule` is the entry that decided, or undefined when none names the address. */
  judge(address: string): { readonly allowed: boolean; readonly rule: string | undefined } {
    const denied = this.#deny.find((rule) => rule.matches(address));
    if (denied) return { allowed: false, rule: denied.text };
    const allowed = this.#allow.find((rule) => rule.matches(address));
    return { allowed: this.open || allowed !== undefined, rule: allowed?.text };
  }
}

/** The configuration has been checked; a rule that is none must still never let anybody in. */
function rules(texts: readonly string[]): AddressRule[] {
  return texts.map((text) => addressRule(text) ?? { text, matches: () => false });
}
