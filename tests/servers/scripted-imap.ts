import { type Server, type Socket, createServer } from "node:net";
import { TLSSocket, createSecureContext } from "node:tls";
import { type Certificate, certificates } from "./certificates.ts";
import { ClientGone, ScriptedConnection } from "./scripted-connection.ts";

/** What the server says and hears on one connection; when it ends the connection is closed. */
export type ImapScript = (conn: ScriptedConnection) => Promise<void>;

export interface ScriptedImapOptions {
  /** Played on every connection; `scriptPerConnection` picks one by index. */
  readonly script: ImapScript;
  /** Direct TLS. For STARTTLS leave it out and let the script call `conn.startTls()`. */
  readonly tls?: boolean;
  readonly certificate?: Certificate;
}

export interface ScriptedImap extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  readonly ca: string;
  readonly connections: readonly ScriptedConnection[];
  /** All client lines of all connections, in the order the connections came. */
  readonly transcript: readonly string[];
  /** What went wrong in scripts, such as an unmet `expect`; tests should find it empty. */
  readonly errors: readonly Error[];
  /** Resolves when so many connections have been made. */
  readonly waitForConnections: (count: number, timeoutMs?: number) => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** A script that depends on the connection, such as a lie told only once. */
export function scriptPerConnection(pick: (index: number) => ImapScript): ImapScript {
  return (conn) => pick(conn.index)(conn);
}

/** An IMAP server that says exactly what it is told to, lies included. */
export async function startScriptedImap(options: ScriptedImapOptions): Promise<ScriptedImap> {
  const certificate = options.certificate ?? (await certificates()).valid;
  const connections: ScriptedConnection[] = [];
  const errors: Error[] = [];
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (raw: Socket) => {
    raw.on("error", () => {});
    const socket = options.tls ? serverTls(raw, certificate) : raw;
    const secure = options.tls ?? false;
    const conn = new ScriptedConnection(socket, raw, { index: connections.length, secure, certificate });
    connections.push(conn);
    void play(options.script, conn).catch((error: unknown) => {
      errors.push(error instanceof Error ? error : new Error(String(error)));
    });
  });
  const port = await listen(server);
  const stop = async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const conn of connections) conn.destroy();
    await closed;
  };
  return {
    host: "127.0.0.1",
    port,
    ca: certificate.ca,
    connections,
    errors,
    get transcript() {
      return connections.flatMap((conn) => conn.transcript);
    },
    async waitForConnections(count, timeoutMs = 5_000) {
      const deadline = performance.now() + timeoutMs;
      while (connections.length < count) {
        if (performance.now() > deadline) throw new Error(`${connections.length} of ${count} connections`);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function play(script: ImapScript, conn: ScriptedConnection): Promise<void> {
  try {
    await script(conn);
  } catch (error) {
    if (!(error instanceof ClientGone)) throw error;
  } finally {
    conn.end();
  }
}

function serverTls(raw: Socket, { key, cert }: Certificate): TLSSocket {
  return new TLSSocket(raw, { isServer: true, secureContext: createSecureContext({ key, cert }) });
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      if (address === null || typeof address === "string") return reject(new Error("no TCP address"));
      resolve(address.port);
    });
  });
}
