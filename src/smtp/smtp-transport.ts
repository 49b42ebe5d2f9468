import type { Socket } from "node:net";
import type { Readable } from "node:stream";
import MailComposer from "nodemailer/lib/mail-composer";
import MimeNode from "nodemailer/lib/mime-node";
import SMTPConnection, { type Options as ConnectionOptions } from "nodemailer/lib/smtp-connection";
import type { Logger } from "../runtime/logger.ts";
import { alternativeBody, wholeMail } from "./alternative.ts";
import { type OpenAttachments, openAttachments } from "./attachment-files.ts";
import { coalesced } from "./coalesce.ts";
import { parseEhlo } from "./ehlo.ts";
import { LibrarySession } from "./library-session.ts";
import type { SmtpMail, SmtpProbe, SubmitOutcome } from "./mail.ts";
import { alternativeBoundary, mimeOptions } from "./mime.ts";
import { connectThroughProxy } from "./proxy.ts";
import { secretForms } from "../runtime/redact.ts";
import { SessionPool } from "./session-pool.ts";
import { SmtpError, type SmtpSession } from "./session.ts";
import { completeSettings, type CompleteSmtpSettings, passwordOf, type SmtpSettings, smtpWhere } from "./settings.ts";
import { smtpProblem } from "./smtp-problem.ts";
import { submitMail } from "./submit.ts";

export type { SmtpMail, SmtpProbe, SubmitOutcome } from "./mail.ts";
export type { SmtpSettings } from "./settings.ts";

export interface SmtpTransport extends AsyncDisposable {
  /**
   * One attempt. Rejects only with InvalidMessageError; whatever the server or the network did is an outcome.
   * `beforeContent` is awaited when the server is ready for the mail itself: up to then it has surely not been delivered.
   */
  submit(mail: SmtpMail, signal?: AbortSignal, beforeContent?: () => Promise<void>): Promise<SubmitOutcome>;
  /** The mail as it is sent, for a folder of sent mail. @throws InvalidMessageError for an attachment that cannot be read. */
  render(mail: SmtpMail): Promise<Buffer>;
  /** Logs in and out again. @throws LoginRefusedError, InsecureConnectionError, ServerBusyError, ConnectionError */
  verify(signal?: AbortSignal): Promise<SmtpProbe>;
}

/** Longer than any honest answer; a server that never ends its line must not fill the memory. */
const MAX_RESPONSE_BYTES = 64 * 1024;

export function createSmtpTransport(given: SmtpSettings, logger: Logger): SmtpTransport {
  const settings = completeSettings(given);
  const { maxConnections, idleMs, maxMailBytes, attemptLimitMs } = settings.limits;
  const open = async (signal: AbortSignal | undefined) => {
    const session = await openSession(settings, signal);
    logger.log("debug", "smtp: connected", { server: smtpWhere(settings), tls: session.tlsProtocol ?? "none" });
    return session;
  };
  const pool = new SessionPool<SmtpSession>({ open, maxSessions: maxConnections, idleMs });
  return {
    submit: (mail, signal, beforeContent) =>
      submitMail({ pool, render, maxMailBytes, attemptLimitMs }, mail, { signal, beforeContent }),
    async render(mail) {
      if (mail.attachments.length === 0) return Buffer.from(renderSimple(mail), "latin1");
      await using attachments = await openAttachments(mail.attachments);
      return await new MailComposer({ ...mimeOptions(mail, attachments.list), newline: "win" }).compile().build();
    },
    verify: (signal) => verify(settings, signal),
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  };
}

function render(mail: SmtpMail, attachments: OpenAttachments): Readable {
  if (attachments.list.length === 0) return wholeMail(renderSimple(mail));
  return coalesced(new MailComposer(mimeOptions(mail, attachments.list)).compile().createReadStream());
}

/** A mail without attachments, in one piece: most are, and this is most of what such a mail costs. */
function renderSimple(mail: SmtpMail): string {
  const { from, to, cc, subject, messageId, date, headers, inReplyTo, references, text, html } = mimeOptions(mail, []);
  const boundary = alternativeBoundary(messageId);
  const head = new MimeNode(`multipart/alternative; boundary="${boundary}"`);
  head.setHeader([
    ...Object.entries(headers).map(([key, value]) => ({ key, value })),
    { key: "From", value: from },
    { key: "To", value: to },
    ...(cc.length > 0 ? [{ key: "Cc", value: cc }] : []),
    ...(inReplyTo === undefined ? [] : [{ key: "In-Reply-To", value: inReplyTo }]),
    ...(references.length > 0 ? [{ key: "References", value: references }] : []),
    { key: "Subject", value: subject },
    { key: "Message-ID", value: messageId },
    { key: "Date", value: date },
  ]);
  return `${head.buildHeaders()}\r\n\r\n${alternativeBody({ boundary, text, html })}`;
}

async function verify(settings: CompleteSmtpSettings, signal: AbortSignal | undefined): Promise<SmtpProbe> {
  const heard: string[] = [];
  try {
    const session = await openSession(settings, signal, heard);
    await session.quit();
    const { capabilities, sizeLimitBytes, auth } = session.ehlo;
    const [greeting = "", beforeTls = ""] = heard;
    const login = session.loggedIn ? "accepted" : "not-offered";
    return {
      greeting,
      capabilities,
      sizeLimitBytes,
      startTls: parseEhlo(beforeTls).startTls,
      auth,
      tlsProtocol: session.tlsProtocol,
      login,
    };
  } catch (error) {
    throw smtpProblem(error, settings);
  }
}

async function openSession(
  settings: CompleteSmtpSettings,
  signal: AbortSignal | undefined,
  heard?: string[],
): Promise<LibrarySession> {
  const { host, port, timeouts, username } = settings;
  const password = await passwordOf(settings);
  const socket =
    settings.proxy === undefined
      ? undefined
      : await connectThroughProxy({ proxy: settings.proxy, host, port, timeoutMs: timeouts.connectMs }, signal);
  let isTamperedWith = false;
  const log = libraryLog({ heard, onInjection: () => (isTamperedWith = true) });
  const connection = new SMTPConnection({ ...connectionOptions(settings, socket), ...log });
  const session = new LibrarySession(connection, {
    secrets: secretForms(username, password),
    goodbyeMs: timeouts.goodbyeMs,
  });
  const stop = () => session.destroy();
  signal?.addEventListener("abort", stop, { once: true });
  try {
    if (signal?.aborted) stop();
    await session.connect();
    if (isTamperedWith)
      throw new SmtpError({ phase: "connect", replyCode: undefined, message: INJECTION, insecure: true });
    await session.login(username, password);
    return session;
  } catch (error) {
    session.destroy();
    throw error;
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}

/** RFC 3207 section 6, CVE-2011-0411: the library forgets what was injected; whoever injects is not to be talked to at all. */
const INJECTION =
  "data came between STARTTLS and the handshake: somebody may be tampering with the connection; no password was sent";

function connectionOptions(settings: CompleteSmtpSettings, socket: Socket | undefined): ConnectionOptions {
  const { host, port, security, timeouts, name, tlsVerify, ca } = settings;
  return {
    host,
    port,
    secure: security === "tls",
    requireTLS: security === "starttls",
    ignoreTLS: security === "none",
    name,
    connection: socket,
    connectionTimeout: timeouts.connectMs,
    dnsTimeout: timeouts.connectMs,
    greetingTimeout: timeouts.greetingMs,
    socketTimeout: timeouts.silenceMs,
    socketCloseTimeout: timeouts.goodbyeMs,
    maxResponseSize: MAX_RESPONSE_BYTES,
    allowInternalNetworkInterfaces: true,
    tls: { minVersion: "TLSv1.2", rejectUnauthorized: tlsVerify, ...(ca === undefined ? {} : { ca }) },
  };
}

function ignore(): void {}

interface LibraryLog {
  /** Gets what the server says. */
  readonly heard: string[] | undefined;
  readonly onInjection: () => void;
}

/** The library's log. Of the dialog only what the server says is kept: what we say has the password in it. */
function libraryLog({ heard, onInjection }: LibraryLog): Pick<ConnectionOptions, "transactionLog" | "logger"> {
  const debug = (entry: { tnx?: string } | undefined, text: unknown) => {
    if (entry?.tnx === "server") heard?.push(String(text));
  };
  const warn = (entry: { discarded?: number } | undefined) => {
    if (entry?.discarded !== undefined) onInjection();
  };
  const logger = { trace: ignore, debug, info: ignore, warn, error: ignore, fatal: ignore };
  return { transactionLog: heard !== undefined, logger };
}
