import { createServer, type Socket } from "node:net";
import { createSecureContext, createServer as createTlsServer, TLSSocket } from "node:tls";
import { describe, expect, it } from "vitest";
import { createEmailChannel, silentLogger } from "../../src/index.ts";
import { createSmtpTransport, type SmtpSettings } from "../../src/smtp/smtp-transport.ts";
import { sharedCertificates } from "../servers/shared.ts";
import { mail } from "./fixtures.ts";

interface Listener extends AsyncDisposable {
  readonly port: number;
  /** Everything that a client said, in clear or not. */
  readonly said: string[];
}

describe("STARTTLS response injection (S-I7)", () => {
  it.each(["250-injected.example\r\n250 AUTH PLAIN\r\n", "250 half a li"])(
    "of %j ends the connection before any password",
    async (injected) => {
      await using server = await startTlsWith(injected);
      await using transport = transportTo(server.port, "starttls");
      expect(await transport.submit(mail())).toMatchObject({ kind: "retry", code: "INSECURE_CONNECTION", hold: true });
      await expect(transport.verify()).rejects.toMatchObject({
        code: "INSECURE_CONNECTION",
        message: expect.stringMatching(/between STARTTLS and the handshake.*no password was sent/i),
      });
      expect(server.said.join("")).not.toMatch(/AUTH|MAIL/);
    },
  );

  it("is nothing that an honest server does", async () => {
    await using server = await startTlsWith("");
    await using transport = transportTo(server.port, "starttls");
    expect(await transport.verify()).toMatchObject({ login: "accepted" });
    expect(server.said.join("")).toContain("AUTH PLAIN");
  });
});

describe("a server that speaks TLS 1.1 at most (S-I8)", () => {
  it("speaks it: a client that allows it gets through", async () => {
    await using server = await oldTls("220 x ESMTP\r\n");
    const { connect } = await import("node:tls");
    const { ca } = (await sharedCertificates()).valid;
    const protocol = await new Promise((resolve, reject) => {
      const options = { host: "127.0.0.1", port: server.port, ca, ...OLD, minVersion: "TLSv1.1" as const };
      const socket = connect(options, () => {
        resolve(socket.getProtocol());
        socket.destroy();
      });
      socket.on("error", reject);
    });
    expect(protocol).toBe("TLSv1.1");
  });

  it("gets no mail and no password over SMTP", async () => {
    await using server = await oldTls("220 x ESMTP\r\n");
    await using transport = transportTo(server.port, "tls");
    expect(await transport.submit(mail())).toMatchObject({ kind: "retry", code: "INSECURE_CONNECTION" });
    expect(server.said).toEqual([]);
  });

  it("gets no password over IMAP", async () => {
    await using server = await oldTls("* OK ready\r\n");
    await using channel = createEmailChannel(
      {
        imapHost: "127.0.0.1",
        imapPort: server.port,
        smtpHost: "127.0.0.1",
        username: "bot",
        password: "secret",
        fromAddress: "bot@example.test",
        tlsVerify: false,
      },
      { logger: silentLogger },
    );
    void channel.receive().next();
    await expect.poll(() => channel.status().folders[0]?.lastError).toMatch(/TLS|SSL/);
    expect(server.said).toEqual([]);
  });
});

function transportTo(port: number, security: SmtpSettings["security"]) {
  return createSmtpTransport(
    {
      host: "127.0.0.1",
      port,
      security,
      tlsVerify: false,
      username: "bot",
      password: "secret",
      timeouts: { connectMs: 3_000, greetingMs: 2_000, silenceMs: 2_000, goodbyeMs: 500 },
    },
    silentLogger,
  );
}

/** An SMTP server that says `injected` in the same packet as its answer to STARTTLS, and then does everything right. */
async function startTlsWith(injected: string): Promise<Listener> {
  const { cert, key } = (await sharedCertificates()).valid;
  const secureContext = createSecureContext({ cert, key });
  const said: string[] = [];
  const answer = (socket: Socket, chunk: Buffer) => {
    const text = chunk.toString();
    said.push(text);
    if (text.startsWith("EHLO"))
      socket.write(socket instanceof TLSSocket ? "250-x\r\n250 AUTH PLAIN\r\n" : "250-x\r\n250 STARTTLS\r\n");
    else if (text.startsWith("AUTH")) socket.write("235 welcome\r\n");
    else if (text.startsWith("QUIT")) socket.end("221 bye\r\n");
    else if (text.startsWith("STARTTLS")) {
      socket.removeAllListeners("data");
      socket.write(`220 go ahead\r\n${injected}`);
      const secured = new TLSSocket(socket, { isServer: true, secureContext });
      secured.on("data", (more) => answer(secured, more)).on("error", () => {});
    } else socket.write("250 ok\r\n");
  };
  const server = createServer((socket) => {
    socket.on("error", () => {}).on("data", (chunk) => answer(socket, chunk));
    socket.write("220 x ESMTP\r\n");
  });
  return await listening(server, said);
}

/** OpenSSL 3 has these versions switched off at its default level of security. */
const OLD = { ciphers: "DEFAULT:@SECLEVEL=0", minVersion: "TLSv1", maxVersion: "TLSv1.1" } as const;

async function oldTls(greeting: string): Promise<Listener> {
  const { cert, key } = (await sharedCertificates()).valid;
  const said: string[] = [];
  const server = createTlsServer({ cert, key, ...OLD }, (socket) => {
    socket.on("error", () => {}).on("data", (chunk) => void said.push(chunk.toString()));
    socket.write(greeting);
  });
  server.on("tlsClientError", () => {});
  return await listening(server, said);
}

async function listening(server: ReturnType<typeof createServer>, said: string[]): Promise<Listener> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => void sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    port: typeof address === "object" && address ? address.port : 0,
    said,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
