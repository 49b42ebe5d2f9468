import { constants } from "node:fs";
import { access, lstat, stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { Finding } from "../config/findings.ts";
import type { LoadedConfig } from "../config/load.ts";
import type { AccountConfig } from "../config/schema.ts";

type Note = Omit<Finding, "account">;

/** What the folders and files of the configuration will make of a start. Looks, and changes nothing. */
export async function accountFileFindings({ id, attachments, attachFrom }: AccountConfig): Promise<Finding[]> {
  const notes = [
    ...(await attachmentsDir(attachments.dir)),
    ...(await Promise.all((attachFrom ?? []).map(attachFolder))).flat(),
  ];
  return notes.map((note) => ({ ...note, account: id }));
}

export async function storeFindings({ config: { store } }: LoadedConfig): Promise<Finding[]> {
  if (store.kind !== "sqlite") return [];
  const folder = dirname(store.path);
  const notes: Note[] = [];
  if (!(await mayUse(folder, constants.W_OK | constants.X_OK)))
    notes.push({
      id: "store-not-writable",
      severity: "error",
      message: `the store needs its folder ${folder}, which is not there or may not be written by this user`,
      path: "store.path",
      fix: "make the folder, or mend its permissions",
    });
  if (await othersMayRead(store.path))
    notes.push({
      id: "store-readable-by-others",
      severity: "warning",
      message: `${store.path} holds mails and others on this machine may read it`,
      path: "store.path",
      fix: `chmod 600 ${store.path}`,
    });
  return notes.map((note) => ({ ...note, account: "" }));
}

async function attachmentsDir(dir: string): Promise<Note[]> {
  const path = "attachments.dir";
  const note = (id: string, severity: Note["severity"], message: string, fix: string): Note[] => [
    { id, severity, message, path, fix },
  ];
  const status = await lstat(dir).catch(() => undefined);
  if (status === undefined) {
    const parent = await nearest(dir);
    if (await mayUse(parent, constants.W_OK | constants.X_OK)) return [];
    const message = `the folder for attachments ${dir} is not there and cannot be made in ${parent}`;
    return note("attachments-dir-not-writable", "error", message, "make it, or name another");
  }
  if (status.isSymbolicLink()) {
    const message = `the folder for attachments ${dir} is a symbolic link, and links are not followed there`;
    return note("attachments-dir-symlink", "error", message, "name the folder it leads to");
  }
  if (!status.isDirectory())
    return note("attachments-dir-not-a-folder", "error", `${dir} is no folder`, "name another, or take it away");
  if (!(await mayUse(dir, constants.W_OK | constants.X_OK))) {
    const message = `the folder for attachments ${dir} may not be written by this user`;
    return note("attachments-dir-not-writable", "error", message, "mend its permissions");
  }
  if (!(await othersMayRead(dir))) return [];
  const message = `others on this machine may look into ${dir}, where strangers' files are saved`;
  return note("attachments-dir-readable-by-others", "warning", message, `chmod 700 ${dir}`);
}

async function attachFolder(folder: string): Promise<Note[]> {
  const isFolder = await stat(folder).then(
    (status) => status.isDirectory(),
    () => false,
  );
  if (isFolder) return [];
  return [
    {
      id: "attach-from-missing",
      severity: "warning",
      message: `${folder} is not there, or no folder: nothing can be attached from it`,
      path: "attachFrom",
      fix: "make it, or take it out",
    },
  ];
}

/** The folder itself, or the first above it that is there. */
async function nearest(path: string): Promise<string> {
  for (let folder = dirname(path); ; folder = dirname(folder))
    if (folder === dirname(folder) || (await mayUse(folder, constants.F_OK))) return folder;
}

async function mayUse(path: string, mode: number): Promise<boolean> {
  return await access(path, mode).then(
    () => true,
    () => false,
  );
}

/** Windows has no such bits; there the mode says 0666 of every file. */
async function othersMayRead(path: string): Promise<boolean> {
  if (process.platform === "win32") return false;
  return await stat(path).then(
    ({ mode }) => (mode & 0o044) !== 0,
    () => false,
  );
}
