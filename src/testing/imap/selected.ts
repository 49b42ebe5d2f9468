import type { Folder, StoredMail } from "./folder.ts";
import { isIn, type NumberRange, numberRanges } from "./number-set.ts";

export interface NumberedMail {
  readonly sequence: number;
  readonly mail: StoredMail;
}

/** A folder as one connection knows it: sequence numbers move only when the client has been told (RFC 3501 section 5.5). */
export class Selected {
  readonly folder: Folder;
  readonly readOnly: boolean;
  #uids: number[];
  #highestUid: number;
  readonly #expunged = new Set<number>();
  readonly #flagged = new Set<StoredMail>();
  readonly #changed: () => void;

  /** `changed` is called after each change that the client has not been told yet. */
  constructor(folder: Folder, readOnly: boolean, changed: () => void) {
    this.folder = folder;
    this.readOnly = readOnly;
    this.#changed = changed;
    this.#uids = folder.uids;
    this.#highestUid = folder.uidNext - 1;
    folder.events.on("arrived", changed).on("flags", this.#onFlags).on("expunged", this.#onExpunged);
  }

  close(): void {
    this.folder.events.off("arrived", this.#changed).off("flags", this.#onFlags).off("expunged", this.#onExpunged);
  }

  get uids(): readonly number[] {
    return this.#uids;
  }

  /** The mails of a set in ascending order; what has been expunged meanwhile is left out. */
  pick(set: string, byUid: boolean): NumberedMail[] {
    const ranges = this.ranges(set, byUid);
    const picked: NumberedMail[] = [];
    const from = Math.min(...ranges.map(({ low }) => low));
    const to = Math.max(...ranges.map(({ high }) => high));
    for (let index = byUid ? this.#indexAtOrAbove(from) : from - 1; index < this.#uids.length; index += 1) {
      const uid = this.#uids[index] ?? 0;
      const number = byUid ? uid : index + 1;
      if (number > to) break;
      const mail = isIn(ranges, number) ? this.folder.get(uid) : undefined;
      if (mail) picked.push({ sequence: index + 1, mail });
    }
    return picked;
  }

  ranges(set: string, byUid: boolean): NumberRange[] {
    return numberRanges(set, byUid ? (this.#uids.at(-1) ?? 0) : this.#uids.length);
  }

  /** The untagged lines that bring the client up to date. Numbers may not move during FETCH, STORE and SEARCH (section 7.4.1). */
  updates(mayRenumber: boolean): string {
    let lines = "";
    if (mayRenumber) {
      for (const uid of this.#expunged) lines += this.#expungeLine(uid);
      this.#expunged.clear();
    }
    const known = this.#uids.length;
    for (let uid = this.#highestUid + 1; uid < this.folder.uidNext; uid += 1)
      if (this.folder.get(uid)) this.#uids.push(uid);
    this.#highestUid = this.folder.uidNext - 1;
    if (this.#uids.length > known) lines += `* ${this.#uids.length} EXISTS\r\n`;
    for (const mail of this.#flagged) {
      const index = this.#uids.indexOf(mail.uid);
      if (index >= 0) lines += `* ${index + 1} FETCH (UID ${mail.uid} FLAGS (${[...mail.flags].join(" ")}))\r\n`;
    }
    this.#flagged.clear();
    return lines;
  }

  #expungeLine(uid: number): string {
    const index = this.#uids.indexOf(uid);
    if (index < 0) return "";
    this.#uids.splice(index, 1);
    return `* ${index + 1} EXPUNGE\r\n`;
  }

  #indexAtOrAbove(uid: number): number {
    let low = 0;
    let high = this.#uids.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#uids[middle] ?? 0) < uid) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  readonly #onFlags = (mail: StoredMail, by: object | undefined): void => {
    if (by === this) return;
    this.#flagged.add(mail);
    this.#changed();
  };

  readonly #onExpunged = (uid: number): void => {
    this.#expunged.add(uid);
    this.#changed();
  };
}
