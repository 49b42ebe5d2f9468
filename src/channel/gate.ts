import { DnsError } from "../domain/errors.ts";
import type { IntakeOptions } from "../inbox/intake-options.ts";
import { POLICY_FIELDS, decide } from "../policy/decide.ts";
import { VERIFICATION_FIELDS } from "../policy/verify-sender.ts";
import type { Parts } from "./parts.ts";

/** What becomes of mails, and why, by stable names. */
export type CountMail = (what: "refused" | "accepted" | "deferred", reason: string) => void;

/** What the intake asks about a mail before it reads it, answered by the rules. `judgeMail` answers all of it at once. */
export function gate(
  { policy, verifier }: Pick<Parts, "policy" | "verifier">,
  count: CountMail,
): Pick<IntakeOptions, "decide" | "verify" | "headerFields"> {
  const fields = verifier.active ? [...new Set([...POLICY_FIELDS, ...VERIFICATION_FIELDS])] : POLICY_FIELDS;
  return {
    decide: (header) => decide(header, policy),
    headerFields: policy.allowList.open ? [] : fields,
    async verify(evidence) {
      try {
        return await verifier.verify(evidence);
      } catch (error) {
        if (error instanceof DnsError) count("deferred", "dns-failure");
        throw error;
      }
    },
  };
}
