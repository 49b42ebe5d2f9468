import { readdir } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { type Program, type ProgramSpec, commandLine, findProgram } from "./debian-packages.ts";
import { DOVECOT } from "./dovecot.ts";
import { withFileLock } from "./file-lock.ts";
import { runCommand } from "./run-command.ts";
import { tempFolder } from "./temp-folder.ts";

const run = async (program: Program, command: readonly string[]) => {
  if (!program.available) return program.reason;
  const { file, args, cwd } = commandLine(program, command);
  return runCommand(file, args, { cwd });
};

describe("finding a program", () => {
  it("takes what is installed and starts it with its arguments untouched", async () => {
    const shell: ProgramSpec = { name: "shell", packages: ["dash"], libraries: [], binaries: ["/bin/sh"] };
    const program = await findProgram(shell);
    expect(program).toMatchObject({ available: true, how: "installed" });
    expect(await run(program, ["printf", "%s|", "a b", "$HOME", ""])).toBe("a b|$HOME||");
  });

  it("lets only one process at a time behind a lock", async () => {
    await using folder = await tempFolder("lock");
    const lock = path.join(folder.path, "lock");
    const steps: string[] = [];
    const turn = (name: string) =>
      withFileLock(lock, async () => {
        steps.push(`${name} in`);
        await sleep(20);
        steps.push(`${name} out`);
      });
    await Promise.all([turn("a"), turn("b")]);
    expect([steps[0]?.[0], steps[1]?.[0], steps.length]).toEqual([steps[1]?.[0], steps[0]?.[0], 4]);
  });

  it("frees the lock when the work fails", async () => {
    await using folder = await tempFolder("lock");
    const lock = path.join(folder.path, "lock");
    await expect(withFileLock(lock, () => Promise.reject(new Error("oh")))).rejects.toThrow("oh");
    expect(await withFileLock(lock, () => Promise.resolve("free"))).toBe("free");
  });
});

/** These download from the Debian mirror every time: `MAILPORT_TEST_FETCH=1 npx vitest run tests/servers`. */
describe.runIf(process.env["MAILPORT_TEST_FETCH"])("fetching packages", () => {
  const spec: ProgramSpec = { ...DOVECOT, binaries: [...DOVECOT.binaries] };

  it("fetches once for two who ask at once, and leaves only the tree", { timeout: 120_000 }, async () => {
    await using folder = await tempFolder("packages");
    const both = await Promise.all([findProgram(spec, folder.path), findProgram(spec, folder.path)]);
    for (const program of both) expect(await run(program, ["dovecot", "--version"])).toMatch(/^\d+\.\d+/);
    expect(both[0]).toEqual(both[1]);
    const left = (await readdir(folder.path)).filter((name) => name.startsWith("dovecot-"));
    expect(left).toHaveLength(1);
    expect((await readdir(folder.path)).toSorted()).toEqual([...left, "dovecot.lock", "probe"].toSorted());
  });

  it("says why a program cannot be had", { timeout: 120_000 }, async () => {
    await using folder = await tempFolder("packages");
    const wanted: ProgramSpec = {
      ...spec,
      name: "nothing",
      packages: ["mailport-no-such-package"],
      binaries: ["/no/such"],
    };
    expect(await findProgram({ ...wanted, libraries: [] }, folder.path)).toEqual({
      available: false,
      reason: expect.stringMatching(/^nothing is not installed and cannot be fetched: .*mailport-no-such-package/),
    });
    expect((await readdir(folder.path)).filter((name) => name.includes("fetching"))).toEqual([]);
  });
});
