import { execFileSync } from "node:child_process";

/** Whether a command ends well on this machine; what it says is of no interest. */
export function canRun([file, args]: readonly [file: string, args: readonly string[]]): boolean {
  try {
    execFileSync(file, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
