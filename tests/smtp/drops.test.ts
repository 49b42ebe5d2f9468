import { createServer, type Socket } from "node:net";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { silentLogger } from "../../src/runtime/logger.ts";
import { createSmtpTransport, type SmtpMail } from "../../src/smtp/smtp-transport.ts";
import { startFaultProxy } from "../servers/fault-proxy.ts";
import { startSmtpSink } from "../servers/smtp-sink.ts";
import { mail, settings } from "./fixtures.ts";

const PLAIN = { security: "none" as const };

describe("a connection cut while a mail is on its way", () => {
  it(
    "wherever that is: never called undelivered when it arrived, and in doubt only once the mail itself was sent",
    { timeout: 60_000 },
    async () => {
      await using sink = await startSmtpSink(PLAIN);
      const message = mail();
      const { bodyStarts, dotEnds } = await measure(sink, message);
      const kinds = new Set<string>();
      for (const afterBytes of cutPoints(bodyStarts, dotEnds)) {
        const before = sink.mails.length;
        const kind = await submitCut(sink, message, afterBytes);
        const arrived = sink.mails.length - before;
        kinds.add(kind);
        expect({ afterBytes, arrived }).toEqual({ afterBytes, arrived: afterBytes < dotEnds ? 0 : 1 });
        if (afterBytes <= bodyStarts) expect({ afterBytes, kind }).toEqual({ afterBytes, kind: "retry" });
        else expect(arrived === 0 ? ["retry", "unknown"] : ["sent", "unknown"]).toContain(kind);
      }
      expect(kinds).toEqual(new Set(["retry", "unknown"]));
    },
  );

  it("in the middle of a large mail is a plain retry: the dot was never written", async () => {
    const server = await rawServer((line, socket, data) => {
      if (data !== undefined) {
        if (data > 1_000_000) socket.resetAndDestroy();
        return;
      }
      answer(line, socket);
    });
    await using transport = createSmtpTransport(
      settings({ host: "127.0.0.1", port: server.port, user: "u", password: "password", ca: "" }, PLAIN),
      silentLogger,
    );
    const large = mail({ attachments: [{ content: Buffer.alloc(8_000_000, 1), filename: "large.bin" }] });
    expect(await transport.submit(large)).toMatchObject({ kind: "retry", code: "CONNECTION", scope: "mail" });
    await server.close();
  });

  it("with the reply to the dot half written is still unknown", async () => {
    const server = await rawServer((line, socket, data) => {
      if (data === undefined) answer(line, socket);
      else if (line.endsWith("\r\n.\r\n")) socket.end("25");
    });
    await using transport = createSmtpTransport(
      settings({ host: "127.0.0.1", port: server.port, user: "u", password: "password", ca: "" }, PLAIN),
      silentLogger,
    );
    expect(await transport.submit(mail())).toMatchObject({ kind: "unknown", code: "OUTCOME_UNKNOWN" });
    await server.close();
  });

  it("by us is told by the same rule", async () => {
    await using sink = await startSmtpSink();
    await using transport = createSmtpTransport(settings(sink), silentLogger);
    for (const [step, kind] of [
      ["rcpt", "retry"],
      ["dot", "unknown"],
    ] as const) {
      const heal = sink.fail(step, { hang: true });
      const stop = new AbortController();
      const outcome = transport.submit(mail(), stop.signal);
      setTimeout(() => stop.abort(), 150);
      expect(await outcome).toMatchObject({ kind });
      heal();
    }
  });
});

type Sink = Awaited<ReturnType<typeof startSmtpSink>>;

async function submitCut(sink: Sink, message: SmtpMail, afterBytes: number): Promise<string> {
  await using proxy = await startFaultProxy({
    target: sink,
    faults: () => ({ cut: { direction: "toServer", afterBytes, how: "rst" } }),
  });
  await using transport = createSmtpTransport(settings({ ...sink, port: proxy.port }, PLAIN), silentLogger);
  return (await transport.submit(message)).kind;
}

const around = (middle: number, each: number) =>
  Array.from({ length: 2 * each + 1 }, (_, index) => middle - each + index);

/** Every byte around the places where something changes, some in between. */
function cutPoints(bodyStarts: number, dotEnds: number): number[] {
  const coarse = Array.from({ length: 40 }, (_, index) => Math.floor((index * dotEnds) / 40));
  return [
    ...new Set([...coarse, ...around(bodyStarts, 30), ...around(dotEnds, 10).filter((point) => point <= dotEnds)]),
  ].toSorted((a, b) => a - b);
}

/** Offsets in what the client sends: the first byte of the mail, and the one after its final dot. */
async function measure(sink: Sink, message: SmtpMail): Promise<{ bodyStarts: number; dotEnds: number }> {
  await using proxy = await startFaultProxy({ target: sink });
  const transport = createSmtpTransport(settings({ ...sink, port: proxy.port }, PLAIN), silentLogger);
  await transport.submit(message);
  const dotEnds = proxy.bytesToServer;
  await transport[Symbol.asyncDispose]();
  const commands = sink.connections.at(-1)?.commands.filter((line) => line !== "QUIT") ?? [];
  return { bodyStarts: commands.reduce((bytes, line) => bytes + line.length + "\r\n".length, 0), dotEnds };
}

function answer(line: string, socket: Socket): void {
  const verb = line.slice(0, 4).toUpperCase();
  if (verb === "EHLO") socket.write("250-raw\r\n250 8BITMIME\r\n");
  else if (verb === "DATA") socket.write("354 go\r\n");
  else socket.write("250 ok\r\n");
}

/** `handle` gets each line; once DATA was answered, all that came since with its length. */
async function rawServer(
  handle: (line: string, socket: Socket, data?: number) => void,
): Promise<{ port: number; close: () => Promise<void> }> {
  const server = createServer((socket) => {
    let data: string | undefined;
    socket.on("error", () => {});
    socket.write("220 raw\r\n");
    socket.on("data", (chunk) => {
      if (data !== undefined) {
        data += chunk.toString("latin1");
        return handle(data, socket, data.length);
      }
      for (const line of chunk
        .toString()
        .split("\r\n")
        .filter((text) => text !== "")) {
        handle(line, socket);
        if (line.toUpperCase() === "DATA") data = "";
      }
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no TCP address");
  return { port: address.port, close: async () => void (await new Promise((resolve) => server.close(resolve))) };
}
