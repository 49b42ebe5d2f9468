import { readFileSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../config/temporary-folder.ts";
import { mailport } from "./mailport.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const FIVE_MISTAKES = join(ROOT, "tests/bad-configs/01-five-mistakes/config.json");

describe("mailport", () => {
  it("without a command shows its commands and exits 64", async () => {
    const { code, out, err } = await mailport();
    expect(code).toBe(64);
    expect(out).toBe("");
    expect(err).toMatch(/usage: mailport COMMAND[^]*run[^]*check[^]*schema/);
  });

  it.each([["help"], ["--help"], ["-h"]])("%s shows them as a result", async (flag) => {
    expect(await mailport(flag)).toMatchObject({
      code: 0,
      err: "",
      out: expect.stringContaining("usage: mailport COMMAND"),
    });
  });

  it("tells how each command is used", async () => {
    expect((await mailport("help", "check")).out).toContain("usage: mailport check --config FILE [--all] [--json]");
    expect((await mailport("check", "--help")).out).toContain("usage: mailport check --config FILE [--all] [--json]");
  });

  it("tells its version", async () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
    expect(await mailport("--version")).toEqual({ code: 0, out: `${version}\n`, err: "" });
  });

  it.each(["status", "oauth"])("%s comes later and exits 64", async (name) => {
    expect(await mailport(name)).toMatchObject({
      code: 64,
      err: expect.stringContaining(`mailport ${name}: not available in this version`),
    });
  });

  it.each([
    [["fly"], "there is no such command"],
    [["run"], "--config FILE is missing"],
    [["check"], "--config FILE is missing"],
    [["check", "--config"], "argument missing"],
    [["check", "--confg", "x"], "Unknown option '--confg'"],
    [["run", "x"], "Unexpected argument 'x'"],
    [["demo", "--port", "http"], "--port wants a number"],
  ])("%j is a usage error: exit 64", async (args, why) => {
    expect(await mailport(...args)).toMatchObject({ code: 64, out: "", err: expect.stringContaining(why) });
  });
});

describe("mailport schema", () => {
  it("prints config.schema.json", async () => {
    const { code, out, err } = await mailport("schema");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toBe(readFileSync(join(ROOT, "config.schema.json"), "utf8"));
  });
});

describe("a bad configuration", () => {
  it.each(["run", "check"])("makes %s name all five mistakes and exit 78", async (command) => {
    const { code, err } = await mailport(command, "--config", FIVE_MISTAKES);
    expect(code).toBe(78);
    for (const path of ["imapHost", "imapPort", "startFrom", "alowFrom", "username"])
      expect(err).toContain(`accounts[0].${path}: `);
  });

  it("is five findings to a machine", async () => {
    const { code, out } = await mailport("check", "--json", "--config", FIVE_MISTAKES);
    expect(code).toBe(78);
    expect(JSON.parse(out)).toMatchObject({ ok: false, exitCode: 78, accounts: [] });
    expect(JSON.parse(out).findings).toHaveLength(5);
    expect(JSON.parse(out).findings[1]).toEqual({
      id: "config-invalid",
      severity: "error",
      account: "",
      path: "accounts[0].imapPort",
      message: 'expected a whole number from 1 to 65535, found "993"',
      fix: "mend the file; `mailport schema` describes it",
    });
  });

  it("may be no file at all", async () => {
    expect(await mailport("run", "--config", "/no/such/file.json")).toMatchObject({
      code: 78,
      err: expect.stringContaining("there is no such file"),
    });
  });
});

describe("mailport init", () => {
  it("writes a file that only the owner may read, and that loads", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "config.json");
    expect(await mailport("init", "--config", path)).toMatchObject({
      code: 0,
      err: "",
      out: expect.stringContaining(`mailport check --config ${path}`),
    });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const { code, out } = await mailport("check", "--json", "--config", path);
    expect(code).toBe(69);
    expect(JSON.parse(out).findings.map(({ id }: { id: string }) => id)).toEqual(["imap-dns", "smtp-dns"]);
  }, 40_000);

  it("never overwrites", async () => {
    await using folder = await temporaryFolder();
    const path = await folder.write("config.json", "mine");
    expect(await mailport("init", "--config", path)).toMatchObject({
      code: 73,
      err: `${path} is there already and stays as it is\n`,
    });
    expect(await readFile(path, "utf8")).toBe("mine");
  });
});
