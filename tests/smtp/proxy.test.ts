import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { connect, createServer, type Server, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { startSmtpSink } from "../servers/smtp-sink.ts";
import { mail, transportTo } from "./fixtures.ts";

describe("by way of a proxy", () => {
  it.each(["starttls", "tls"] as const)("an HTTP one carries the mail (%s)", async (security) => {
    await using sink = await startSmtpSink({ security });
    await using proxy = await httpProxy();
    await using transport = transportTo(sink, { security, proxy: `http://us%40er:pa%3Ass@127.0.0.1:${proxy.port}` });
    expect(await transport.submit(mail())).toMatchObject({ kind: "sent" });
    expect(proxy.asked).toEqual([`127.0.0.1:${sink.port} Basic ${Buffer.from("us@er:pa:ss").toString("base64")}`]);
  });

  it("a SOCKS5 one carries the mail", async () => {
    await using sink = await startSmtpSink();
    await using proxy = await socksProxy();
    await using transport = transportTo(sink, { proxy: `socks5://127.0.0.1:${proxy.port}` });
    expect(await transport.submit(mail())).toMatchObject({ kind: "sent" });
    expect(proxy.asked).toEqual([`127.0.0.1:${sink.port}`]);
  });

  it.each(["http", "socks5"])("a missing %s one is a lost connection, told without its password", async (scheme) => {
    await using sink = await startSmtpSink();
    await using transport = transportTo(sink, { proxy: `${scheme}://user:secret-word@127.0.0.1:1` });
    const outcome = await transport.submit(mail());
    expect(outcome).toMatchObject({
      kind: "retry",
      code: "CONNECTION",
      scope: "account",
      message: expect.stringContaining(`The proxy ${scheme}://127.0.0.1:1 does not connect`),
    });
    expect(JSON.stringify(outcome)).not.toContain("secret-word");
  });

  it("a refusing one says so", async () => {
    await using sink = await startSmtpSink();
    await using proxy = await httpProxy(407);
    await using transport = transportTo(sink, { proxy: `http://127.0.0.1:${proxy.port}` });
    expect(await transport.submit(mail())).toMatchObject({
      code: "CONNECTION",
      message: expect.stringContaining("it answered 407"),
    });
  });
});

interface TestProxy extends AsyncDisposable {
  readonly port: number;
  readonly asked: string[];
}

async function httpProxy(refuseWith?: number): Promise<TestProxy> {
  const asked: string[] = [];
  const server = createHttpServer().on("connect", (request, client) => {
    if (refuseWith !== undefined) {
      client.end(`HTTP/1.1 ${refuseWith} No\r\n\r\n`);
      return;
    }
    const [host = "", port] = (request.url ?? "").split(":");
    asked.push(`${request.url} ${request.headers["proxy-authorization"]}`);
    // The answer leaves together with the greeting of the mail server.
    const upstream = connect(Number(port), host);
    upstream.once("data", (greeting) => {
      client.write(Buffer.concat([Buffer.from("HTTP/1.1 200 OK\r\n\r\n"), greeting]));
      join(client as Socket, upstream);
    });
    // With direct TLS the server waits for the client.
    setTimeout(() => {
      if (upstream.bytesRead > 0) return;
      upstream.removeAllListeners("data");
      client.write("HTTP/1.1 200 OK\r\n\r\n");
      join(client as Socket, upstream);
    }, 200);
  });
  return await listening(server, asked);
}

async function socksProxy(): Promise<TestProxy> {
  const asked: string[] = [];
  const server = createServer((client) => {
    client.once("data", () => {
      client.write(Buffer.from([5, 0]));
      client.once("data", (request) => {
        const port = request.readUInt16BE(8);
        const host = [...request.subarray(4, 8)].join(".");
        asked.push(`${host}:${port}`);
        const upstream = connect(port, host, () => {
          client.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
          join(client, upstream);
        });
      });
    });
  });
  return await listening(server, asked);
}

function join(a: Socket, b: Socket): void {
  // A socket whose pipe has gone is paused, and would never notice its own end.
  for (const [one, other] of [
    [a, b],
    [b, a],
  ] as const)
    one.on("error", () => {}).on("close", () => other.destroy());
  a.pipe(b);
  b.pipe(a);
}

async function listening(server: Server, asked: string[]): Promise<TestProxy> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no TCP address");
  return {
    port: address.port,
    asked,
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
