import type { Socket } from "node:net";
import { createSecureContext, TLSSocket } from "node:tls";
import { ByteReader } from "./byte-reader.ts";
import { type Command, type ImapOptions, Refusal, type Session } from "./command.ts";
import type { ResponsePiece } from "./fetch.ts";
import type { Folder } from "./folder.ts";
import { folderCommands } from "./folder-commands.ts";
import { capabilities, loginCommands } from "./login-commands.ts";
import { mailCommands } from "./mail-commands.ts";
import { Selected } from "./selected.ts";
import { type CommandPart, SyntaxProblem, type Token, tokenize } from "./tokens.ts";

const COMMANDS: ReadonlyMap<string, Command> = new Map(
  Object.entries({ ...loginCommands, ...folderCommands, ...mailCommands }),
);

/** A set of 5,000 single UIDs is 35 kB; RFC 7162 section 4 asks for at least 8 kB. */
const MAX_LINE_BYTES = 1024 * 1024;
/** A mail of 100 MB and its encoding. */
const MAX_LITERAL_BYTES = 150 * 1024 * 1024;
/** Before the login nobody has more to say than a name and a password. */
const MAX_LITERAL_BYTES_BEFORE_LOGIN = 16 * 1024;

/** While these run, sequence numbers stay (RFC 3501 section 7.4.1). */
const KEEPS_NUMBERS = new Set(["FETCH", "STORE", "SEARCH"]);

/** One client: reads a command, answers it, reads the next, until it leaves. */
export class Connection implements Session {
  readonly options: ImapOptions;
  authenticated = false;
  selected: Selected | undefined;
  #socket: Socket;
  #reader: ByteReader;
  #idling = false;
  readonly #gone = new AbortController();

  constructor(socket: Socket, options: ImapOptions) {
    this.options = options;
    this.#socket = socket;
    this.#reader = this.#listen(socket);
  }

  get secure(): boolean {
    return this.#socket instanceof TLSSocket;
  }

  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  async run(): Promise<void> {
    await this.send([`* OK [CAPABILITY ${capabilities(this)}] mailport/testing ready.\r\n`]);
    for (;;) {
      const parts = await this.#readCommand();
      if (!parts || !(await this.#execute(parts))) break;
    }
    this.#leave();
  }

  /** Ends the connection now; `reason` is the server's last word, if it has one. */
  end(reason?: string): void {
    if (reason !== undefined) this.#socket.write(`* BYE ${reason}\r\n`);
    this.#leave();
  }

  select(folder: Folder, readOnly: boolean): Selected {
    this.deselect();
    this.selected = new Selected(folder, readOnly, this.#onNews);
    return this.selected;
  }

  deselect(): void {
    this.selected?.close();
    this.selected = undefined;
  }

  async send(pieces: readonly ResponsePiece[]): Promise<void> {
    if (this.#socket.destroyed) return;
    this.#socket.cork();
    let flowing = true;
    for (const piece of pieces) {
      if (piece.length > 0)
        flowing = typeof piece === "string" ? this.#socket.write(piece, "latin1") : this.#socket.write(piece);
    }
    this.#socket.uncork();
    if (flowing || this.signal.aborted) return;
    const socket = this.#socket;
    await new Promise<void>((resolve) => {
      const done = () => {
        socket.off("drain", done).off("close", done);
        resolve();
      };
      socket.once("drain", done).once("close", done);
    });
  }

  async ask(prompt: string): Promise<string | undefined> {
    await this.send([`+ ${prompt}\r\n`]);
    return await this.#reader.line(MAX_LINE_BYTES);
  }

  async idle(): Promise<string | undefined> {
    const invited = this.send(["+ idling\r\n"]);
    this.#idling = true;
    // What happened since the last answer goes out with the invitation (RFC 2177 section 3).
    this.#onNews();
    try {
      await invited;
      return await this.#reader.line(MAX_LINE_BYTES);
    } finally {
      this.#idling = false;
    }
  }

  readonly #onNews = (): void => {
    if (!this.#idling || this.#socket.destroyed) return;
    this.#socket.write(this.selected?.updates(true) ?? "", "latin1");
  };

  async #readCommand(): Promise<CommandPart[] | undefined> {
    const parts: CommandPart[] = [];
    for (;;) {
      const line = await this.#reader.line(MAX_LINE_BYTES);
      if (line === undefined) return undefined;
      const literal = /\{(\d{1,12})(\+?)\}$/.exec(line);
      if (!literal) return [...parts, line];
      const size = Number(literal[1]);
      if (size > (this.authenticated ? MAX_LITERAL_BYTES : MAX_LITERAL_BYTES_BEFORE_LOGIN)) {
        // With LITERAL+ the bytes come anyway, so there is no way back into step (RFC 7888 section 4).
        await this.send(["* BYE Literal too large\r\n"]);
        return undefined;
      }
      if (!literal[2]) await this.send(["+ OK\r\n"]);
      const bytes = await this.#reader.bytes(size);
      if (!bytes) return undefined;
      parts.push(line.slice(0, literal.index), bytes);
    }
  }

  /** False when the conversation is over. */
  async #execute(parts: readonly CommandPart[]): Promise<boolean> {
    let tag = "*";
    try {
      const [tagToken, nameToken, ...rest] = tokenize(parts);
      if (tagToken?.kind !== "atom") throw new SyntaxProblem("a tag is expected");
      tag = tagToken.text;
      const { name, command, args } = this.#lookUp(nameToken, rest);
      const answer = await command.run(this, args);
      const news = this.selected?.updates(!KEEPS_NUMBERS.has(name)) ?? "";
      await this.send([news, `${tag} ${answer}\r\n`]);
      if (command.afterwards === "start-tls") this.#startTls();
      return command.afterwards !== "close";
    } catch (problem) {
      if (problem instanceof Refusal) await this.send([`${tag} ${problem.message}\r\n`]);
      else if (problem instanceof SyntaxProblem) await this.send([`${tag} BAD ${problem.message}.\r\n`]);
      else throw problem;
      return !this.signal.aborted;
    }
  }

  #lookUp(
    nameToken: Token | undefined,
    rest: readonly Token[],
  ): { name: string; command: Command; args: readonly Token[] } {
    let name = nameToken?.kind === "atom" ? nameToken.text.toUpperCase() : "";
    let args = rest;
    if (name === "UID" && rest[0]?.kind === "atom") {
      name = `UID ${rest[0].text.toUpperCase()}`;
      args = rest.slice(1);
    }
    const command = COMMANDS.get(name);
    if (!command) throw new SyntaxProblem(`unknown command ${name.slice(0, 40)}`);
    if (command.needs !== "nothing" && !this.authenticated) throw new SyntaxProblem(`${name} needs a login`);
    if (command.needs === "folder" && !this.selected) throw new SyntaxProblem(`${name} needs a selected mailbox`);
    return { name, command, args };
  }

  #startTls(): void {
    this.#reader.release();
    const secureContext = createSecureContext(this.options.credentials);
    this.#socket = new TLSSocket(this.#socket, { isServer: true, secureContext });
    this.#reader = this.#listen(this.#socket);
  }

  #listen(socket: Socket): ByteReader {
    socket.on("error", () => {
      // A client that resets has left: "close" follows.
    });
    socket.once("close", () => {
      this.#gone.abort();
      this.deselect();
    });
    return new ByteReader(socket);
  }

  #leave(): void {
    this.deselect();
    this.#socket.destroySoon();
  }
}
