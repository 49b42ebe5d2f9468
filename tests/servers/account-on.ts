import type { AccountConfigInput } from "../../src/index.ts";
import type { DovecotHandle } from "./dovecot-handle.ts";

/** A bot's account on a test's own servers; both take the one password unless told otherwise. */
export function accountOn(
  { host, ports, password }: Pick<DovecotHandle, "host" | "ports" | "password">,
  sink: { readonly host: string; readonly port: number },
  user: string,
) {
  return {
    imapHost: host,
    imapPort: ports.imaps,
    smtpHost: sink.host,
    smtpPort: sink.port,
    username: user,
    password,
    fromAddress: "bot@example.test",
    tlsVerify: false,
  } satisfies AccountConfigInput;
}
