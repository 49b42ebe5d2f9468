import { once } from "node:events";
import type { Readable } from "node:stream";
import type { SMTPServer, SMTPServerAuthentication, SMTPServerOptions } from "smtp-server";
import { ChannelError } from "../domain/errors.ts";
import { systemClock } from "../runtime/clock.ts";
import type { Credentials } from "./self-signed.ts";

/** A package that only the embedded server needs is not installed. */
export class MissingPackageError extends ChannelError {
  readonly code = "MISSING_PACKAGE";
  readonly retryable = false;
}

export interface ReceivedMail {
  readonly envelope: { readonly from: string; readonly to: readonly string[] };
  readonly raw: Buffer;
  readonly receivedAt: Date;
}

export interface SmtpReceiverOptions {
  readonly username: string;
  readonly password: string;
  readonly tls: "none" | "starttls" | "direct";
  readonly credentials: Credentials;
  readonly wrongPasswordDelayMs: number;
  /** Who gets mail without a login, as at any provider's front door. */
  readonly isLocal: (address: string) => boolean;
  readonly onMail: (mail: ReceivedMail, sender: "account" | "stranger") => void;
}

export interface SmtpReceiver {
  readonly port: number;
  close(): Promise<void>;
}

/** What Gmail and others announce, so that a mail too large for them is too large here. */
const MAX_MAIL_BYTES = 50 * 1024 * 1024;
/** A client that does not say QUIT is not waited for. */
const GOODBYE_MS = 250;

/** An SMTP server on a free port of the loopback interface. It delivers nothing: every mail goes to `onMail`. */
export async function startSmtpReceiver(options: SmtpReceiverOptions): Promise<SmtpReceiver> {
  const { SMTPServer } = await loadSmtpServer();
  const server = new SMTPServer(serverOptions(options));
  // Without a listener the reset of one client would end the process.
  server.on("error", () => {});
  const listener = server.listen(0, "127.0.0.1");
  await once(listener, "listening");
  const address = listener.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return {
    port: address.port,
    close: async () => await new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

function serverOptions(options: SmtpReceiverOptions): SMTPServerOptions {
  return {
    ...options.credentials,
    secure: options.tls === "direct",
    disabledCommands: options.tls === "none" ? ["STARTTLS"] : [],
    allowInsecureAuth: options.tls === "none",
    authOptional: true,
    disableReverseLookup: true,
    closeTimeout: GOODBYE_MS,
    size: MAX_MAIL_BYTES,
    logger: false,
    onAuth(auth, _session, done) {
      logIn(auth, options).then((user) => done(null, { user }), done);
    },
    onRcptTo({ address }, session, done) {
      const allowed = session.user !== undefined || options.isLocal(address);
      done(allowed ? null : replyError(550, "5.7.1 Relaying needs a login"));
    },
    onData(stream, session, done) {
      const { mailFrom, rcptTo } = session.envelope;
      const envelope = { from: mailFrom ? mailFrom.address : "", to: rcptTo.map(({ address }) => address) };
      collect(stream).then((raw) => {
        if (stream.sizeExceeded) return done(replyError(552, "5.3.4 The mail is larger than this server takes"));
        options.onMail({ envelope, raw, receivedAt: new Date() }, session.user === undefined ? "stranger" : "account");
        done();
      }, done);
    },
  };
}

async function logIn({ username, password }: SMTPServerAuthentication, options: SmtpReceiverOptions): Promise<string> {
  if (username?.toLowerCase() === options.username.toLowerCase() && password === options.password)
    return options.username;
  await systemClock.sleep(options.wrongPasswordDelayMs);
  throw replyError(535, "5.7.8 Wrong user name or password");
}

function replyError(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode });
}

async function collect(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

async function loadSmtpServer(): Promise<{ SMTPServer: typeof SMTPServer }> {
  try {
    return await import("smtp-server");
  } catch (cause) {
    if (!(cause instanceof Error && "code" in cause && cause.code === "ERR_MODULE_NOT_FOUND")) throw cause;
    const sentence = "mailport/testing needs the package smtp-server, which is not installed";
    throw new MissingPackageError(`${sentence}: npm install --save-dev smtp-server`, { cause });
  }
}
