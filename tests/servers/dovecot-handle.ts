import { readFile } from "node:fs/promises";
import path from "node:path";
import type { MailOwner } from "./accounts.ts";
import { type Box, type BoxOperations, DEFAULT_USER, boxOperations } from "./box-operations.ts";
import { type AvailableProgram, commandLine } from "./debian-packages.ts";
import type { DovecotPorts } from "./dovecot-config.ts";
import { seedMaildir } from "./maildir.ts";
import { runCommand } from "./run-command.ts";

/** All there is to know about a running Dovecot, as plain data for another process. */
export interface DovecotAddress {
  readonly host: string;
  readonly ports: DovecotPorts;
  /** The one password, which opens any user's box. */
  readonly password: string;
  /** PEM of the authority its certificate comes from. */
  readonly ca: string;
  readonly folder: string;
  readonly owner: MailOwner;
  readonly program: AvailableProgram;
}

export interface DovecotHandle extends DovecotAddress, BoxOperations {
  /** Many mails at once, UIDs in their order. Only while nobody has the box open. */
  readonly seed: (mails: Iterable<Buffer | string>, box?: Box) => Promise<void>;
  readonly setUidValidity: (uidValidity: number, box?: Box) => Promise<void>;
  readonly doveadm: (...args: readonly string[]) => Promise<string>;
  /** The processes serving a user's open connections, to be stopped or killed. */
  readonly imapPids: (user?: string) => Promise<number[]>;
  readonly log: () => Promise<string>;
}

export function dovecotHandle(address: DovecotAddress): DovecotHandle {
  const { folder, owner, program } = address;
  const doveadm = async (...args: readonly string[]) => {
    const command = ["doveadm", "-c", path.join(folder, "dovecot.conf"), ...args];
    const { file, args: all, cwd } = commandLine(program, command);
    return runCommand(file, all, { cwd, timeoutMs: 30_000 });
  };
  return {
    ...address,
    ...boxOperations(address),
    doveadm,
    seed: (mails, { user = DEFAULT_USER, folder: name = "INBOX" } = {}) => {
      const base = path.join(folder, "home");
      return seedMaildir({ maildir: path.join(base, user, "Maildir"), base, name, owner }, mails);
    },
    setUidValidity: async (uidValidity, { user = DEFAULT_USER, folder: name = "INBOX" } = {}) => {
      await doveadm("mailbox", "update", "--uid-validity", String(uidValidity), "-u", user, name);
    },
    imapPids: async (user = DEFAULT_USER) => {
      const rows = (await doveadm("-f", "tab", "who", "-1", user)).trim().split("\n").slice(1);
      const fields = rows.map((row) => row.split("\t"));
      return fields.filter(([name, service]) => name === user && service === "imap").map(([, , pid]) => Number(pid));
    },
    log: () => readFile(path.join(folder, "dovecot.log"), "utf8"),
  };
}
