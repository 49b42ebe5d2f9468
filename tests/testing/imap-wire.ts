import { once } from "node:events";
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";

const ANSWER_WITHIN_MS = 2_000;

/** An IMAP client that shows the bytes: one character of its text is one byte. */
export class ImapWire implements AsyncDisposable {
  #socket: Socket;
  #text = "";
  #tag = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#listen();
  }

  static async connect(port: number, tls?: { ca: string; host?: string }): Promise<ImapWire> {
    const socket = tls ? connectTls({ host: "localhost", port, ...tls }) : connectTcp(port, "127.0.0.1");
    await once(socket, tls ? "secureConnect" : "connect");
    socket.setNoDelay(true);
    const client = new ImapWire(socket);
    await client.until(/^\* OK .*\r\n/);
    return client;
  }

  static async loggedIn(server: { imap: { port: number }; username: string; password: string }): Promise<ImapWire> {
    const client = await ImapWire.connect(server.imap.port);
    await client.command(`LOGIN "${server.username}" "${server.password}"`);
    return client;
  }

  get closed(): boolean {
    return this.#socket.destroyed || this.#socket.readableEnded;
  }

  /** Everything up to the tagged answer, with it. */
  async command(line: string | Buffer): Promise<string> {
    const tag = `A${(this.#tag += 1)}`;
    this.write(Buffer.concat([Buffer.from(`${tag} `), Buffer.from(line), Buffer.from("\r\n")]));
    return await this.until(new RegExp(`^${tag} .*\r\n`, "m"));
  }

  write(bytes: string | Buffer): void {
    this.#socket.write(bytes);
  }

  /** Takes what has come up to the end of the pattern; waits for it if need be. */
  async until(pattern: RegExp, withinMs: number = ANSWER_WITHIN_MS): Promise<string> {
    const deadline = Date.now() + withinMs;
    for (;;) {
      const match = pattern.exec(this.#text);
      if (match) {
        const taken = this.#text.slice(0, match.index + match[0].length);
        this.#text = this.#text.slice(taken.length);
        return taken;
      }
      if (Date.now() > deadline)
        throw new Error(`no ${pattern} within ${withinMs} ms in ${JSON.stringify(this.#text)}`);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  async startTls(ca: string): Promise<void> {
    await this.command("STARTTLS");
    this.#socket.removeAllListeners("data");
    this.#socket = connectTls({ socket: this.#socket, ca, servername: "localhost" });
    await once(this.#socket, "secureConnect");
    this.#listen();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.destroy();
    if (!this.#socket.closed) await once(this.#socket, "close");
  }

  #listen(): void {
    this.#socket.on("data", (chunk) => (this.#text += chunk.toString("latin1")));
    this.#socket.on("error", (error) => (this.#text += `[${error.message}]`));
  }
}
