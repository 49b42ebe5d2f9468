import { isIP } from "node:net";
import { ImapFlow, type ImapFlowOptions, type MessageStructureObject } from "imapflow";
import { ConnectionError } from "../domain/errors.ts";
import { redact, secretForms } from "../runtime/redact.ts";
import type { Logger } from "../runtime/logger.ts";
import { imapError } from "./imap-errors.ts";

/** The library's words, named here so that no other file needs the library. */
export type ImapConnection = ImapFlow;
export type ImapStructure = MessageStructureObject;

export type ImapSecurity = "tls" | "starttls" | "none";

export interface ImapSettings {
  readonly host: string;
  readonly port: number;
  readonly security: ImapSecurity;
  readonly tlsVerify: boolean;
  readonly username: string;
  /** Asked for at every connection, so that a rotated secret is picked up. */
  readonly password: () => Promise<string>;
  readonly proxy: string | undefined;
  /** How long a session without IDLE is silent between two looks. */
  readonly pollIntervalMs: number;
  readonly timing: ImapTiming;
}

export interface ImapTiming {
  readonly connectTimeoutMs: number;
  readonly greetingTimeoutMs: number;
  /** IDLE is ended and taken up again this often; each time the folder is searched as well. */
  readonly idleRenewMs: number;
  /** No byte for the renewal (or the poll interval) plus this: the connection is taken for dead. */
  readonly deadAfterMs: number;
  readonly logoutTimeoutMs: number;
}

/**
 * Renewal plus dead-after is a minute, so a server that hangs while its TCP stack still answers is left within one;
 * a vanished host is noticed by TCP keep-alive in about 15 s.
 */
export const DEFAULT_IMAP_TIMING: ImapTiming = {
  connectTimeoutMs: 30_000,
  greetingTimeoutMs: 15_000,
  idleRenewMs: 45_000,
  deadAfterMs: 15_000,
  logoutTimeoutMs: 2_000,
};

/** A literal is a whole small mail (WHOLE_MAIL_BYTES in inbox/intake.ts) or a 1 MB slice of a larger one. */
const MAX_LITERAL_BYTES = 8 << 20;
/** 250 small mails of one FETCH are separate responses; this bounds one response, and a SEARCH line of a million UIDs. */
const MAX_RESPONSE_BYTES = 16 << 20;
const MAX_RESPONSE_TOKENS = 1_500_000;

/** `imap.example.org:993`, as every sentence about this server names it. */
export function imapWhere({ host, port }: Pick<ImapSettings, "host" | "port">): string {
  return `IMAP server ${host}:${port}`;
}

/**
 * A logged-in connection without a folder open. Rejects with LoginRefusedError, ServerBusyError,
 * InsecureConnectionError or ConnectionError.
 */
export async function connectImap(settings: ImapSettings, logger: Logger, signal: AbortSignal): Promise<ImapFlow> {
  const password = await settings.password();
  if (signal.aborted) throw new ConnectionError(`${imapWhere(settings)}: stopped before connecting`);
  const client = new ImapFlow(clientOptions(settings, password, logger));
  // Without a listener an error event ends the process; the close event and the rejected call tell us all we need.
  client.on("error", (error: unknown) =>
    logger.log("debug", "imap connection error", {
      error: redact(String(error), secretForms(settings.username, password)),
    }),
  );
  const onAbort = () => client.close();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    await client.connect();
    return client;
  } catch (error) {
    client.close();
    throw imapError(error, imapWhere(settings), secretForms(settings.username, password));
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

function clientOptions(settings: ImapSettings, password: string, logger: Logger): ImapFlowOptions {
  const { host, port, security, timing } = settings;
  const secrets = secretForms(settings.username, password);
  const say = (entry: { msg?: string; err?: { message?: string } }) =>
    logger.log("debug", `imap: ${redact(entry.msg ?? entry.err?.message ?? "", secrets)}`);
  return {
    host,
    port,
    secure: security === "tls",
    ...(security === "tls" ? {} : { doSTARTTLS: security === "starttls" }),
    auth: { user: settings.username, pass: password },
    tls: {
      minVersion: "TLSv1.2",
      rejectUnauthorized: settings.tlsVerify,
      // RFC 6066 section 3: a server name is never an IP address.
      ...(isIP(host) ? {} : { servername: host }),
    },
    ...(settings.proxy === undefined ? {} : { proxy: settings.proxy }),
    clientInfo: { name: "mailport" },
    disableAutoIdle: true,
    disableCompression: true,
    connectionTimeout: timing.connectTimeoutMs,
    greetingTimeout: timing.greetingTimeoutMs,
    // Our own watchdog speaks first; this one is for a connection that is not open far enough to have one.
    socketTimeout: Math.max(timing.idleRenewMs, settings.pollIntervalMs) + 2 * timing.deadAfterMs,
    maxLiteralSize: MAX_LITERAL_BYTES,
    maxLineLength: MAX_RESPONSE_BYTES,
    maxResponseSize: MAX_RESPONSE_BYTES,
    maxResponseTokens: MAX_RESPONSE_TOKENS,
    logger: { debug() {}, info() {}, warn: say, error: say },
  };
}

/** RFC 3501 section 6.3.1 lets a server leave UIDNEXT out: then it is above the highest UID there is. */
export async function nextUid(client: ImapConnection, announced: number | undefined): Promise<number> {
  if (announced !== undefined && announced > 0) return announced;
  const found = await client.search({ uid: "*" }, { uid: true });
  return Math.max(0, ...(Array.isArray(found) ? found : [])) + 1;
}
