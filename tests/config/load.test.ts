import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { gatewayJsonSchema } from "../../src/config/gateway-schema.ts";
import { loadConfig } from "../../src/config/load.ts";
import { valueAt } from "../../src/config/problems.ts";
import { ConfigError } from "../../src/domain/errors.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const BAD = join(ROOT, "tests/bad-configs");

const account = {
  enabled: true,
  imapHost: "imap.example.org",
  smtpHost: "smtp.example.org",
  username: "bot",
  password: { file: "password" },
  fromAddress: "bot@example.org",
};
const least = { accounts: [account], bot: { kind: "echo" } };

describe("the gateway's file", () => {
  it("needs accounts and a bot, and has defaults for the rest", async () => {
    const { config } = await load(least);
    expect(config).toMatchObject({
      store: { kind: "sqlite", path: expect.stringMatching(/mailport\.db$/), keepDays: 30 },
      bot: { kind: "echo", timeoutSeconds: 300 },
      log: { level: "info", format: "auto" },
      admin: false,
      drainSeconds: 30,
    });
  });

  it("counts every relative path from its own folder", async () => {
    await using folder = await temporaryFolder();
    const path = await folder.write("config.json", {
      accounts: [{ ...account, attachFrom: ["out", "/srv/out"] }],
      bot: { kind: "module", path: "./bot.js" },
    });
    const { config, accounts, directory } = await loadConfig(path);
    expect(directory).toBe(folder.path);
    expect(config.bot).toMatchObject({ path: join(folder.path, "bot.js") });
    expect(accounts[0]).toMatchObject({
      password: { file: join(folder.path, "password") },
      attachments: { dir: join(folder.path, "attachments") },
      attachFrom: [join(folder.path, "out"), "/srv/out"],
    });
  });

  it("may hold an account that is not enabled and not complete", async () => {
    const { accounts, disabled } = await load({
      ...least,
      accounts: [account, { id: "later", imapHost: "imap.example.org" }],
    });
    expect(accounts.map(({ id }) => id)).toEqual(["default"]);
    expect(disabled.map(({ id }) => id)).toEqual(["later"]);
  });

  it("may begin with a byte order mark", async () => {
    await using folder = await temporaryFolder();
    expect(
      (await loadConfig(await folder.write("config.json", `\uFEFF${JSON.stringify(least)}`))).accounts,
    ).toHaveLength(1);
  });

  it.each([
    [0o600, false],
    [0o640, true],
    [0o644, true],
  ])("with mode %o: readable by others is %s", async (mode, readableByOthers) => {
    await using folder = await temporaryFolder();
    expect(await loadConfig(await folder.write("config.json", least, mode))).toMatchObject({ readableByOthers });
  });

  it("is asked for by name when it is not there", async () => {
    await expect(loadConfig("/no/such/config.json")).rejects.toThrow(
      "/no/such/config.json: 1 mistake\n  - there is no such file; `mailport init` writes one to start from",
    );
  });

  it("is not repeated in the message when it is no JSON (P13)", async () => {
    await using folder = await temporaryFolder();
    const error: unknown = await loadConfig(await folder.write("config.json", '{ "password": "hunter2" oops')).catch(
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(ConfigError);
    expect(String(error)).toContain("JSON mistake at line 1, column 25");
    expect(String(error)).not.toContain("hunter2");
  });
});

describe("config.example.json", () => {
  it("loads, and names the schema beside it", async () => {
    const { config, accounts } = await loadConfig(join(ROOT, "config.example.json"));
    expect(config.$schema).toBe("./config.schema.json");
    expect(accounts).toHaveLength(1);
  });
});

describe("config.schema.json", () => {
  it("is what `mailport schema` prints", () => {
    expect(JSON.parse(readFileSync(join(ROOT, "config.schema.json"), "utf8"))).toEqual(gatewayJsonSchema());
  });

  it("describes every key of an account and says its default", () => {
    const keys = valueAt(gatewayJsonSchema(), ["properties", "accounts", "items", "properties"]);
    expect(keys).toMatchObject({
      pollIntervalSeconds: { description: "Seconds between two looks at a server that has no IDLE.", default: 60 },
    });
    const silent = Object.entries(Object(keys)).filter(([, key]) => !valueAt(key, ["description"]));
    expect(silent).toEqual([]);
  });
});

describe("a bad configuration", () => {
  it.each(readdirSync(BAD))("%s", async (name) => {
    const path = join(BAD, name, "config.json");
    const error: unknown = await loadConfig(path).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConfigError);
    const said = error instanceof Error ? error.message.replaceAll(path, "config.json") : "";
    expect(`${said}\n`).toBe(readFileSync(join(BAD, name, "expected-error.txt"), "utf8"));
  });
});

async function load(content: unknown): ReturnType<typeof loadConfig> {
  await using folder = await temporaryFolder();
  return await loadConfig(await folder.write("config.json", content));
}
