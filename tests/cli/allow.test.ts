import { describe, expect, it } from "vitest";
import { admission } from "../../src/channel/admission.ts";
import { type AccountConfigInput, parseAccount } from "../../src/config/schema.ts";
import { temporaryFolder } from "../config/temporary-folder.ts";
import { mailport } from "./mailport.ts";

const ACCOUNT = {
  imapHost: "imap.b.org",
  smtpHost: "smtp.b.org",
  username: "bot",
  password: "hunter2",
  fromAddress: "bot@b.org",
  aliases: ["help@b.org"],
  allowFrom: ["ann@a.org", "@b.org", "*@*.c.org", "@bücher.example"],
  denyFrom: ["bob@b.org", "@mail.c.org"],
};

const asked = (address: string, change: Partial<AccountConfigInput> = {}) =>
  admission(address, parseAccount({ ...ACCOUNT, ...change }));

describe("who is let in, and which rule decides", () => {
  it.each([
    ["ann@a.org", true, "allowed", "ann@a.org"],
    ["ANN@A.ORG", true, "allowed", "ann@a.org"],
    ["Ann <ann@a.org>", true, "allowed", "ann@a.org"],
    ["ann+news@a.org", false, "not-allowed", null],
    ["eve@a.org", false, "not-allowed", null],
    ["eve@b.org", true, "allowed", "@b.org"],
    ["bob@b.org", false, "denied", "bob@b.org"],
    ["eve@sub.b.org", false, "not-allowed", null],
    ["eve@evilb.org", false, "not-allowed", null],
    ["eve@x.c.org", true, "allowed", "*@*.c.org"],
    ["eve@x.y.c.org", true, "allowed", "*@*.c.org"],
    ["eve@c.org", false, "not-allowed", null],
    ["eve@mail.c.org", false, "denied", "@mail.c.org"],
    ["eve@bücher.example", true, "allowed", "@bücher.example"],
    ["eve@xn--bcher-kva.example", true, "allowed", "@bücher.example"],
    ["bot@b.org", false, "own-message", "@b.org"],
    ["HELP@b.org", false, "own-message", "@b.org"],
    ["no-reply@b.org", false, "automatic", "@b.org"],
  ])("%s: %s, %s", (address, allowed, reason, entry) => {
    const said = asked(address);
    expect([said.allowed, said.reason, said.rule?.entry ?? null]).toEqual([allowed, reason, entry]);
  });

  it.each([
    ["ann@a.org, eve@evil.test", "from-invalid"],
    ['"ann@a.org"@evil.test', "from-invalid"],
    ["eve@evil.test <ann@a.org>", "from-invalid"],
    ['"eve@evil.test" <ann@a.org>', "from-deceptive"],
    ["ann@a．org", "from-invalid"],
    ["an\u200bn@a.org", "from-invalid"],
    ["\u212aim@a.org", "from-invalid"],
    ["kim@\u212aa.org", "from-invalid"],
    ["ann", "from-invalid"],
    ["", "from-invalid"],
    ["ann@a.org\r\nFrom: eve@evil.test", "from-ambiguous"],
    ["ann@a.org\u0000", "header-malformed"],
  ])("no rule can let %j in: %s", (address, reason) => {
    for (const change of [{}, { allowFrom: [] }])
      expect(asked(address, change)).toMatchObject({ allowed: false, reason, canonical: null, rule: null });
  });

  it("is everybody while allowFrom is empty, but for denyFrom", () => {
    expect(asked("eve@evil.test", { allowFrom: [] })).toMatchObject({ allowed: true, reason: "everyone", rule: null });
    expect(asked("bob@b.org", { allowFrom: [] })).toMatchObject({
      allowed: false,
      reason: "denied",
      rule: { list: "denyFrom", entry: "bob@b.org" },
    });
  });

  it("gives both forms of an international domain, and the one that is compared", () => {
    for (const address of ["Eve@bücher.example", "Eve@XN--BCHER-KVA.example"])
      expect(asked(address)).toMatchObject({
        canonical: "eve@xn--bcher-kva.example",
        readable: "eve@bücher.example",
      });
  });
});

describe("mailport allow test", () => {
  it("answers one line an address, for people and for machines", async () => {
    await using folder = await temporaryFolder();
    const config = await folder.write("config.json", {
      accounts: [{ ...ACCOUNT, enabled: true }],
      bot: { kind: "echo" },
    });
    const { code, out } = await mailport("allow", "test", "ANN@a.org", "eve@a.org", "x@x@x", "--config", config);
    expect(code).toBe(0);
    expect(out).toBe(
      [
        '✓ ANN@a.org: may talk to the bot: the entry "ann@a.org" of allowFrom names it [allowed]',
        "    compared as ann@a.org",
        "✗ eve@a.org: may not talk to the bot: no entry of allowFrom [not-allowed]",
        "✗ x@x@x: may not talk to the bot: no rule can let it in: From is not one plain address [from-invalid]",
        "",
      ].join("\n"),
    );
    const json = await mailport("allow", "test", "bob@b.org", "--config", config, "--json");
    expect(JSON.parse(json.out)).toEqual({
      address: "bob@b.org",
      allowed: false,
      reason: "denied",
      detail: "bob@b.org",
      rule: { list: "denyFrom", entry: "bob@b.org" },
      canonical: "bob@b.org",
      readable: "bob@b.org",
    });
  });

  it("exits 64 without an address, a file or the word test", async () => {
    expect((await mailport("allow", "test", "a@b.org")).code).toBe(64);
    expect((await mailport("allow", "test", "--config", "x.json")).code).toBe(64);
    expect((await mailport("allow", "a@b.org", "--config", "x.json")).code).toBe(64);
  });
});
