import type { TestProject } from "vitest/node";
import { type Certificates, certificates } from "./certificates.ts";
import { CleanUp } from "./clean-up.ts";
import { findDovecot, startDovecot } from "./dovecot.ts";
import type { DovecotAddress } from "./dovecot-handle.ts";

/** What the test workers are told about the servers of this run; plain data only. */
export type SharedDovecots =
  | { readonly available: true; readonly plain: DovecotAddress; readonly withoutIdle: DovecotAddress }
  | { readonly available: false; readonly reason: string };

declare module "vitest" {
  export interface ProvidedContext {
    mailportCertificates: Certificates;
    mailportDovecots: SharedDovecots;
  }
}

/** One Dovecot with IDLE and one without, for the whole run. Takes about 0.4 s once the packages are fetched. */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  project.provide("mailportCertificates", await certificates());
  const program = await findDovecot();
  if (!program.available) {
    if (process.env["CI"]) throw new Error(`real Dovecot tests must run in CI: ${program.reason}`);
    console.error(`SKIPPED: real Dovecot tests (tests/servers/global-setup.ts): ${program.reason}`);
    project.provide("mailportDovecots", { available: false, reason: program.reason });
    return undefined;
  }
  await using started = new CleanUp();
  const plain = started.use(await startDovecot({ program }));
  const withoutIdle = started.use(await startDovecot({ program, idle: false }));
  project.provide("mailportDovecots", {
    available: true,
    plain: addressOf(plain),
    withoutIdle: addressOf(withoutIdle),
  });
  return started.keep();
}

function addressOf({ host, ports, password, ca, folder, owner, program }: DovecotAddress): DovecotAddress {
  return { host, ports, password, ca, folder, owner, program };
}
