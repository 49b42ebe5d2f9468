import { execFile } from "node:child_process";
import { access, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const ROOT = resolve(import.meta.dirname, "../..");
const CACHE = join(ROOT, "node_modules/.cache/mailport-nodes");

export interface Consumer extends AsyncDisposable {
  readonly dir: string;
  /** Runs a program of this project. Rejects when it does not end with 0 within half a minute. */
  run(program: string, args: readonly string[]): Promise<string>;
}

/** An empty project into which the packed tarball has been installed, as a user would. */
export async function startConsumer(): Promise<Consumer> {
  const dir = await mkdtemp(join(tmpdir(), "mailport-consumer-"));
  const { overrides } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")) as {
    overrides: Record<string, string>;
  };
  const { stdout } = await run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", dir], { cwd: ROOT });
  const packed = JSON.parse(stdout.slice(stdout.indexOf("["))) as [{ filename: string }] | undefined;
  // Overrides act in the root project only: a consumer that needs the same transitive versions says so itself.
  const pinned = Object.fromEntries(Object.entries(overrides).filter(([, version]) => !version.startsWith("$")));
  await writeFile(
    join(dir, "package.json"),
    JSON.stringify({ name: "consumer", private: true, type: "module", overrides: pinned }),
  );
  await npmInstall(dir, [`./${packed?.[0].filename}`]);
  return {
    dir,
    run: async (program, args) => (await run(program, [...args], { cwd: dir, timeout: 30_000 })).stdout,
    [Symbol.asyncDispose]: async () => await rm(dir, { recursive: true, force: true }),
  };
}

/** The binary of this major version, from the package on npm that the `node` package stands on; kept between runs. */
export async function nodeBinary(major: number): Promise<string> {
  if (Number(process.versions.node.split(".")[0]) === major) return process.execPath;
  const home = join(CACHE, String(major));
  const name = `node-${process.platform}-${process.arch}`;
  const binary = join(home, "node_modules", name, "bin/node");
  if (await exists(binary)) return binary;
  await mkdir(CACHE, { recursive: true });
  const fresh = await mkdtemp(join(CACHE, `${major}-`));
  await writeFile(join(fresh, "package.json"), JSON.stringify({ name: "binary", private: true }));
  await npmInstall(fresh, [`${name}@${major}`]);
  await rename(fresh, home).catch(async () => await rm(fresh, { recursive: true, force: true }));
  return binary;
}

async function npmInstall(cwd: string, packages: readonly string[]): Promise<void> {
  await run("npm", ["install", "--omit=optional", "--no-audit", "--no-fund", ...packages], { cwd, timeout: 240_000 });
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
