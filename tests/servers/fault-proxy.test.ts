import { once } from "node:events";
import { type Socket, connect, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ConnectionFaults, type FaultProxy, firstConnections, startFaultProxy } from "./fault-proxy.ts";

/** Says 1,000 bytes at once, then echoes. */
const echo = createServer({ allowHalfOpen: true }, (socket) => {
  socket.on("error", () => {});
  socket.write("g".repeat(1_000));
  socket.pipe(socket);
});
let target = { host: "127.0.0.1", port: 0 };

beforeAll(async () => {
  echo.listen(0, "127.0.0.1");
  await once(echo, "listening");
  const address = echo.address();
  target = { host: "127.0.0.1", port: typeof address === "object" ? (address?.port ?? 0) : 0 };
});

afterAll(() => {
  echo.close();
});

/** Patient with a busy machine, quick on an idle one. */
const eventually = <T>(look: () => T) => expect.poll(look, { timeout: 5_000, interval: 2 });

interface Client {
  readonly socket: Socket;
  readonly chunks: Buffer[];
  readonly end: () => "open" | "fin" | "rst";
  readonly bytes: () => number;
}

function client({ host, port }: FaultProxy): Client {
  const socket = connect({ host, port, allowHalfOpen: true });
  const chunks: Buffer[] = [];
  let end: "open" | "fin" | "rst" = "open";
  socket.on("data", (chunk) => chunks.push(chunk));
  socket.on("end", () => (end = "fin"));
  socket.on("error", () => (end = "rst"));
  return { socket, chunks, end: () => end, bytes: () => chunks.reduce((sum, { length }) => sum + length, 0) };
}

const faulty = (faults: ConnectionFaults) => startFaultProxy({ target, faults: () => faults });

describe("the fault proxy", () => {
  it("passes everything and counts it", async () => {
    await using proxy = await startFaultProxy({ target });
    const { socket, bytes, end } = client(proxy);
    socket.write(Buffer.alloc(3_000_000, "x"));
    socket.end();
    await eventually(end).toBe("fin");
    expect(bytes()).toBe(3_001_000);
    expect([proxy.bytesToServer, proxy.bytesToClient, proxy.connections]).toEqual([3_000_000, 3_001_000, 1]);
    await eventually(() => proxy.open).toBe(0);
  });

  it.each(["fin", "rst"] as const)("cuts after so many bytes to the client with %s", async (how) => {
    await using proxy = await faulty({ cut: { direction: "toClient", afterBytes: 400, how } });
    const { bytes, end } = client(proxy);
    await eventually(end).toBe(how);
    expect([bytes(), proxy.bytesToClient]).toEqual([400, 400]);
  });

  it.each(["fin", "rst"] as const)("cuts after so many bytes to the server with %s", async (how) => {
    await using proxy = await faulty({ cut: { direction: "toServer", afterBytes: 5, how } });
    const { socket, end } = client(proxy);
    await once(socket, "data");
    socket.write("hello world");
    await eventually(end).toBe(how);
    expect(proxy.bytesToServer).toBe(5);
  });

  it.each(["stall", "blackhole"] as const)("stops without a word: %s", async (how) => {
    await using proxy = await faulty({ cut: { direction: "toClient", afterBytes: 999, how } });
    const { socket, bytes, end } = client(proxy);
    await eventually(bytes).toBe(999);
    const big = socket.write(Buffer.alloc(30_000_000)) || (await drains(socket, 300));
    expect(big).toBe(how === "blackhole");
    expect([end(), bytes(), proxy.bytesToServer]).toEqual(["open", 999, 0]);
  });

  it("freezes and thaws, new connections too", async () => {
    await using proxy = await startFaultProxy({ target });
    const first = client(proxy);
    await eventually(first.bytes).toBe(1_000);
    proxy.freeze();
    first.socket.write("ping");
    const second = client(proxy);
    await sleep(50);
    expect([first.bytes(), second.bytes()]).toEqual([1_000, 0]);
    proxy.thaw();
    await eventually(() => [first.bytes(), second.bytes()]).toEqual([1_004, 1_000]);
  });

  it("slices, so that what was one write comes in pieces", async () => {
    await using proxy = await faulty({ sliceBytes: 100 });
    const { bytes, chunks } = client(proxy);
    await eventually(bytes).toBe(1_000);
    expect(chunks.length).toBeGreaterThan(1);
    expect(chunks.every(({ length }) => length % 100 === 0)).toBe(true);
  });

  it("delays each direction, not each chunk", async () => {
    await using proxy = await faulty({ delayMs: 50 });
    const { socket, bytes } = client(proxy);
    await eventually(bytes).toBe(1_000);
    const startedAt = performance.now();
    for (let count = 0; count < 20; count++) {
      socket.write("x".repeat(100));
      await sleep(2);
    }
    await eventually(bytes).toBe(3_000);
    const tookMs = performance.now() - startedAt;
    expect(tookMs).toBeGreaterThan(99);
    expect(tookMs).toBeLessThan(900);
  });

  it("turns one bit", async () => {
    await using proxy = await faulty({ flip: { direction: "toClient", atByte: 10 }, sliceBytes: 7 });
    const { bytes, chunks } = client(proxy);
    await eventually(bytes).toBe(1_000);
    expect(Buffer.concat(chunks).toString()).toBe(`${"g".repeat(10)}f${"g".repeat(989)}`);
  });

  it("spoils only the first connections", async () => {
    const cut: ConnectionFaults = { cut: { direction: "toClient", afterBytes: 0, how: "rst" } };
    await using proxy = await startFaultProxy({ target, faults: firstConnections(1, cut) });
    const first = client(proxy);
    await eventually(first.end).toBe("rst");
    const second = client(proxy);
    await eventually(second.bytes).toBe(1_000);
    expect(proxy.links.map((link) => link.bytesToClient)).toEqual([0, 1_000]);
  });

  it("refuses, and accepts again on the same port; open connections live on", async () => {
    await using proxy = await startFaultProxy({ target });
    const first = client(proxy);
    await eventually(first.bytes).toBe(1_000);
    await proxy.refuse();
    await eventually(client(proxy).end).toBe("rst");
    first.socket.write("still");
    await eventually(first.bytes).toBe(1_005);
    await proxy.accept();
    await eventually(client(proxy).bytes).toBe(1_000);
    proxy.cutAll("rst");
    await eventually(first.end).toBe("rst");
  });

  it("passes a refusal by the server on as a reset", async () => {
    await using proxy = await startFaultProxy({ target: { host: "127.0.0.1", port: 1 } });
    await eventually(client(proxy).end).toBe("rst");
  });
});

function drains(socket: Socket, waitMs: number): Promise<boolean> {
  return Promise.race([once(socket, "drain").then(() => true), sleep(waitMs, false)]);
}
