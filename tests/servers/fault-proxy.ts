import { type Server, type Socket, connect, createServer } from "node:net";
import { type ConnectionFaults, type CutHow, ProxyLink } from "./proxy-link.ts";

export type { ConnectionFaults, CutHow, Direction } from "./proxy-link.ts";

export interface ProxyTarget {
  readonly host: string;
  readonly port: number;
}

export interface FaultProxyOptions {
  readonly target: ProxyTarget;
  /** What happens to the connection with this index, counted from 0; undefined is a clean one. */
  readonly faults?: (index: number) => ConnectionFaults | undefined;
}

export interface FaultProxy extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** All connections ever made to it. */
  readonly connections: number;
  readonly open: number;
  /** Bytes passed on, over all connections. */
  readonly bytesToClient: number;
  readonly bytesToServer: number;
  /** Each connection's own counts, by index. */
  readonly links: readonly {
    readonly bytesToClient: number;
    readonly bytesToServer: number;
    readonly isOpen: boolean;
  }[];
  /** Other faults for connections made from now on. */
  readonly setFaults: (faults: (index: number) => ConnectionFaults | undefined) => void;
  /** Nothing moves, on new connections either, until `thaw`; then all that was held goes on. */
  readonly freeze: () => void;
  readonly thaw: () => void;
  /** Ends or stops every open connection now. */
  readonly cutAll: (how: CutHow) => void;
  /** New connections are refused; open ones live on. */
  readonly refuse: () => Promise<void>;
  /** Listens again, on the same port. */
  readonly accept: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** The faults for the first connections only. */
export function firstConnections(
  count: number,
  faults: ConnectionFaults,
): (index: number) => ConnectionFaults | undefined {
  return (index) => (index < count ? faults : undefined);
}

/** Stands between a client and a server and spoils what passes. */
export async function startFaultProxy({ target, faults }: FaultProxyOptions): Promise<FaultProxy> {
  let faultsFor = faults ?? (() => undefined);
  let frozen = false;
  const links: ProxyLink[] = [];
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client: Socket) => {
    const upstream = connect({ ...target, allowHalfOpen: true, noDelay: true });
    const link = new ProxyLink(client, upstream, faultsFor(links.length) ?? {});
    links.push(link);
    if (frozen) link.freeze();
  });
  const port = await listen(server, 0);
  const sum = (count: (link: ProxyLink) => number) => links.reduce((total, link) => total + count(link), 0);
  const refuse = async () => stopListening(server);
  const stop = async () => {
    await refuse();
    for (const link of links) link.destroy();
  };
  return {
    host: "127.0.0.1",
    port,
    links,
    get connections() {
      return links.length;
    },
    get open() {
      return links.filter((link) => link.isOpen).length;
    },
    get bytesToClient() {
      return sum((link) => link.bytesToClient);
    },
    get bytesToServer() {
      return sum((link) => link.bytesToServer);
    },
    setFaults(next) {
      faultsFor = next;
    },
    freeze() {
      frozen = true;
      for (const link of links) link.freeze();
    },
    thaw() {
      frozen = false;
      for (const link of links) link.thaw();
    },
    cutAll(how) {
      for (const link of links) if (link.isOpen) link.cut(how);
    },
    refuse,
    async accept() {
      if (!server.listening) await listen(server, port);
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      const address = server.address();
      if (address === null || typeof address === "string") return reject(new Error("no TCP address"));
      resolve(address.port);
    });
  });
}

/** Not awaited until the end: `close` calls back only when the last connection is gone too. */
async function stopListening(server: Server): Promise<void> {
  if (server.listening) server.close();
}
