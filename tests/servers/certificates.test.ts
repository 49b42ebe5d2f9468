import { once } from "node:events";
import { type TLSSocket, connect, createServer } from "node:tls";
import { expect, it } from "vitest";
import { type Certificates, certificates } from "./certificates.ts";

/** What a client that trusts the authority and asks for this host says. */
async function verdict(kind: keyof Certificates, host: string): Promise<string> {
  const { ca, cert, key } = (await certificates())[kind];
  const server = createServer({ cert, key }, (socket: TLSSocket) => socket.on("error", () => {}));
  server.on("tlsClientError", () => {});
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const socket = connect({ host, port, ca });
  try {
    await once(socket, "secureConnect");
    return "trusted";
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : String(error);
  } finally {
    socket.destroy();
    server.close();
  }
}

it.each([
  ["valid", "127.0.0.1", "trusted"],
  ["valid", "localhost", "trusted"],
  ["expired", "127.0.0.1", "CERT_HAS_EXPIRED"],
  ["wrongHost", "127.0.0.1", "ERR_TLS_CERT_ALTNAME_INVALID"],
] as const)("the %s certificate for %s is %s", async (kind, host, expected) => {
  expect(await verdict(kind, host)).toBe(expected);
});

it("is made once per process", async () => {
  expect(await certificates()).toBe(await certificates());
});
