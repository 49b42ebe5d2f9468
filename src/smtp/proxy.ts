import { request } from "node:http";
import type { Socket } from "node:net";
import { SocksClient } from "socks";
import { ConnectionError, errorText } from "../domain/errors.ts";

export interface ProxyRoute {
  /** `socks5://host:port` or `http://host:port`, with `user:password@` where the proxy wants it. */
  readonly proxy: string;
  readonly host: string;
  readonly port: number;
  readonly timeoutMs: number;
}

/** RFC 1928 names 1080; 3128 is what HTTP proxies without a port in their address listen on. */
const DEFAULT_PORT = { socks: 1080, http: 3128 } as const;

/** A TCP connection to the mail server by way of the proxy. @throws ConnectionError, without the proxy's password. */
export async function connectThroughProxy(route: ProxyRoute, signal: AbortSignal | undefined): Promise<Socket> {
  const url = new URL(route.proxy);
  try {
    return url.protocol === "http:" ? await httpConnect(url, route, signal) : await socksConnect(url, route);
  } catch (cause) {
    const why = errorText(cause).replaceAll(decodeURIComponent(url.password) || "\0", "…");
    throw new ConnectionError(
      `The proxy ${url.protocol}//${url.host} does not connect to ${route.host}:${route.port}: ${why}`,
      { cause: undefined },
    );
  }
}

async function socksConnect(url: URL, { host, port, timeoutMs }: ProxyRoute): Promise<Socket> {
  const { socket } = await SocksClient.createConnection({
    command: "connect",
    timeout: timeoutMs,
    destination: { host, port },
    proxy: {
      host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
      port: Number(url.port) || DEFAULT_PORT.socks,
      type: url.protocol === "socks4:" ? 4 : 5,
      ...(url.username ? { userId: decodeURIComponent(url.username), password: decodeURIComponent(url.password) } : {}),
    },
  });
  return socket;
}

/** RFC 9110 section 9.3.6. */
function httpConnect(
  url: URL,
  { host, port, timeoutMs }: ProxyRoute,
  signal: AbortSignal | undefined,
): Promise<Socket> {
  const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return new Promise((resolve, reject) => {
    const connecting = request({
      host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
      port: Number(url.port) || DEFAULT_PORT.http,
      method: "CONNECT",
      path: `${host}:${port}`,
      headers: url.username ? { "Proxy-Authorization": `Basic ${Buffer.from(credentials).toString("base64")}` } : {},
      timeout: timeoutMs,
      ...(signal ? { signal } : {}),
      agent: false,
    });
    connecting.once("timeout", () => connecting.destroy(new Error(`no answer within ${timeoutMs} ms`)));
    connecting.once("error", reject);
    connecting.once("response", (response) => {
      response.resume();
      connecting.destroy(new Error(`it answered ${response.statusCode}`));
    });
    connecting.once("connect", (response, socket, head) => {
      if (response.statusCode !== 200) {
        socket.destroy();
        reject(new Error(`it answered ${response.statusCode}`));
        return;
      }
      socket.setTimeout(0);
      // The mail server speaks first, so its greeting may already be here.
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    connecting.end();
  });
}
