import type { AccountConfig } from "./account.ts";

type Judged = Pick<AccountConfig, "tls" | "tlsVerify" | "allowFrom">;

export interface StartWarning {
  readonly id: string;
  readonly severity: "warning";
  readonly message: string;
  readonly path: string;
  readonly fix: string;
  readonly when: (account: Judged) => boolean;
}

/** What an operator must be told once at every start. The messages are part of the contract, word for word. */
export const START_WARNINGS: readonly StartWarning[] = [
  {
    id: "tls-disabled",
    severity: "warning",
    message: "email: TLS disabled — connections are unencrypted (insecure)",
    path: "tls",
    fix: "remove it; false is only for a local test server",
    when: ({ tls }) => !tls,
  },
  {
    id: "tls-not-verified",
    severity: "warning",
    message: "email: TLS certificate verification disabled — insecure",
    path: "tlsVerify",
    fix: "remove it; false is only for a self-signed test certificate",
    when: ({ tlsVerify }) => !tlsVerify,
  },
  {
    id: "allow-from-empty",
    severity: "warning",
    message: "email: allowFrom is empty — anyone can talk to this bot",
    path: "allowFrom",
    fix: "list the addresses and domains that may talk to the bot",
    when: ({ allowFrom }) => allowFrom.length === 0,
  },
];

export function startupWarnings(account: Judged): string[] {
  return START_WARNINGS.filter(({ when }) => when(account)).map(({ message }) => message);
}
