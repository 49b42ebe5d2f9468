import { isDeepStrictEqual } from "node:util";
import type { AccountConfig } from "../config/schema.ts";
import type { ResolveText } from "../policy/dns-texts.ts";
import { SenderVerifier } from "../policy/verify-sender.ts";
import { systemClock } from "../runtime/clock.ts";
import { systemDns } from "./system-dns.ts";

type Wanted = Pick<AccountConfig, "senderVerification" | "trustedAuthservIds">;

/** The verifier for the rules of the moment; another one, with nothing remembered, only when they have changed. */
export class SenderVerifiers {
  readonly #dns: ResolveText | undefined;
  #current: { readonly wanted: Wanted; readonly verifier: SenderVerifier } | undefined;

  constructor(dns: ResolveText | undefined) {
    this.#dns = dns;
  }

  for({ senderVerification, trustedAuthservIds }: Wanted): SenderVerifier {
    const wanted = { senderVerification, trustedAuthservIds };
    if (this.#current !== undefined && isDeepStrictEqual(this.#current.wanted, wanted)) return this.#current.verifier;
    const { resolve, cancel } = this.#dns === undefined ? systemDns() : { resolve: this.#dns, cancel: () => undefined };
    // Limits on the network are in real time, whatever clock the channel goes by.
    const options = { mode: senderVerification, trustedAuthservIds, resolve, cancel, clock: systemClock };
    // What the one before has under way is left to end by itself: a mail waits for it.
    this.#current = { wanted, verifier: new SenderVerifier(options) };
    return this.#current.verifier;
  }
}
