import { setTimeout as sleep } from "node:timers/promises";
import { onTestFinished } from "vitest";
import type { SunkMail } from "../servers/sink-ledger.ts";
import type { Room } from "./room.ts";

/** Gets each mail that was sent to its address. What it gives back is delivered to `to`, as a robot's answer or a forwarder's. */
export type Carrier = (mail: string, sunk: SunkMail) => readonly Delivery[] | Promise<readonly Delivery[]>;

export interface Delivery {
  readonly to: Room;
  readonly mail: string;
  /** Empty for a bounce. */
  readonly from?: string;
}

const LOOK_EVERY_MS = 10;

/** Carries what each room's SMTP server has taken to whoever it is addressed to, as long as the test lasts. */
export function postOffice(
  rooms: readonly Room[],
  carriers: Readonly<Record<string, Carrier>>,
): { readonly failures: unknown[] } {
  const stop = new AbortController();
  const failures: unknown[] = [];
  onTestFinished(() => stop.abort());
  for (const room of rooms) {
    void (async () => {
      for (let next = 0; !stop.signal.aborted; await sleep(LOOK_EVERY_MS)) {
        for (; next < room.sink.mails.length; next++) {
          const sunk = room.sink.mails[next];
          if (sunk) await carry(sunk, carriers);
        }
      }
    })().catch((error: unknown) => void failures.push(error));
  }
  return { failures };
}

async function carry(sunk: SunkMail, carriers: Readonly<Record<string, Carrier>>): Promise<void> {
  for (const address of sunk.envelope.to)
    for (const { to, mail, from } of (await carriers[address]?.(sunk.raw.toString("latin1"), sunk)) ?? [])
      await to.write(mail, { from: from ?? sunk.envelope.from });
}

/** The mail without these header fields; folded lines go with them. */
export function without(mail: string, ...names: readonly string[]): string {
  const end = mail.indexOf("\r\n\r\n");
  const fields = mail.slice(0, end + 2).match(/[^\r\n]+\r\n(?:[ \t][^\r\n]*\r\n)*/g) ?? [];
  const kept = fields.filter(
    (field) => !names.some((name) => field.toLowerCase().startsWith(`${name.toLowerCase()}:`)),
  );
  return `${kept.join("")}${mail.slice(end + 2)}`;
}

/** The first field of this name, unfolded. */
export function fieldOf(mail: string, name: string): string {
  const head = mail.slice(0, mail.indexOf("\r\n\r\n") + 2);
  const value = new RegExp(`^${name}:((?:[^\\r\\n]|\\r\\n[ \\t])*)`, "im").exec(head)?.[1] ?? "";
  return value.replace(/\r\n[ \t]+/g, " ").trim();
}
