import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { canRun } from "./can-run.ts";

export interface OwnNames {
  /** `127.0.0.1 name`, one line each; from now on. */
  set(...lines: readonly string[]): void;
  wrap(command: readonly string[]): [file: string, args: string[]];
}

/** A hosts file, and a name server that does not answer, for one process alone; no root needed on Linux. */
export function ownNames(folder: string): OwnNames {
  const [hosts, resolver] = [join(folder, "hosts"), join(folder, "resolv.conf")];
  writeFileSync(hosts, "");
  writeFileSync(resolver, "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n");
  const script = 'mount --bind "$1" /etc/hosts && mount --bind "$2" /etc/resolv.conf && shift 2 && exec "$@"';
  return {
    // In place: the mount is of the file itself.
    set: (...lines) => writeFileSync(hosts, `${lines.join("\n")}\n`),
    wrap: (command) => ["unshare", ["-Urm", "sh", "-c", script, "sh", hosts, resolver, ...command]],
  };
}

/** Whether this machine lets a process have names of its own. */
export function canHaveOwnNames(folder: string): boolean {
  return canRun(ownNames(folder).wrap(["true"]));
}
