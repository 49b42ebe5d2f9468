import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Screening } from "../../src/channel/screening.ts";
import { AllowList } from "../../src/policy/allow-list.ts";
import { decide, type PolicyOptions } from "../../src/policy/decide.ts";
import { headerEnd } from "../../src/domain/header-end.ts";
import { silentLogger } from "../../src/runtime/logger.ts";

const FOLDER = resolve(import.meta.dirname, "../mail");

export const POLICY: PolicyOptions = {
  allowList: new AllowList([], []),
  ownAddresses: ["bot@example.test"],
  automaticMail: "ignore",
};

/** What the channel makes of a mail: both looks at it, with nothing of ours sent yet. */
export async function verdictOn(mail: Buffer, policy: PolicyOptions = POLICY): Promise<string> {
  const first = decide(mail.subarray(0, headerEnd(mail)), policy);
  if (first.verdict === "refuse") return `${first.reason}: ${first.detail}`;
  const screening = new Screening({
    policy: () => policy,
    sent: { has: async () => false, returned: async () => false },
    secret: async () => Buffer.alloc(32, 1),
    logger: silentLogger,
  });
  const second = await screening.judge(mail);
  return second ? `${second.reason}: ${second.detail}` : "accept";
}

/** Name and bytes of every mail of a folder below tests/mail. */
export function mailsOf(folder: string): (readonly [name: string, mail: Buffer])[] {
  return readdirSync(join(FOLDER, folder))
    .filter((name) => name.endsWith(".eml"))
    .toSorted()
    .map((name) => [name.replace(/\.eml$/, ""), readFileSync(join(FOLDER, folder, name))]);
}
