import { onTestFinished } from "vitest";
import type { AccountConfigInput } from "../../src/index.ts";
import { type TestMailServerOptions, startMailServer } from "../../src/testing/testing.ts";
import type { DovecotHandle } from "../servers/dovecot-handle.ts";
import { type FaultProxy, startFaultProxy } from "../servers/fault-proxy.ts";
import { dovecotAvailable, freshUser, sharedDovecots } from "../servers/shared.ts";

/** A fresh, empty mailbox on some server, reached through a proxy that can break the connection. */
export interface ReceivingAccount extends AsyncDisposable {
  readonly config: AccountConfigInput;
  readonly proxy: FaultProxy;
  /** Resolves once the server has stored the mail. */
  deliver(raw: string | Buffer): Promise<void>;
  mails(): Promise<{ uid: number; flags: readonly string[] }[]>;
}

export interface ReceivingServer {
  readonly name: string;
  readonly available: boolean;
  readonly mode: "idle" | "poll";
  account(): Promise<ReceivingAccount>;
}

type Security = "direct TLS" | "STARTTLS" | "no TLS";

const SECURITY: Record<Security, Pick<AccountConfigInput, "tls" | "tlsVerify" | "imapStarttls">> = {
  "direct TLS": { tls: true, tlsVerify: false },
  STARTTLS: { tls: true, tlsVerify: false, imapStarttls: true },
  "no TLS": { tls: false },
};

function dovecot(security: Security, mode: "idle" | "poll"): ReceivingServer {
  const shared = sharedDovecots();
  const server: DovecotHandle = mode === "idle" ? shared.plain : shared.withoutIdle;
  return {
    name: `Dovecot, ${security}${mode === "poll" ? ", without IDLE" : ""}`,
    available: dovecotAvailable,
    mode,
    async account() {
      const user = freshUser();
      const port = security === "direct TLS" ? server.ports.imaps : server.ports.imap;
      const proxy = await startFaultProxy({ target: { host: server.host, port } });
      return {
        config: accountConfig(user, server.password, proxy, security),
        proxy,
        deliver: async (raw) => await server.deliver(raw, { user }),
        mails: async () => await server.mails({ user }),
        [Symbol.asyncDispose]: async () => await proxy[Symbol.asyncDispose](),
      };
    },
  };
}

const EMBEDDED_TLS: Record<Security, NonNullable<TestMailServerOptions["tls"]>> = {
  "direct TLS": "direct",
  STARTTLS: "starttls",
  "no TLS": "none",
};

function embedded(security: Security, mode: "idle" | "poll"): ReceivingServer {
  return {
    name: `the embedded server, ${security}${mode === "poll" ? ", without IDLE" : ""}`,
    available: true,
    mode,
    async account() {
      const server = await startMailServer({ tls: EMBEDDED_TLS[security], idle: mode === "idle" });
      const proxy = await startFaultProxy({ target: server.imap });
      return {
        config: accountConfig(server.username, server.password, proxy, security),
        proxy,
        deliver: async (raw) => void (await server.deliver(raw)),
        mails: async () => server.mails().map(({ uid, flags }) => ({ uid, flags: [...flags] })),
        async [Symbol.asyncDispose]() {
          await proxy[Symbol.asyncDispose]();
          await server.close();
        },
      };
    },
  };
}

export function accountConfig(
  username: string,
  password: string,
  proxy: FaultProxy,
  security: Security,
): AccountConfigInput {
  return {
    imapHost: "127.0.0.1",
    imapPort: proxy.port,
    smtpHost: "127.0.0.1",
    smtpPort: 1,
    username,
    password,
    fromAddress: "bot@example.test",
    pollIntervalSeconds: 1,
    ...SECURITY[security],
  };
}

export const RECEIVING_SERVERS: readonly ReceivingServer[] = [
  dovecot("direct TLS", "idle"),
  dovecot("STARTTLS", "idle"),
  dovecot("no TLS", "idle"),
  dovecot("no TLS", "poll"),
  embedded("direct TLS", "idle"),
  embedded("STARTTLS", "idle"),
  embedded("no TLS", "idle"),
  embedded("no TLS", "poll"),
];

/** Disposed when the test that asked for it ends, however it ends. */
export function disposed<T extends AsyncDisposable>(owner: T): T {
  onTestFinished(async () => await owner[Symbol.asyncDispose]());
  return owner;
}
