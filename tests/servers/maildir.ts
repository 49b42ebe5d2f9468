import { chownSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { MailOwner } from "./accounts.ts";
import { errorCode } from "./error-code.ts";

export interface MaildirPlace {
  readonly maildir: string;
  /** Exists and belongs to the owner; what is made below it is given to the owner too. */
  readonly base: string;
  readonly name: string;
  readonly owner: MailOwner;
}

/** Counts across calls, so that a second seeding sorts after the first. */
let seeded = 0;

/**
 * Puts mails straight into `new/`. The server numbers new files in the order of their
 * names, so the names count up; it finds them when the box is opened.
 *
 * Synchronous writes on purpose: for small files they are several times faster.
 */
export async function seedMaildir(place: MaildirPlace, mails: Iterable<Buffer | string>): Promise<void> {
  const { maildir, name, owner } = place;
  const box = name === "INBOX" ? maildir : path.join(maildir, `.${name.replaceAll("/", ".")}`);
  for (const folder of ["cur", "new", "tmp"]) makeFolders(path.join(box, folder), place);
  const second = Math.floor(Date.now() / 1000);
  for (const mail of mails) {
    const bytes = Buffer.from(mail);
    const file = path.join(
      box,
      "new",
      `${second}.M${String(seeded++).padStart(9, "0")}P${process.pid}.seed,S=${bytes.length}`,
    );
    writeFileSync(file, bytes, { mode: 0o600 });
    if (owner.mustChown) chownSync(file, owner.uid, owner.gid);
  }
}

function makeFolders(folder: string, place: MaildirPlace): void {
  if (folder === place.base) return;
  makeFolders(path.dirname(folder), place);
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if (errorCode(error) !== "EEXIST") throw error;
    return;
  }
  if (place.owner.mustChown) chownSync(folder, place.owner.uid, place.owner.gid);
}
