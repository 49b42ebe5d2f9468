import { describe, expect, it } from "vitest";
import { changes } from "../../src/cli/reload.ts";
import { loadConfig } from "../../src/config/load.ts";
import { startMailServer } from "../../src/testing/testing.ts";
import { temporaryFolder } from "../config/temporary-folder.ts";
import { startMailport } from "./mailport.ts";

const ACCOUNT = {
  id: "a",
  enabled: true,
  imapHost: "imap.b.org",
  smtpHost: "smtp.b.org",
  username: "bot",
  password: { env: "P" },
  fromAddress: "bot@b.org",
  allowFrom: ["@b.org"],
};
const FILE = { accounts: [ACCOUNT], bot: { kind: "echo" } };

describe("what a new reading of the file means", () => {
  it.each<[string, object, object, object, string[]]>([
    ["nothing new", FILE, FILE, {}, []],
    ["who may talk", FILE, account({ allowFrom: ["@c.org"] }), { a: { allowFrom: ["@c.org"] } }, []],
    ["what was optional is gone", account({ attachFrom: ["/x"] }), FILE, { a: { attachFrom: undefined } }, []],
    [
      "a server",
      FILE,
      account({ imapHost: "x.org", folders: ["A"] }),
      {},
      ["accounts.a.imapHost", "accounts.a.folders"],
    ],
    [
      "both",
      FILE,
      account({ smtpPort: 25, denyFrom: ["x@b.org"] }),
      { a: { denyFrom: ["x@b.org"] } },
      ["accounts.a.smtpPort"],
    ],
    ["an account less", { ...FILE, accounts: [ACCOUNT, { ...ACCOUNT, id: "b" }] }, FILE, {}, ["accounts.b"]],
    ["an account more", FILE, { ...FILE, accounts: [ACCOUNT, { ...ACCOUNT, id: "b" }] }, {}, ["accounts.b"]],
    [
      "another bot, another log",
      FILE,
      { ...FILE, bot: { kind: "command", command: ["x"] }, log: { format: "json", level: "debug" } },
      {},
      ["bot", "log.format"],
    ],
  ])("%s", async (_, before, after, live, restart) => {
    await using folder = await temporaryFolder();
    const [old, next] = [await folder.write("a.json", before), await folder.write("b.json", after)];
    const found = changes(await loadConfig(old), await loadConfig(next));
    expect(Object.fromEntries(found.live)).toEqual(live);
    expect(found.restart).toEqual(restart);
  });
});

describe("mailport run on SIGHUP", () => {
  it("applies new rules without a new connection, names what needs a restart, and keeps the old ones on a mistake", async () => {
    await using server = await startMailServer();
    await using folder = await temporaryFolder();
    const write = async (change: object, file: object = {}) =>
      await folder.write("config.json", {
        accounts: [{ ...server.config(), ...change }],
        bot: { kind: "echo" },
        ...file,
      });
    const config = await write({ allowFrom: ["@example.org"] });
    await using running = startMailport(["run", "--config", config]);
    await running.says('"message":"connected"');
    await server.deliver({ from: "eve@evil.test", subject: "1", text: "1" });
    await running.says('"reason":"not-allowed"');

    await write({ allowFrom: ["@evil.test"], pollIntervalSeconds: 7 }, { drainSeconds: 3, log: { level: "debug" } });
    running.kill("SIGHUP");
    await running.says("configuration reloaded");
    await running.says("restart for drainSeconds, accounts.default.pollIntervalSeconds");
    await server.deliver({ from: "eve@evil.test", subject: "2", text: "two" });
    expect((await server.waitForMail({ timeoutMs: 10_000 })).envelope.to).toEqual(["eve@evil.test"]);

    await write({ allowFrom: ["everybody"], denyFrom: ["nobody"] });
    running.kill("SIGHUP");
    await running.says("the configuration was not reloaded");
    await running.says(/allowFrom\[0\][^]*denyFrom\[0\]/);
    await server.deliver({ from: "eve@evil.test", subject: "3", text: "three" });
    expect((await server.waitForMail({ timeoutMs: 10_000, count: 2 })).envelope.to).toEqual(["eve@evil.test"]);

    running.kill("SIGTERM");
    const { code, err } = await running.ended;
    expect(code).toBe(0);
    expect(err.match(/"message":"connected"/g)).toHaveLength(1);
    expect(err).toContain('"level":"debug"');
  });
});

function account(change: object): object {
  return { ...FILE, accounts: [{ ...ACCOUNT, ...change }] };
}
