import type { AvailableProgram } from "./debian-packages.ts";
import { runCommand } from "./run-command.ts";

export interface Accounts {
  readonly owner: MailOwner;
  /** The account the unprivileged parts of a server run as. */
  readonly systemUser: string;
  readonly systemGroup: string;
}

/** Who owns the mail files, as the server sees it; Dovecot refuses mail users with uid 0. */
export interface MailOwner {
  readonly uid: number;
  readonly gid: number;
  /** Whether files the tests write must be given to the owner. */
  readonly mustChown: boolean;
}

const NOBODY_ID = 65_534;

/** Servers look their accounts up by name, and without root can only have the caller's. */
export async function accountsFor({ account }: AvailableProgram): Promise<Accounts> {
  if (account !== "own") {
    const owner = { uid: NOBODY_ID, gid: NOBODY_ID, mustChown: account === "root" };
    return { owner, systemUser: "nobody", systemGroup: "nogroup" };
  }
  const [uid, gid, user, group] = await Promise.all(["-u", "-g", "-un", "-gn"].map((what) => runCommand("id", [what])));
  const owner = { uid: Number(uid), gid: Number(gid), mustChown: false };
  return { owner, systemUser: `${user}`.trim(), systemGroup: `${group}`.trim() };
}
