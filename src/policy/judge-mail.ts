import { bodyStart, headerEnd } from "../domain/header-end.ts";
import { type PolicyOptions, decide } from "./decide.ts";
import type { Refused } from "./decision.ts";
import type { Proof, SenderVerifier } from "./verify-sender.ts";

export type Judgement = Refused | { readonly verdict: "accept"; readonly address: string; readonly proof: Proof };

/**
 * The whole verdict about a mail that is there, by the rules that the channel follows: `decide` on the header, then who
 * wrote it. Rejects with DnsError when that cannot be told now.
 */
export async function judgeMail(
  mail: Buffer,
  receivedAt: Date,
  { policy, verifier }: { readonly policy: PolicyOptions; readonly verifier: SenderVerifier },
): Promise<Judgement> {
  const end = headerEnd(mail);
  const header = mail.subarray(0, end);
  const decision = decide(header, policy);
  if (decision.verdict === "refuse") return decision;
  const { address } = decision;
  const body = mail.subarray(bodyStart(mail, end));
  const proof = await verifier.verify({ header, address, receivedAt, body });
  if (proof.verdict === "undecided") throw new Error("nobody said who wrote a mail that is all there");
  return proof.verdict === "refuse" ? proof : { verdict: "accept", address, proof };
}
