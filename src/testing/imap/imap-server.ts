import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { ImapOptions } from "./command.ts";
import { Connection } from "./connection.ts";

export interface ImapServer {
  readonly port: number;
  /** Ends every connection without a word, as a crash or a firewall does. */
  dropConnections(): void;
  close(): Promise<void>;
}

export const LOOPBACK = "127.0.0.1";

/** An IMAP server (RFC 3501) for one account, on a free port of the loopback interface. */
export async function startImapServer(options: ImapOptions): Promise<ImapServer> {
  const open = new Map<Socket, Connection>();
  const onConnection = (socket: Socket): void => {
    // Without this every small answer waits 40 ms for the client's delayed ACK.
    socket.setNoDelay(true);
    const connection = new Connection(socket, options);
    open.set(socket, connection);
    socket.once("close", () => open.delete(socket));
    connection.run().catch((error: unknown) => {
      // A bug of this server: the client learns it and the tests see it.
      connection.end(`Internal error: ${String(error)}`.replace(/\s+/g, " "));
    });
  };
  const server =
    options.tls === "direct" ? createTlsServer(options.credentials, onConnection) : createServer(onConnection);
  // Below TLS, so that a handshake that never ends is known too.
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  const dropConnections = () => sockets.forEach((socket) => socket.destroy());
  const port = await listen(server);
  return {
    port,
    dropConnections,
    async close() {
      const closed = once(server, "close");
      server.close();
      for (const connection of open.values()) connection.end("Server shutting down.");
      const patience = setTimeout(dropConnections, GOODBYE_MS);
      await closed;
      clearTimeout(patience);
    },
  };
}

/** A client that does not read its BYE is not waited for. */
const GOODBYE_MS = 250;

async function listen(server: Server): Promise<number> {
  server.listen(0, LOOPBACK);
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return address.port;
}
