import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { OwnedProcess } from "./child-process.ts";
import { lastLines } from "./run-command.ts";

const READY_WITHIN_MS = 10_000;

/** Waits until a server says something on connect. Listening is not enough: the kernel accepts before it does. */
export async function untilGreeting(port: number, server: OwnedProcess, log: () => Promise<string>): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS;
  while (!(await greets(port))) {
    if (server.isRunning() && Date.now() < deadline) {
      await sleep(10);
      continue;
    }
    const why = lastLines(`${await log().catch(() => "")}\n${server.output()}`);
    throw new Error(`the server ${server.isRunning() ? "is not ready" : "ended"}: ${why}`);
  }
}

function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    const finish = (ready: boolean) => {
      socket.destroy();
      resolve(ready);
    };
    socket.setTimeout(2_000, () => finish(false));
    socket.once("error", () => finish(false));
    socket.once("end", () => finish(false));
    socket.once("data", () => finish(true));
  });
}
