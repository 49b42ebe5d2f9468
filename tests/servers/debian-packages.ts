import { access, constants, mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fetchPackages } from "./package-fetch.ts";
import { lastLines, tryCommand } from "./run-command.ts";

export interface ProgramSpec {
  /** Names the folder in the cache. */
  readonly name: string;
  readonly packages: readonly string[];
  /** Taken when apt cannot work the dependencies out by itself. */
  readonly libraries: readonly string[];
  /** Packages the solver wants that a test server does not need, such as a mail transport. */
  readonly without?: RegExp;
  /** Absolute paths; all there means installed. Checked for missing libraries before use. */
  readonly binaries: readonly [string, ...string[]];
}

export interface CommandLine {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
}

/** Plain data, so that it can travel from the global set-up to the test workers. */
export type Program = AvailableProgram | { readonly available: false; readonly reason: string };

export interface AvailableProgram {
  readonly available: true;
  readonly how: "installed" | "fetched";
  /**
   * Who it runs as: `root` can take any account, `own` has only the caller's,
   * `mapped` is the caller outside and `nobody` inside its namespace.
   */
  readonly account: "root" | "own" | "mapped";
  readonly prefix: readonly string[];
  readonly cwd: string;
}

/** A server must not outlive the tests, even if they are killed. */
const DIE_WITH_PARENT =
  'if command -v setpriv >/dev/null; then exec setpriv --pdeathsig TERM -- "$@"; else exec "$@"; fi';

/**
 * The packages have their paths compiled in, so they are laid over /usr where only this process tree sees it.
 * The layer is a relative path: an absolute one might hold a comma or a colon, which mean something to mount.
 */
const OVERLAY = "mount -t overlay overlay -o lowerdir=usr:/usr /usr";

interface Namespace {
  readonly account: "root" | "mapped";
  readonly enter: readonly string[];
}

const AS_ROOT: Namespace = { account: "root", enter: ["unshare", "-m"] };

/** Mapped to `nobody`, because the servers look their account up by name and the caller may have none. */
const AS_USER: Namespace = {
  account: "mapped",
  enter: ["unshare", "-U", "-m", "--map-user=65534", "--map-group=65534", "--keep-caps"],
};

const sh = (script: string) => ["sh", "-c", script, "sh"];

/** The installed program if there is one; otherwise its Debian packages, unpacked once into a cache. */
export async function findProgram(spec: ProgramSpec, cacheFolder?: string): Promise<Program> {
  if (await allExist(spec.binaries)) {
    const account = process.getuid?.() === 0 ? "root" : "own";
    return { available: true, how: "installed", account, prefix: sh(DIE_WITH_PARENT), cwd: "/" };
  }
  const unavailable = (why: string): Program => ({
    available: false,
    reason: `${spec.name} is not installed and cannot be fetched: ${why}`,
  });
  try {
    const cache = cacheFolder ?? (await defaultCache());
    await mkdir(cache, { recursive: true });
    const namespace = await workingNamespace(cache);
    const tree = await fetchPackages(spec, cache, (candidate) => usable(spec, namespace, candidate));
    return {
      available: true,
      how: "fetched",
      account: namespace.account,
      prefix: [...namespace.enter, ...sh(`${OVERLAY} && cd / && ${DIE_WITH_PARENT}`)],
      cwd: tree,
    };
  } catch (error) {
    return unavailable(error instanceof Error ? error.message : String(error));
  }
}

/** How to start a command of the program. */
export function commandLine(program: AvailableProgram, command: readonly string[]): CommandLine {
  const [file = "", ...args] = [...program.prefix, ...command];
  return { file, args, cwd: program.cwd };
}

async function allExist(files: readonly string[]): Promise<boolean> {
  const found = await Promise.all(files.map((file) => isThere(file, constants.X_OK)));
  return found.every(Boolean);
}

async function isThere(file: string, mode: number): Promise<boolean> {
  return access(file, mode).then(
    () => true,
    () => false,
  );
}

/** Beside the installed packages of this checkout, or in the temp folder where that cannot be written. */
async function defaultCache(): Promise<string> {
  const modules = path.resolve(import.meta.dirname, "../../node_modules");
  const cache = path.join(modules, ".cache", "mailport-servers");
  const writable = await mkdir(cache, { recursive: true }).then(
    () => isThere(cache, constants.W_OK),
    () => false,
  );
  return writable ? cache : path.join(tmpdir(), `mailport-servers-${process.getuid?.() ?? "user"}`);
}

/** The first way to a private mount that works here; containers often forbid all of them. */
async function workingNamespace(cache: string): Promise<Namespace> {
  const probe = path.join(cache, "probe");
  await mkdir(path.join(probe, "usr"), { recursive: true });
  const complaints: string[] = [];
  for (const namespace of process.getuid?.() === 0 ? [AS_ROOT, AS_USER] : [AS_USER]) {
    const [file = "", ...args] = [...namespace.enter, ...sh(`${OVERLAY} && test -x /usr/bin/env`)];
    const { ok, stderr } = await tryCommand(file, args, { cwd: probe, timeoutMs: 10_000 });
    if (ok) return namespace;
    complaints.push(lastLines(stderr, 1));
  }
  throw new Error(`no overlay in a private mount namespace (${complaints.join("; ")})`);
}

/** Whether every binary of an unpacked tree finds its libraries on this machine. */
async function usable(spec: ProgramSpec, namespace: Namespace, tree: string): Promise<boolean> {
  if (!(await isThere(path.join(tree, "usr"), constants.R_OK))) return false;
  const [file = "", ...args] = [...namespace.enter, ...sh(`${OVERLAY} && exec ldd "$@"`), ...spec.binaries];
  const { ok, stdout } = await tryCommand(file, args, { cwd: tree, timeoutMs: 10_000 });
  return ok && !stdout.includes("not found");
}
