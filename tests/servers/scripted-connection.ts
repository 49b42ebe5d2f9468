import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { TLSSocket, createSecureContext } from "node:tls";
import type { Certificate } from "./certificates.ts";
import { type Token, asText, tokens } from "./imap-tokens.ts";
import { SocketReader } from "./socket-reader.ts";

/** The client has left; it ends a script quietly. */
export class ClientGone extends Error {}

export interface ImapCommand {
  readonly tag: string;
  /** In capitals, with the word after UID: `UID FETCH`. */
  readonly name: string;
  readonly args: readonly Token[];
  readonly line: string;
}

/** The server's side of one connection, as a script sees it. */
export class ScriptedConnection {
  readonly index: number;
  /** Every line the client sent, passwords included. */
  readonly transcript: string[] = [];
  readonly closed: Promise<void>;
  secure: boolean;
  #socket: Socket;
  #raw: Socket;
  #reader: SocketReader;
  readonly #certificate: Certificate;

  constructor(socket: Socket, raw: Socket, options: { index: number; secure: boolean; certificate: Certificate }) {
    this.index = options.index;
    this.secure = options.secure;
    this.#certificate = options.certificate;
    this.#socket = socket;
    this.#raw = raw;
    this.#reader = new SocketReader(socket);
    this.closed = new Promise((resolve) => raw.once("close", () => resolve()));
  }

  /** Text gets its line end; bytes go as they are. Resolves when the client can take more. */
  async send(...parts: readonly (string | Buffer)[]): Promise<void> {
    const bytes = Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(`${part}\r\n`) : part)));
    if (this.#socket.destroyed) throw new ClientGone();
    if (this.#socket.write(bytes)) return;
    await Promise.race([new Promise((resolve) => this.#socket.once("drain", resolve)), this.closed]);
  }

  /** The client's next line; throws `ClientGone` if there is none. */
  async line(): Promise<string> {
    const bytes = await this.#reader.line();
    if (bytes === undefined) throw new ClientGone();
    const line = bytes.toString("latin1");
    this.transcript.push(line);
    return line;
  }

  async bytes(count: number): Promise<Buffer> {
    const bytes = await this.#reader.bytes(count);
    if (bytes === undefined) throw new ClientGone();
    return bytes;
  }

  /** The next line must be this; returns its tag. */
  async expect(pattern: RegExp): Promise<string> {
    const line = await this.line();
    if (!pattern.test(line)) throw new Error(`expected ${String(pattern)}, got ${line}`);
    return line.split(" ", 1)[0] ?? "";
  }

  /** A whole command, its literals fetched. */
  async command(): Promise<ImapCommand> {
    const literals: Buffer[] = [];
    let text = await this.line();
    for (;;) {
      const [marker, count, plus] = /\{(\d+)(\+?)\}$/.exec(text) ?? [];
      if (marker === undefined) break;
      if (plus === "") await this.send("+ go on");
      literals.push(await this.bytes(Number(count)));
      text = `${text.slice(0, -marker.length)}\0${literals.length - 1}\0${await this.line()}`;
    }
    const [tag, first, ...rest] = tokens(text, literals);
    const isUid = asText(first).toUpperCase() === "UID";
    const name = [first, ...(isUid ? [rest.shift()] : [])].map((word) => asText(word).toUpperCase()).join(" ");
    return { tag: asText(tag), name, args: rest, line: text };
  }

  /** The server's half of the handshake. What the client sent before it is thrown away. */
  async startTls(): Promise<void> {
    this.#reader.detach();
    const { key, cert } = this.#certificate;
    const secured = new TLSSocket(this.#raw, { isServer: true, secureContext: createSecureContext({ key, cert }) });
    this.#socket = secured;
    this.#reader = new SocketReader(secured);
    await Promise.race([new Promise((resolve) => secured.once("secure", resolve)), this.closed]);
    this.secure = true;
  }

  async sleep(ms: number): Promise<void> {
    await Promise.race([sleep(ms, undefined, { ref: false }), this.closed]);
  }

  /** Says nothing more until the client has had enough. What it sends is read and recorded. */
  async hang(): Promise<never> {
    for (;;) await this.line();
  }

  /** Closes after what was sent. */
  end(): void {
    this.#socket.end();
  }

  reset(): void {
    this.#raw.resetAndDestroy();
  }

  destroy(): void {
    this.#raw.destroy();
  }
}
