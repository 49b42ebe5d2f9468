import { readdirSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { type Clock, createEmailChannel, silentLogger } from "../../src/index.ts";
import { startBlackHole } from "../servers/black-hole.ts";
import { CleanUp } from "../servers/clean-up.ts";
import { type FaultProxy, startFaultProxy } from "../servers/fault-proxy.ts";
import { type Liar, liars, startLiar } from "../servers/liars.ts";
import { canHaveOwnNames, ownNames } from "../servers/own-names.ts";
import { ScriptedMailbox } from "../servers/scripted-mailbox.ts";
import { dovecotAvailable } from "../servers/shared.ts";
import { tempFolder } from "../servers/temp-folder.ts";
import { startGatewayRoom, subjects } from "./gateway-room.ts";
import { letter } from "./room.ts";

/** What an operator may wait for after a machine wakes up, or a network comes back. */
const BACK_WITHIN_MS = 20_000;
/** 10 for a lid that was closed over lunch. */
const ASLEEP_MS = Number(process.env["MAILPORT_ASLEEP_MINUTES"] ?? 0.1) * 60_000;
/** Of what merely falls silent it is known after a minute of silence, slept through or not. */
const LOSSES = ASLEEP_MS < 60_000 ? (["rst"] as const) : (["rst", "blackhole"] as const);

await using probe = await tempFolder("names-probe");
const hasOwnNames = dovecotAvailable && canHaveOwnNames(probe.path);
if (!hasOwnNames) console.error("SKIPPED: no Dovecot, or no user namespaces on this machine: no names could be played");

describe.skipIf(!dovecotAvailable)("a gateway that was asleep (P9)", () => {
  it.each(LOSSES)(
    "is back soon after it wakes, when its connection was lost meanwhile: %s",
    async (how) => {
      await using owned = new CleanUp();
      let proxy: FaultProxy | undefined;
      const room = owned.use(
        await startGatewayRoom({
          reach: async ({ imapPort }) => {
            proxy = owned.use(await startFaultProxy({ target: { host: "127.0.0.1", port: imapPort } }));
            return { imapPort: proxy.port };
          },
        }),
      );
      await room.deliver(letter({ id: "before" }));
      await vi.waitFor(() => expect(subjects(room.sink)).toHaveLength(1), BACK_WITHIN_MS);

      room.gateway.kill("SIGSTOP");
      proxy?.cutAll(how);
      await room.deliver(letter({ id: "meanwhile" }));
      await pause(ASLEEP_MS);
      expect(subjects(room.sink)).toHaveLength(1);

      room.gateway.kill("SIGCONT");
      await vi.waitFor(() => expect(subjects(room.sink)).toHaveLength(2), BACK_WITHIN_MS);
      room.gateway.kill("SIGTERM");
      expect((await room.gateway.ended).code).toBe(0);
    },
    ASLEEP_MS + 120_000,
  );
});

describe.skipIf(!hasOwnNames)("a gateway without a working network (P10)", () => {
  it("goes on asking while its server has no address, and passes by one that leads nowhere", async () => {
    await using folder = await tempFolder("names");
    await using owned = new CleanUp();
    const names = ownNames(folder.path);
    const room = owned.use(
      await startGatewayRoom({
        wrap: () => (command) => names.wrap(command),
        reach: async ({ imapPort, smtpPort }) => {
          for (const port of [imapPort, smtpPort]) owned.use(await startBlackHole("::1", port));
          return { imapHost: "mail.box.test", smtpHost: "mail.box.test" };
        },
      }),
    );
    await room.deliver(letter({ id: "waits" }));
    await room.gateway.says(/mail\.box\.test.*EAI_AGAIN/);
    await pause(2_000);
    expect((await room.mails()).map(({ flags }) => flags)).toEqual([[]]);

    names.set("::1 mail.box.test", "127.0.0.1 mail.box.test");
    await vi.waitFor(() => expect(subjects(room.sink)).toHaveLength(1), BACK_WITHIN_MS);
    room.gateway.kill("SIGTERM");
    expect((await room.gateway.ended).code).toBe(0);
  }, 90_000);
});

describe("a server that hangs up a thousand times (P11)", () => {
  it("costs no descriptor, timer or listener, and is asked ever more rarely", async () => {
    const goodbye: Liar = (mailbox, honest) => {
      const says = [liars.greeting_bye, liars.idle_eof, liars.idle_bye].map((liar: Liar) => liar(mailbox, honest));
      return (conn) => says[conn.index % says.length]?.(conn) ?? Promise.resolve();
    };
    await using owned = new CleanUp();
    const options = { user: "bot", password: "secret", mailbox: new ScriptedMailbox({ mails: [] }) };
    const server = owned.use(await startLiar(goodbye, options));
    const { clock, slept } = hurriedClock();
    const warnings: Error[] = [];
    const note = (warning: Error) => void warnings.push(warning);
    process.on("warning", note);
    owned.defer(async () => void process.off("warning", note));
    const channel = createEmailChannel(
      {
        imapHost: server.host,
        imapPort: server.port,
        smtpHost: "127.0.0.1",
        smtpPort: 1,
        tls: false,
        username: "bot",
        password: "secret",
        fromAddress: "bot@example.test",
      },
      { logger: silentLogger, clock, random: () => 0.9 },
    );
    owned.defer(async () => await channel.close({ drainMs: 0 }));
    void channel.receive().next();

    await server.waitForConnections(100, 60_000);
    const before = held();
    await server.waitForConnections(1_100, 120_000);
    await vi.waitFor(() => {
      const after = held();
      expect(after.descriptors).toBeLessThanOrEqual(before.descriptors + SLACK);
      expect(after.resources).toBeLessThanOrEqual(before.resources + SLACK);
    });
    expect(warnings).toEqual([]);
    // No connection lasted, so nothing was forgiven: 0.9 s, 1.8 s, 3.6 s … and then 54 s each.
    const pauses = slept.filter((ms) => ms === 54_000);
    expect(slept).toEqual(expect.arrayContaining([900, 1_800, 3_600, 7_200, 14_400, 28_800]));
    expect(pauses.length).toBeGreaterThan(1_000);
    expect(server.errors).toEqual([]);
  }, 240_000);
});

/** A connection that comes or goes at the moment of counting. */
const SLACK = 6;

function held(): { descriptors: number; resources: number } {
  return { descriptors: readdirSync("/proc/self/fd").length, resources: process.getActiveResourcesInfo().length };
}

/** An hour of pauses in less than a second; intervals are measured as they are. */
function hurriedClock(): { clock: Clock; slept: number[] } {
  const slept: number[] = [];
  const clock: Clock = {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    async sleep(ms, signal) {
      slept.push(ms);
      await pause(ms / 10_000, undefined, signal ? { signal } : {}).catch(() => undefined);
    },
  };
  return { clock, slept };
}
