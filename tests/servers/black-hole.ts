import { spawn } from "node:child_process";
import { once } from "node:events";
import { type Socket, connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { CleanUp } from "./clean-up.ts";

/** A connection that takes longer than this on loopback will never come. */
const NEVER_MS = 300;

const LISTEN =
  'require("node:net").createServer().listen({ host: process.argv[1], port: +process.argv[2], backlog: 1 }, () => process.send("listening"))';

/** An address where nobody answers: the queue of a stopped listener is full, so the kernel drops whoever knocks. */
export async function startBlackHole(host: string, port: number): Promise<AsyncDisposable> {
  await using owned = new CleanUp();
  const listener = spawn(process.execPath, ["-e", LISTEN, host, String(port)], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  owned.defer(async () => {
    const ended = once(listener, "close");
    if (listener.kill("SIGKILL")) await ended;
  });
  await once(listener, "message");
  listener.kill("SIGSTOP");
  for (let isOpen = true; isOpen;) {
    const knock = connect({ host, port });
    knock.on("error", () => {});
    owned.defer(async () => void knock.destroy());
    isOpen = await connects(knock);
  }
  return { [Symbol.asyncDispose]: owned.keep() };
}

async function connects(socket: Socket): Promise<boolean> {
  await Promise.race([once(socket, "connect"), pause(NEVER_MS)]);
  return !socket.connecting;
}
