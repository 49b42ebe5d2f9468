import { type Socket, connect as connectTcp } from "node:net";
import { connect as connectTls } from "node:tls";
import { SocketReader } from "./socket-reader.ts";

/** One untagged response: its lines joined, with a literal's bytes left out of `text` and kept in order. */
export interface ImapResponse {
  readonly text: string;
  readonly literals: readonly Buffer[];
  /** `performance.now()` when its last byte was read. */
  readonly receivedAt: number;
}

export interface ImapReply {
  readonly status: string;
  readonly text: string;
  readonly untagged: readonly ImapResponse[];
}

export interface RawImapOptions {
  readonly host: string;
  readonly port: number;
  /** Given: TLS from the first byte, trusting this authority. */
  readonly tls?: { readonly ca: string };
}

/**
 * An IMAP client that knows nothing: it sends what it is told and hands back what came.
 * It is the independent witness of the tests, so it shares no code with the library.
 */
export class RawImap implements AsyncDisposable {
  greeting: ImapResponse = { text: "", literals: [], receivedAt: 0 };
  #socket: Socket;
  #reader: SocketReader;
  #tags = 0;
  /** Read while waiting for something else. */
  #unclaimed: ImapResponse[] = [];

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#reader = new SocketReader(socket);
  }

  /** Sends a command, literals included as `{n}` lines by the caller, and collects its answer. */
  async command(text: string | Buffer): Promise<ImapReply> {
    const tag = this.send(text);
    return this.finished(tag);
  }

  /** Sends a command and does not wait; returns its tag. */
  send(text: string | Buffer): string {
    const tag = `k${++this.#tags}`;
    this.#socket.write(Buffer.concat([Buffer.from(`${tag} `), Buffer.from(text), Buffer.from("\r\n")]));
    return tag;
  }

  /** Waits for the tagged answer; everything untagged before it belongs to it. */
  async finished(tag: string): Promise<ImapReply> {
    const untagged = this.#unclaimed.splice(0);
    for (;;) {
      const response = await this.#read();
      if (response.text.startsWith(`${tag} `)) {
        const [, status = "", ...rest] = response.text.split(" ");
        return { status, text: rest.join(" "), untagged };
      }
      untagged.push(response);
    }
  }

  /** A command that must be answered OK. */
  async must(text: string | Buffer): Promise<ImapReply> {
    const reply = await this.command(text);
    if (reply.status !== "OK") throw new Error(`${text.toString().slice(0, 40)}: ${reply.status} ${reply.text}`);
    return reply;
  }

  async login(user: string, password: string): Promise<ImapReply> {
    return this.must(`LOGIN ${quoted(user)} ${quoted(password)}`);
  }

  /** The first response that matches, also one that came before the call. */
  async waitFor(pattern: RegExp, timeoutMs = 5_000): Promise<ImapResponse> {
    const known = this.#unclaimed.findIndex(({ text }) => pattern.test(text));
    const [early] = known >= 0 ? this.#unclaimed.splice(known, 1) : [];
    if (early !== undefined) return early;
    const expire = () => this.#socket.destroy(new Error(`no ${String(pattern)} within ${timeoutMs} ms`));
    const timer = setTimeout(expire, timeoutMs);
    try {
      for (;;) {
        const response = await this.#read();
        if (pattern.test(response.text)) return response;
        this.#unclaimed.push(response);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** Starts IDLE; the returned function ends it. */
  async idle(): Promise<() => Promise<ImapReply>> {
    const tag = this.send("IDLE");
    await this.waitFor(/^\+/);
    return () => {
      this.#socket.write("DONE\r\n");
      return this.finished(tag);
    };
  }

  async append(folder: string, raw: Buffer | string, flags: readonly string[] = []): Promise<ImapReply> {
    const bytes = Buffer.from(raw);
    const tag = this.send(`APPEND ${quoted(folder)} (${flags.join(" ")}) {${bytes.length}}`);
    await this.waitFor(/^\+/);
    this.#socket.write(Buffer.concat([bytes, Buffer.from("\r\n")]));
    return this.finished(tag);
  }

  async startTls(ca: string): Promise<void> {
    await this.must("STARTTLS");
    this.#reader.detach();
    const plain = this.#socket;
    // The TLS socket reports it.
    plain.on("error", () => {});
    this.#socket = connectTls({ socket: plain, ca, servername: "localhost" });
    this.#reader = new SocketReader(this.#socket);
  }

  /** Drops the connection without a goodbye. */
  async close(): Promise<void> {
    this.#socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #read(): Promise<ImapResponse> {
    const literals: Buffer[] = [];
    let text = "";
    for (;;) {
      const line = await this.#reader.line();
      if (line === undefined) throw this.#ended("between lines");
      const part = line.toString("latin1");
      text += part;
      const count = /\{(\d+)\}$/.exec(part)?.[1];
      if (count === undefined) return { text, literals, receivedAt: this.#reader.lastByteAt };
      const literal = await this.#reader.bytes(Number(count));
      if (literal === undefined) throw this.#ended("inside a literal");
      literals.push(literal);
    }
  }

  #ended(where: string): Error {
    return new Error(`the IMAP connection ended ${where}: ${this.#socket.errored?.message ?? "the server closed it"}`);
  }

  /** Called once, by `connectRawImap`. */
  async readGreeting(): Promise<void> {
    this.greeting = await this.#read();
  }
}

export async function connectRawImap({ host, port, tls }: RawImapOptions): Promise<RawImap> {
  const socket =
    tls === undefined ? connectTcp({ host, port }) : connectTls({ host, port, ...tls, servername: "localhost" });
  socket.setNoDelay(true);
  const imap = new RawImap(socket);
  await imap.readGreeting();
  return imap;
}

export function quoted(text: string): string {
  return `"${text.replace(/[\\"]/g, "\\$&")}"`;
}
