import { inject } from "vitest";
import { type Certificates, certificates, useCertificates } from "./certificates.ts";
import { type DovecotHandle, dovecotHandle } from "./dovecot-handle.ts";
import type { SharedDovecots } from "./global-setup.ts";

/**
 * The servers of this run, for tests:
 *
 *     describe.skipIf(!dovecotAvailable)("against a real server", () => {
 *       const { plain } = sharedDovecots();
 *       const user = freshUser();
 */
const provided: SharedDovecots = inject("mailportDovecots") ?? {
  available: false,
  reason: "tests/servers/global-setup.ts is not in the vitest config",
};

const given: Certificates | undefined = inject("mailportCertificates");
if (given !== undefined) useCertificates(given);

export const dovecotAvailable: boolean = provided.available;

/** Why not; undefined when it is. */
export const dovecotReason: string | undefined = provided.available ? undefined : provided.reason;

/** Safe to call while tests are collected: without Dovecot it throws only when a member is used. */
export function sharedDovecots(): { readonly plain: DovecotHandle; readonly withoutIdle: DovecotHandle } {
  if (!provided.available) return { plain: missing(provided.reason), withoutIdle: missing(provided.reason) };
  return { plain: dovecotHandle(provided.plain), withoutIdle: dovecotHandle(provided.withoutIdle) };
}

/** The run's certificates; made here if there was no global set-up. */
export function sharedCertificates(): Promise<Certificates> {
  return certificates();
}

let users = 0;

/** A user nobody else has: every test gets a mailbox of its own on the shared server. */
export function freshUser(): string {
  return `user-${process.pid}-${Date.now().toString(36)}-${users++}@example.test`;
}

function missing(reason: string): DovecotHandle {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- It has no members on purpose.
  return new Proxy({} as DovecotHandle, {
    get() {
      throw new Error(`there is no Dovecot: ${reason}`);
    },
  });
}
