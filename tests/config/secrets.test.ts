import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { commandWords, resolveSecret, type Secret } from "../../src/config/secrets.ts";
import { ConfigError } from "../../src/domain/errors.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const node = (script: string) => ({ command: [process.execPath, "-e", script] });

describe("a secret", () => {
  it("may stand in the configuration as it is", async () => {
    expect(await resolveSecret(" as it is ")).toBe(" as it is ");
  });

  it("comes from an environment variable", async () => {
    expect(await resolveSecret({ env: "MAIL_PASSWORD" }, { env: { MAIL_PASSWORD: "s3cret" } })).toBe("s3cret");
  });

  it.each([
    ["s3cret\n", "s3cret"],
    ["s3cret\r\n", "s3cret"],
    ["s3cret", "s3cret"],
    [" spaces stay \n", " spaces stay "],
  ])("comes from a file, without the newline at its end: %j", async (content, secret) => {
    await using folder = await temporaryFolder();
    expect(await resolveSecret({ file: await folder.write("password", content) })).toBe(secret);
  });

  it("is read again each time, so that a changed one is used without a restart", async () => {
    await using folder = await temporaryFolder();
    const file = await folder.write("password", "old\n");
    expect(await resolveSecret({ file })).toBe("old");
    await folder.write("password", "new\n");
    expect(await resolveSecret({ file })).toBe("new");
  });

  it("comes from a command, run without a shell", async () => {
    expect(await resolveSecret({ command: [process.execPath, "-p", "process.argv[1]", "$(id) `id` ; *"] })).toBe(
      "$(id) `id` ; *",
    );
  });

  it("may be a command in one string, cut at its spaces", () => {
    expect(commandWords(`pass show  "my mail"/bot 'a b'`)).toEqual(["pass", "show", "my mail", "/bot", "a b"]);
  });
});

describe("a secret that cannot be had", () => {
  it("names the variable", async () => {
    expect(await failure({ env: "MAIL_PASSWORD" })).toBe(
      "accounts[0].password: the environment variable MAIL_PASSWORD is not set; set it before the start",
    );
    expect(await failure({ env: "EMPTY" })).toBe("accounts[0].password: the environment variable EMPTY is empty");
  });

  it("names the file and why", async () => {
    await using folder = await temporaryFolder();
    const missing = join(folder.path, "missing");
    expect(await failure({ file: missing })).toBe(
      `accounts[0].password: cannot read the file ${missing} (ENOENT); there is no such file`,
    );
    expect(await failure({ file: folder.path })).toContain("(EISDIR); it is a folder");
    const empty = await folder.write("empty", "\n");
    expect(await failure({ file: empty })).toBe(`accounts[0].password: the file ${empty} is empty`);
  });

  it("never repeats what it found (P13)", async () => {
    await using folder = await temporaryFolder();
    const file = await folder.write("password", "hunter2\nhunter3\n");
    expect(await failure({ file })).toBe(
      `accounts[0].password: the file ${file} has more than one line; the secret must stand alone`,
    );
    expect(await failure(node("console.log('hunter2'); console.error('hunter2'); process.exit(3)"))).not.toContain(
      "hunter2",
    );
  });

  it("names the command and how it ended", async () => {
    expect(await failure(node("process.exit(3)"))).toContain("ended with 3; run it by hand to see why");
    expect(await failure(node("process.kill(process.pid, 'SIGKILL')"))).toContain("ended with SIGKILL");
    expect(await failure(node(""))).toMatch(/the command .* is empty$/);
    expect(await failure({ command: ["/no/such/program"] })).toBe(
      "accounts[0].password: the command /no/such/program cannot be run (ENOENT)",
    );
  });

  it("is not waited for without end, nor taken in without end", async () => {
    expect(await failure(node("process.stdout.write('x'.repeat(1e6))"))).toContain("printed more than 65536 bytes");
    const startedAt = performance.now();
    expect(await failure(node("setInterval(() => {}, 1000)"))).toContain("did not answer within 10 seconds");
    expect(performance.now() - startedAt).toBeLessThan(13_000);
  });

  it("cannot be held up by a grandchild that keeps the pipe open", async () => {
    const script = `require("child_process").spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: ["ignore", 1, "ignore"] }).unref(); console.log("s3cret"); process.exit(0)`;
    expect(await resolveSecret(node(script))).toBe("s3cret");
  });

  it.skipIf(process.getuid?.() === 0)("names a file that may not be read", async () => {
    await using folder = await temporaryFolder();
    const file = await folder.write("password", "s3cret");
    await chmod(file, 0);
    expect(await failure({ file })).toContain("(EACCES); this user may not read it");
  });
});

async function failure(secret: Secret): Promise<string> {
  const error: unknown = await resolveSecret(secret, { name: "accounts[0].password", env: { EMPTY: "" } }).catch(
    (reason: unknown) => reason,
  );
  if (!(error instanceof ConfigError)) throw new Error(`expected a ConfigError, got ${String(error)}`);
  expect(error.problems).toHaveLength(1);
  return error.problems.join();
}
