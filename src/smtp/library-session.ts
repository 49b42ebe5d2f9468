import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { TLSSocket } from "node:tls";
import { type Ehlo, parseEhlo } from "./ehlo.ts";
import { type ReportsWanted, reportsWanted } from "./reports-wanted.ts";
import { redact } from "../runtime/redact.ts";
import type { SmtpPhase } from "./reply-code.ts";
import { type RefusedRecipient, type SessionReceipt, SmtpError, type SmtpSession } from "./session.ts";

/** What is used of the library's connection. */
export interface LibraryConnection {
  readonly lastServerResponse: string | false;
  readonly allowsAuth: boolean;
  readonly _socket: { destroy(): unknown; cork(): void; uncork(): void } | false | null;
  once(event: "error", listener: (error: LibraryError) => void): unknown;
  once(event: "end", listener: () => void): unknown;
  on(event: "error", listener: (error: LibraryError) => void): unknown;
  off(event: string, listener: (error: LibraryError) => void): unknown;
  connect(done: (error?: LibraryError) => void): void;
  login(auth: { user: string; credentials: { user: string; pass: string } }, done: Done<boolean>): void;
  send(envelope: { from: string; to: string[]; dsn: ReportsWanted }, body: Readable, done: Done<LibraryReceipt>): void;
  reset(done: Done<boolean>): void;
  quit(): void;
  close(): void;
}

interface LibraryReceipt {
  readonly response: string;
  readonly accepted: readonly string[];
  readonly rejectedErrors?: readonly LibraryError[] | undefined;
}

interface LibraryError extends Error {
  readonly code?: string | undefined;
  readonly originalCode?: string | undefined;
  readonly response?: string | undefined;
  readonly responseCode?: number | undefined;
  readonly recipient?: string | undefined;
  readonly rejectedErrors?: readonly LibraryError[] | undefined;
}

type Done<T> = (error: LibraryError | null, result?: T) => void;

export interface LibrarySessionOptions {
  /** Taken out of whatever the server says. */
  readonly secrets: readonly string[];
  readonly goodbyeMs: number;
}

/** Servers end a connection after so many, some with an error in the middle of the next mail. */
const MAILS_PER_CONNECTION = 100;

/** How Node's TLS names what is wrong with a certificate or a handshake. */
const TLS_TROUBLE =
  /^(?:CERT_|ERR_TLS_|ERR_SSL_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA|EPROTO)/;

/** The library's callbacks and events as promises, and its errors as ours. */
export class LibrarySession implements SmtpSession {
  readonly #connection: LibraryConnection;
  readonly #options: LibrarySessionOptions;
  readonly #ended: Promise<void>;
  #alive = true;
  #ehlo: Ehlo = parseEhlo("");
  #mailsSent = 0;
  #loggedIn = false;
  #tlsProtocol: string | undefined;

  constructor(connection: LibraryConnection, options: LibrarySessionOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#ended = new Promise((resolve) => {
      connection.once("end", () => {
        this.#alive = false;
        resolve();
      });
    });
    // What goes wrong while nobody waits ends the connection, and `alive` says so; without a listener it ends the process.
    connection.on("error", () => {
      this.#alive = false;
    });
  }

  get alive(): boolean {
    return this.#alive;
  }

  get spent(): boolean {
    return this.#mailsSent >= MAILS_PER_CONNECTION;
  }

  get ehlo(): Ehlo {
    return this.#ehlo;
  }

  get mailsSent(): number {
    return this.#mailsSent;
  }

  get loggedIn(): boolean {
    return this.#loggedIn;
  }

  get tlsProtocol(): string | undefined {
    return this.#tlsProtocol;
  }

  async connect(): Promise<void> {
    await this.#step<void>(
      (done) => this.#connection.connect((error) => done(error ?? null)),
      () => "connect",
    );
    this.#ehlo = parseEhlo(this.#connection.lastServerResponse || "");
    // eslint-disable-next-line no-underscore-dangle -- public in the library, name and all
    const socket = this.#connection._socket;
    this.#tlsProtocol = socket instanceof TLSSocket ? (socket.getProtocol() ?? undefined) : undefined;
  }

  /** Skipped where the server offers no login: it then takes mail from whoever may reach it. */
  async login(user: string, pass: string): Promise<void> {
    if (!this.#connection.allowsAuth) return;
    await this.#step<boolean>(
      (done) => this.#connection.login({ user, credentials: { user, pass } }, done),
      () => "login",
    );
    this.#loggedIn = true;
  }

  async send(
    { from, to, messageId }: Parameters<SmtpSession["send"]>[0],
    body: Readable,
    beforeBody: () => Promise<void>,
  ): Promise<SessionReceipt> {
    body.once("resume", () => this.#hold(body, beforeBody));
    const receipt = await this.#step<LibraryReceipt>(
      (done) => this.#connection.send({ from, to: [...to], dsn: reportsWanted(messageId) }, body, done),
      // The body is read only after the 354, and the final dot written only after its end.
      () => (body.readableEnded ? "dot" : body.readableDidRead ? "body" : "envelope"),
    );
    this.#mailsSent++;
    const { response = "", accepted = to, rejectedErrors = [] } = receipt ?? {};
    return { response: redact(response, this.#options.secrets), accepted, refused: this.#refusals(rejectedErrors) };
  }

  /** The library lets the body flow when the server has answered 354; not a byte has left it then. */
  #hold(body: Readable, beforeBody: () => Promise<void>): void {
    body.pause();
    beforeBody().then(
      () => {
        // Nobody listens to the body of a connection that has ended meanwhile.
        body.once("resume", () => this.#writeTogether());
        if (this.#alive) body.resume();
        else body.destroy();
      },
      // An error of its own: the library writes into it.
      (cause: unknown) => void body.destroy(this.#alive ? new Error("The mail is held back.", { cause }) : undefined),
    );
  }

  /** The end of a small mail and its final dot come in the same turn: one system call, and one TLS record. */
  #writeTogether(): void {
    // eslint-disable-next-line no-underscore-dangle -- public in the library, name and all
    const socket = this.#connection._socket;
    if (!socket) return;
    socket.cork();
    setImmediate(() => socket.uncork());
  }

  async reset(): Promise<void> {
    await this.#step<boolean>(
      (done) => this.#connection.reset(done),
      () => "envelope",
    );
  }

  async quit(): Promise<void> {
    if (this.#alive) {
      this.#connection.quit();
      const waiting = new AbortController();
      const tooLong = sleep(this.#options.goodbyeMs, undefined, { signal: waiting.signal }).catch(() => undefined);
      await Promise.race([this.#ended, tooLong]);
      waiting.abort();
    }
    this.destroy();
  }

  destroy(): void {
    this.#alive = false;
    this.#connection.close();
    // eslint-disable-next-line no-underscore-dangle -- public in the library, name and all
    const socket = this.#connection._socket;
    if (socket) socket.destroy();
  }

  /** One command. Some failures come as an event only, some as an event and then to the callback, some with the end. */
  async #step<T>(start: (done: Done<T>) => void, phase: () => SmtpPhase): Promise<T | undefined> {
    const { promise, resolve, reject } = deferred<T | undefined>();
    this.#connection.once("error", reject);
    // The callback, which knows more, comes in the same turn as the end.
    void this.#ended.then(() => setImmediate(() => reject(new Error("Connection closed"))));
    try {
      start((error, result) => (error ? reject(error) : resolve(result)));
      return await promise;
    } catch (error) {
      throw this.#smtpError(error, phase());
    } finally {
      this.#connection.off("error", reject);
    }
  }

  #smtpError(error: unknown, phase: SmtpPhase): SmtpError {
    if (!(error instanceof Error))
      return new SmtpError({ phase, replyCode: undefined, message: String(error), insecure: false });
    const { code, originalCode, response, responseCode, rejectedErrors = [] }: LibraryError = error;
    const refusedTls = code === "ETLS" && responseCode !== undefined;
    const insecure =
      refusedTls || error.message.startsWith("Error initiating TLS") || TLS_TROUBLE.test(originalCode ?? "");
    const message = redact(response ?? error.message, this.#options.secrets);
    return new SmtpError(
      { phase, replyCode: responseCode, message: refusedTls ? `STARTTLS is refused (${message})` : message, insecure },
      { refused: this.#refusals(rejectedErrors), bodyBroken: code === "ESTREAM" },
    );
  }

  #refusals(errors: readonly LibraryError[]): RefusedRecipient[] {
    return errors.map(({ recipient = "", responseCode, response, message }) => ({
      address: recipient,
      replyCode: responseCode,
      message: redact(response ?? message, this.#options.secrets),
    }));
  }
}

interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

function deferred<T>(): Deferred<T> {
  let settle: Omit<Deferred<T>, "promise"> | undefined;
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject };
  });
  if (!settle) throw new Error("unreachable: a promise runs its executor at once");
  return { promise, ...settle };
}
