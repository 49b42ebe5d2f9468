import { Folder, type StoredMail } from "./folder.ts";

const SPECIAL_USE: Readonly<Record<string, string>> = {
  Drafts: "\\Drafts",
  Junk: "\\Junk",
  Sent: "\\Sent",
  Trash: "\\Trash",
};

/** The one person's mail that this server keeps, in memory. */
export class Account {
  readonly #folders = new Map<string, Folder>();
  #nextUidValidity = Math.floor(Date.now() / 1000);

  constructor() {
    for (const name of ["INBOX", ...Object.keys(SPECIAL_USE)]) this.create(name);
  }

  get folders(): Folder[] {
    return [...this.#folders.values()];
  }

  /** INBOX is the same in every case, other names are not (RFC 3501 section 5.1). */
  folder(name: string): Folder | undefined {
    return this.#folders.get(canonical(name));
  }

  /** False when there is one of that name. A folder made anew gets a new UIDVALIDITY. */
  create(name: string): boolean {
    const key = canonical(name).replace(/\/$/, "");
    if (key === "" || this.#folders.has(key)) return false;
    this.#folders.set(key, new Folder(key, this.#nextUidValidity, SPECIAL_USE[key]));
    this.#nextUidValidity += 1;
    return true;
  }

  delete(name: string): boolean {
    const key = canonical(name);
    return key !== "INBOX" && this.#folders.delete(key);
  }

  /** The same mails under new numbers and a new UIDVALIDITY, as after a server was restored from a backup. */
  renumber(name: string): boolean {
    const before = this.folder(name);
    if (!before) return false;
    const after = new Folder(before.name, this.#nextUidValidity, before.specialUse);
    this.#nextUidValidity += 1;
    for (const mail of before.mails) after.append(mail.raw, mail.flags, mail.receivedAt);
    this.#folders.set(before.name, after);
    return true;
  }

  deliver(raw: Uint8Array): StoredMail {
    const inbox = this.#folders.get("INBOX");
    if (!inbox) throw new Error("INBOX is never deleted");
    return inbox.append(raw, [], new Date());
  }
}

function canonical(name: string): string {
  return name.toUpperCase() === "INBOX" ? "INBOX" : name;
}
