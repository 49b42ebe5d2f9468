import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { SMTPServer, type SMTPServerOptions, type SMTPServerSession } from "smtp-server";
import { type Certificate, certificates } from "./certificates.ts";
import { type SinkConnection, SinkLedger, type SunkMail } from "./sink-ledger.ts";
import { type SmtpFault, type SmtpFaultRule, SmtpFaults, type SmtpStep, parseReply, stepOf } from "./smtp-faults.ts";

export interface SmtpSinkOptions {
  /** `starttls` offers it and takes no password before it; `none` does not offer it. */
  readonly security?: "starttls" | "tls" | "none";
  /** False: no AUTH at all. */
  readonly auth?: SinkAccount | false;
  readonly certificate?: Certificate;
  /** Anything else `smtp-server` can do, such as `hideSMTPUTF8` or `size`. */
  readonly server?: SMTPServerOptions;
}

export interface SinkAccount {
  readonly user: string;
  readonly password: string;
  /** Given: XOAUTH2 is offered too. */
  readonly accessToken?: string;
}

export interface SmtpSink extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly ca: string;
  readonly mails: readonly SunkMail[];
  readonly connections: readonly SinkConnection[];
  /** What the server itself complained of, such as a failed handshake. */
  readonly errors: readonly Error[];
  /** Makes a step go wrong from now on; the returned function takes it back. */
  readonly fail: (step: SmtpStep, fault: SmtpFault, when?: Omit<SmtpFaultRule, "fault">) => () => void;
  /** The same, with a fault that may depend on the moment. */
  readonly rule: (step: SmtpStep, rule: SmtpFaultRule) => () => void;
  readonly heal: () => void;
  /** Resolves with all mails once there are that many. */
  readonly waitForMails: (count: number, timeoutMs?: number) => Promise<readonly SunkMail[]>;
  readonly stop: () => Promise<void>;
}

type Connection = SMTPServer["connections"] extends Set<infer Item> ? Item : never;

const DEFAULT_ACCOUNT: SinkAccount = { user: "bot@example.test", password: "secret" };

/** A mail server that keeps what it gets and can fail at every step. */
export async function startSmtpSink(options: SmtpSinkOptions = {}): Promise<SmtpSink> {
  const account = options.auth ?? DEFAULT_ACCOUNT;
  const certificate = options.certificate ?? (await certificates()).valid;
  const ledger = new SinkLedger();
  const faults = new SmtpFaults();
  const sockets = new Map<number, Socket>();
  const errors: Error[] = [];
  const server = new SMTPServer({
    ...basics(options.security ?? "starttls", account, certificate),
    ...options.server,
    ...hooks({ ledger, faults, sockets, account, connections: () => server.connections }),
  });
  greetAtOnce(server);
  server.on("error", (error) => errors.push(error));
  server.server.on("connection", (socket: Socket) => {
    const port = socket.remotePort ?? 0;
    sockets.set(port, socket);
    socket.once("close", () => sockets.delete(port));
  });
  const port = await listening(server);
  const stop = async () => {
    const closed = new Promise<void>((resolve) => server.close(resolve));
    for (const socket of sockets.values()) socket.destroy();
    await closed;
  };
  const { user, password } = account || { user: "", password: "" };
  return {
    host: "127.0.0.1",
    port,
    user,
    password,
    ca: certificate.ca,
    mails: ledger.mails,
    connections: ledger.connections,
    errors,
    fail: (step, fault, when = {}) => faults.add(step, { ...when, fault }),
    rule: (step, rule) => faults.add(step, rule),
    heal: () => faults.clear(),
    waitForMails: (count, timeoutMs = 5_000) => ledger.waitForMails(count, timeoutMs),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function basics(
  security: "starttls" | "tls" | "none",
  account: SinkAccount | false,
  { key, cert }: Certificate,
): SMTPServerOptions {
  const offersToken = account !== false && account.accessToken !== undefined;
  return {
    name: "sink.example.test",
    key,
    cert,
    logger: false,
    hideENHANCEDSTATUSCODES: true,
    secure: security === "tls",
    hideSTARTTLS: security !== "starttls",
    allowInsecureAuth: security === "none",
    authMethods: ["PLAIN", "LOGIN", ...(offersToken ? ["XOAUTH2"] : [])],
    disabledCommands: [...(account ? [] : ["AUTH"]), ...(security === "starttls" ? [] : ["STARTTLS"])],
    // No questions to a name server.
    disableReverseLookup: true,
  };
}

interface Parts {
  readonly ledger: SinkLedger;
  readonly faults: SmtpFaults;
  /** By the client's port, which survives STARTTLS. */
  readonly sockets: ReadonlyMap<number, Socket>;
  readonly account: SinkAccount | false;
  readonly connections: () => Iterable<Connection>;
}

function hooks(parts: Parts): SMTPServerOptions {
  const { ledger, account } = parts;
  return {
    onConnect(session, callback) {
      ledger.open(session);
      const connection = [...parts.connections()].find((candidate) => candidate.session === session);
      if (connection !== undefined) watchCommands(parts, connection);
      act(parts, session, { step: "connect", line: "" }, { reply: refusing(callback), goOn: () => callback() });
    },
    onAuth(given, _session, callback) {
      if (account !== false && passes(account, given)) return callback(null, { user: given.username });
      callback(replyError("535 5.7.8 authentication credentials invalid"));
    },
    onData(stream, session, callback) {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      // A mail cut off half way is no mail.
      stream.on("error", () => {});
      stream.once("end", () => {
        const keep = () => ledger.take(session, Buffer.concat(chunks));
        const goOn = () => {
          keep();
          callback();
        };
        act(parts, session, { step: "dot", line: "" }, { reply: refusing(callback), goOn, keep });
      });
    },
    onClose: (session) => ledger.close(session),
  };
}

/** The package waits 0.1 s for clients that talk too soon, which a test suite pays on every connection. */
function greetAtOnce(server: SMTPServer): void {
  const connect = server.connect.bind(server);
  server.connect = (socket, options) => {
    connect(socket, options);
    const connection = [...server.connections].at(-1);
    if (connection === undefined) return;
    connection.connectionReady();
    connection.connectionReady = () => {};
  };
}

/* oxlint-disable no-underscore-dangle -- The package has hooks for some commands only; `_onCommand` sees them all. */
function watchCommands(parts: Parts, connection: Connection): void {
  const record = parts.ledger.of(connection.session);
  const obey = connection._onCommand.bind(connection);
  connection._onCommand = (command, next) => {
    const line = command.toString();
    record.commands.push(line);
    const step = stepOf(line);
    const goOn = () => obey(command, next);
    if (step === undefined) return goOn();
    const reply = (text: string) => {
      const { code, text: words } = parseReply(text);
      connection.send(code, words, false);
      next?.();
    };
    act(parts, connection.session, { step, line }, { reply, goOn });
  };
}

/* oxlint-enable no-underscore-dangle */

interface Ways {
  readonly reply: (text: string) => void;
  readonly goOn: () => void;
  readonly keep?: () => void;
}

/** Goes on as if nothing had been, unless a fault strikes. */
function act(parts: Parts, session: SMTPServerSession, at: { step: SmtpStep; line: string }, ways: Ways): void {
  const { index, messages } = parts.ledger.of(session);
  const recipients = session.envelope.rcptTo.map(({ address }) => address);
  const fault = parts.faults.strike({ ...at, connection: index, messages, recipients });
  if (fault === undefined) return ways.goOn();
  if ("delayMs" in fault) {
    void sleep(fault.delayMs, undefined, { ref: false }).then(ways.goOn);
    return;
  }
  if (fault.keep) ways.keep?.();
  if ("reply" in fault) return ways.reply(fault.reply);
  if ("hang" in fault) return;
  const socket = parts.sockets.get(session.remotePort);
  if (fault.drop === "rst") socket?.resetAndDestroy();
  else socket?.destroy();
}

function passes(
  account: SinkAccount,
  given: {
    method: string;
    username?: string | undefined;
    password?: string | null | undefined;
    accessToken?: string | undefined;
  },
): boolean {
  if (given.username !== account.user) return false;
  return given.method === "XOAUTH2" ? given.accessToken === account.accessToken : given.password === account.password;
}

function refusing(callback: (error: Error) => void): (reply: string) => void {
  return (reply) => callback(replyError(reply));
}

function replyError(reply: string): Error {
  const { code, text } = parseReply(reply);
  return Object.assign(new Error([text].flat().join(" ")), { responseCode: code });
}

function listening(server: SMTPServer): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      server.off("error", reject);
      const address = server.server.address();
      if (address === null || typeof address === "string") return reject(new Error("no TCP address"));
      resolve(address.port);
    });
  });
}
