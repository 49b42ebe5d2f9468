import type { ConnectionFaults, CutHow, Direction } from "../servers/fault-proxy.ts";
import type { SmtpStep } from "../servers/smtp-faults.ts";
import type { Fault, Outcome } from "./survives.ts";

const STEPS: readonly SmtpStep[] = ["connect", "ehlo", "auth", "mail", "rcpt", "data", "dot"];
const PASSING = ["421 4.7.0 slow down", "450 4.2.1 greylisted", "451 4.3.0 local error"];

/** Cuts over the whole of an IMAP session, at even distances. `clean` is what a session without faults took. */
export function imapCuts(clean: Outcome, count: number): Fault[] {
  return [
    ...cuts("imap", "toClient", clean.imapBytes.toClient, ["fin", "rst", "stall"], Math.ceil(count * 0.7)),
    ...cuts("imap", "toServer", clean.imapBytes.toServer, ["fin", "rst", "blackhole"], Math.floor(count * 0.3)),
  ];
}

/** Cuts over an SMTP session. Those of the way back may hit the reply to the last dot. */
export function smtpCuts(clean: Outcome, count: number): Fault[] {
  return [
    ...cuts("smtp", "toServer", clean.smtpBytes.toServer, ["fin", "rst"], Math.ceil(count / 2)),
    ...cuts("smtp", "toClient", clean.smtpBytes.toClient, ["fin", "rst"], Math.floor(count / 2)),
  ].map((fault) => ({ ...fault, mayRepeat: true }));
}

/** Steps whose refusal for good is of the mail, and those where it can only be of the server. */
const OF_THE_MAIL: readonly SmtpStep[] = ["mail", "rcpt", "data", "dot"];
const OF_THE_SERVER: readonly SmtpStep[] = ["connect", "ehlo"];
const FINAL = ["550 5.1.1 no such user", "552 5.3.4 message too big"];

/** Every step of SMTP refused for good once: at most that one mail fails, and it is shown as failed. */
export function smtpFinalRefusals(): Fault[] {
  const refusals = (steps: readonly SmtpStep[], mayFail: number) =>
    steps.flatMap((step) =>
      FINAL.map((reply): Fault => ({
        name: `${reply} at ${step}`,
        server: (sink) => void sink.fail(step, { reply }, { times: 1 }),
        mayFail,
      })),
    );
  return [...refusals(OF_THE_MAIL, 1), ...refusals(OF_THE_SERVER, 0)];
}

/** Every step of SMTP refused for a while, and the connection closed between the last dot and its 250. */
export function smtpRefusals(): Fault[] {
  const refusals = STEPS.flatMap((step) =>
    PASSING.map((reply): Fault => ({
      name: `${reply} at ${step}`,
      server: (sink) => void sink.fail(step, { reply }, { times: 2 }),
    })),
  );
  const drops = (["fin", "rst"] as const).flatMap((drop) =>
    [true, false].map((keep): Fault => ({
      name: `${drop} after the last dot, ${keep ? "mail kept" : "mail lost"}`,
      server: (sink) => void sink.fail("dot", { drop, keep }, { times: 1 }),
      mayRepeat: true,
    })),
  );
  return [...refusals, ...drops];
}

/** Lines that are slow, late, or come in crumbs. */
export function badLines(): Fault[] {
  const faults: Record<string, ConnectionFaults> = {
    "30 ms late": { delayMs: 30 },
    "one byte at a time": { sliceBytes: 1 },
    "seven bytes at a time": { sliceBytes: 7 },
  };
  return Object.entries(faults).flatMap(([name, fault]) => [
    { name: `IMAP ${name}`, imap: fault },
    { name: `SMTP ${name}`, smtp: fault },
  ]);
}

function cuts(
  line: "imap" | "smtp",
  direction: Direction,
  bytes: number,
  ways: readonly CutHow[],
  count: number,
): Fault[] {
  return Array.from({ length: count }, (_, index): Fault => {
    const afterBytes = Math.floor((index * bytes) / count);
    const how = ways[index % ways.length] ?? "rst";
    const cut = { direction, afterBytes, how };
    return { name: `${line} ${how} ${direction} after ${afterBytes} bytes`, [line]: { cut } };
  });
}
