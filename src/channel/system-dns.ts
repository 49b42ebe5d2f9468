import { Resolver } from "node:dns/promises";
import type { ResolveText } from "../policy/dns-texts.ts";

/** The first try's patience; the second waits twice as long. What asks has its own limit above both. */
const TRY_MS = 1_500;
const TRIES = 2;

/** The name servers of this machine. `cancel` ends what is under way, so that it keeps no process alive. */
export function systemDns(): { readonly resolve: ResolveText; readonly cancel: () => void } {
  const resolver = new Resolver({ timeout: TRY_MS, tries: TRIES });
  return { resolve: async (name) => await resolver.resolveTxt(name), cancel: () => resolver.cancel() };
}
