import { DnsError } from "../domain/errors.ts";
import type { IntakeOptions } from "../inbox/intake-options.ts";
import { POLICY_FIELDS, decide } from "../policy/decide.ts";
import { VERIFICATION_FIELDS } from "../policy/verify-sender.ts";
import { Admitted } from "./admitted.ts";
import type { Parts } from "./parts.ts";

/** What becomes of mails, and why, by stable names. */
export type CountMail = (what: "refused" | "accepted" | "deferred", reason: string) => void;

/** What the intake asks about a mail before it reads it, answered by the rules of the moment. `judgeMail` answers all of it at once. */
export function gate(
  parts: Pick<Parts, "policy" | "verifier">,
  count: CountMail,
): Pick<IntakeOptions, "decide" | "verify" | "headerFields"> {
  return {
    decide(header) {
      const { policy } = parts;
      const decision = decide(header, policy);
      return decision.verdict === "refuse"
        ? decision
        : { ...decision, admission: new Admitted({ ...decision, policy }) };
    },
    headerFields() {
      if (parts.policy.allowList.open) return [];
      return parts.verifier.active ? WITH_VERIFICATION : POLICY_FIELDS;
    },
    async verify(evidence) {
      try {
        return await parts.verifier.verify(evidence);
      } catch (error) {
        if (error instanceof DnsError) count("deferred", "dns-failure");
        throw error;
      }
    },
  };
}

const WITH_VERIFICATION: readonly string[] = [...new Set([...POLICY_FIELDS, ...VERIFICATION_FIELDS])];
