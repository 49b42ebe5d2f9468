import type { AccountConfig } from "./account.ts";

type Judged = Pick<AccountConfig, "tls" | "tlsVerify" | "allowFrom">;

export const TLS_DISABLED = "email: TLS disabled — connections are unencrypted (insecure)";
export const TLS_NOT_VERIFIED = "email: TLS certificate verification disabled — insecure";
export const ANYONE_MAY_TALK = "email: allowFrom is empty — anyone can talk to this bot";

/** What an operator must be told once at every start. The texts are part of the contract. */
export function startupWarnings({ tls, tlsVerify, allowFrom }: Judged): string[] {
  return [
    ...(tls ? [] : [TLS_DISABLED]),
    ...(tlsVerify ? [] : [TLS_NOT_VERIFIED]),
    ...(allowFrom.length > 0 ? [] : [ANYONE_MAY_TALK]),
  ];
}
