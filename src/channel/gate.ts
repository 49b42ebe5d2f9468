import { DnsError } from "../domain/errors.ts";
import type { IntakeOptions } from "../inbox/intake-options.ts";
import { decide } from "../policy/decide.ts";
import { Admitted } from "./admitted.ts";
import type { Parts } from "./parts.ts";

/** What becomes of mails, and why, by stable names. */
export type CountMail = (what: "refused" | "accepted" | "deferred", reason: string) => void;

/** What the intake asks about a mail before it reads it, answered by the rules of the moment. `judgeMail` answers all of it at once. */
export function gate(
  parts: Pick<Parts, "policy" | "verifier">,
  count: CountMail,
): Pick<IntakeOptions, "decide" | "verify" | "isOpen"> {
  return {
    decide(header) {
      const { policy } = parts;
      const decision = decide(header, policy);
      return decision.verdict === "refuse"
        ? decision
        : { ...decision, admission: new Admitted({ ...decision, policy }) };
    },
    isOpen: () => parts.policy.allowList.open,
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
