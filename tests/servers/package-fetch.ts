import { cp, mkdir, mkdtemp, readFile, readdir, rename, rm } from "node:fs/promises";
import path from "node:path";
import { errorCode } from "./error-code.ts";
import { withFileLock } from "./file-lock.ts";
import type { ProgramSpec } from "./debian-packages.ts";
import { lastLines, runCommand, tryCommand } from "./run-command.ts";

/** Folders that a merged-usr system links into /usr; packages still carry them separately. */
const TOP_FOLDERS = ["bin", "sbin", "lib", "lib64"];

/** apt gives up soon: a test run without a network should say so, not hang. */
const APT_IMPATIENCE = [
  "-o",
  "Acquire::Retries=1",
  "-o",
  "Acquire::http::Timeout=15",
  "-o",
  "Acquire::https::Timeout=15",
];

/** A package name as apt prints it; anything else is not passed on to a command. */
const PACKAGE_NAME = /^[a-z0-9][a-z0-9+.-]+$/;

/**
 * A folder with the packages and what they need beyond this machine, unpacked.
 *
 * Kept between runs. Workers that come at once wait for the first; a folder appears
 * under its final name only when it is whole and `usable`.
 */
export async function fetchPackages(
  spec: ProgramSpec,
  cache: string,
  usable: (tree: string) => Promise<boolean>,
): Promise<string> {
  const ready = await cachedTree(spec, cache, usable);
  if (ready !== undefined) return ready;
  return withFileLock(path.join(cache, `${spec.name}.lock`), async () => {
    const meanwhile = await cachedTree(spec, cache, usable);
    if (meanwhile !== undefined) return meanwhile;
    const work = await mkdtemp(path.join(cache, `${spec.name}.fetching-`));
    try {
      const { tree, version } = await unpack(spec, work);
      if (!(await usable(tree))) throw new Error("the unpacked packages lack libraries");
      const final = path.join(cache, `${await treePrefix(spec)}${version}`);
      await rm(final, { recursive: true, force: true });
      await rename(tree, final);
      return final;
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  });
}

async function cachedTree(
  spec: ProgramSpec,
  cache: string,
  usable: (tree: string) => Promise<boolean>,
): Promise<string | undefined> {
  const prefix = await treePrefix(spec);
  const names = (await readdir(cache)).filter((name) => name.startsWith(prefix)).toSorted();
  for (const name of names.toReversed()) {
    const tree = path.join(cache, name);
    if (await usable(tree)) return tree;
  }
  return undefined;
}

/** Trees of another system or processor must not be taken, as when a checkout is shared with a container. */
async function treePrefix(spec: ProgramSpec): Promise<string> {
  const release = await readFile("/etc/os-release", "utf8").catch(() => "");
  const field = (name: string) => new RegExp(`^${name}="?([^"\\n]*)`, "m").exec(release)?.[1] ?? "unknown";
  return `${spec.name}-${field("ID")}${field("VERSION_ID")}-${process.arch}-`;
}

async function unpack(spec: ProgramSpec, work: string): Promise<{ tree: string; version: string }> {
  const downloads = path.join(work, "downloads");
  await download(spec, work, downloads);
  const tree = path.join(work, "tree");
  await mkdir(path.join(tree, "usr"), { recursive: true });
  const files = (await readdir(downloads)).filter((name) => name.endsWith(".deb"));
  for (const file of files) await runCommand("dpkg", ["-x", path.join(downloads, file), tree]);
  for (const folder of TOP_FOLDERS) {
    const from = path.join(tree, folder);
    await cp(from, path.join(tree, "usr", folder), { recursive: true, verbatimSymlinks: true }).catch(ignoreMissing);
  }
  const main = files.find((name) => spec.packages.includes(name.split("_")[0] ?? ""));
  if (main === undefined) throw new Error(`apt brought none of ${spec.packages.join(", ")}`);
  return { tree, version: decodeURIComponent(main.split("_")[1] ?? "").replace(/^\d+:/, "") };
}

function ignoreMissing(error: unknown): void {
  if (errorCode(error) !== "ENOENT") throw error;
}

/** With the machine's package lists if they will do, otherwise with fresh private ones, which needs no root. */
async function download(spec: ProgramSpec, work: string, downloads: string): Promise<void> {
  if (!(await tryCommand("apt-get", ["--version"])).ok) throw new Error("there is no apt-get");
  const unsandboxed = [...APT_IMPATIENCE, "-o", "Debug::NoLocking=1", "-o", "APT::Sandbox::User=root"];
  const system = await tryDownload(spec, unsandboxed, downloads);
  if (system === undefined) return;
  const state = path.join(work, "apt");
  for (const folder of ["lists/partial", "cache/archives/partial"]) {
    await mkdir(path.join(state, folder), { recursive: true });
  }
  const places = [
    `Dir::State=${state}`,
    `Dir::State::lists=${state}/lists`,
    "Dir::State::status=/var/lib/dpkg/status",
    `Dir::Cache=${state}/cache`,
  ];
  const own = [...unsandboxed, ...places.flatMap((place) => ["-o", place])];
  const update = await tryCommand("apt-get", ["-q", ...own, "update"]);
  if (!update.ok) throw new Error(`apt-get update failed: ${lastLines(update.stderr)}`);
  const failure = await tryDownload(spec, own, downloads);
  if (failure !== undefined) throw new Error(failure);
}

/** Resolves to the complaint, if there is one. */
async function tryDownload(spec: ProgramSpec, aptOptions: string[], downloads: string): Promise<string | undefined> {
  await rm(downloads, { recursive: true, force: true });
  await mkdir(downloads);
  const names = await neededPackages(spec, aptOptions);
  const result = await tryCommand("apt-get", ["-q", ...aptOptions, "download", ...names], { cwd: downloads });
  return result.ok ? undefined : `apt-get download failed: ${result.stderr.trim().split("\n")[0] ?? ""}`;
}

/** apt's own solver says what an installation would add; it only simulates. */
async function neededPackages(spec: ProgramSpec, aptOptions: string[]): Promise<string[]> {
  const simulate = ["-s", ...aptOptions, "--no-install-recommends", "install", ...spec.packages];
  const { ok, stdout } = await tryCommand("apt-get", simulate);
  const solved = ok ? [...stdout.matchAll(/^Inst (\S+)/gm)].map(([, name = ""]) => name) : [];
  const names = solved.length > 0 ? solved : [...spec.packages, ...(await notInstalled(spec.libraries))];
  return names.filter((name) => PACKAGE_NAME.test(name) && spec.without?.test(name) !== true);
}

async function notInstalled(names: readonly string[]): Promise<string[]> {
  const { stdout } = await tryCommand("dpkg-query", ["-W", "-f", "${Package} ${db:Status-Status}\n", ...names]);
  return names.filter((name) => !stdout.includes(`${name} installed\n`));
}
