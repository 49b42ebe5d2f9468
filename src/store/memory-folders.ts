import type { FolderProgress, FolderStart, FolderStore, MailPlace } from "../domain/store.ts";

interface Folder {
  start: FolderStart | undefined;
  floor: number;
  /** By UIDVALIDITY. */
  readonly numbers: Map<string, Numbers>;
}

interface Numbers {
  /** UIDs of stored mails, those below the floor excepted. */
  readonly stored: Set<number>;
  /** UIDs of mails that are done with, until \Seen is confirmed. */
  readonly unflagged: Set<number>;
}

/** Numbers only: a hundred thousand mails cost a few megabytes. */
export class MemoryFolders implements FolderStore {
  readonly #folders = new Map<string, Folder>();
  readonly #assertOpen: () => void;

  constructor(assertOpen: () => void) {
    this.#assertOpen = assertOpen;
  }

  async progress(folder: string): Promise<FolderProgress | undefined> {
    this.#assertOpen();
    const { start, floor, numbers } = this.#folder(folder);
    if (start === undefined) return undefined;
    const stored = [...(numbers.get(start.uidValidity)?.stored ?? [])];
    return { ...start, floor, known: ascending(stored.filter((uid) => uid > floor)) };
  }

  async start(name: string, start: FolderStart): Promise<void> {
    this.#assertOpen();
    const folder = this.#folder(name);
    folder.start = start;
    folder.floor = 0;
    for (const old of folder.numbers.keys()) if (old !== start.uidValidity) folder.numbers.delete(old);
  }

  async raiseFloor(name: string, uidValidity: string, floor: number): Promise<void> {
    this.#assertOpen();
    const folder = this.#folder(name);
    if (folder.start?.uidValidity !== uidValidity || floor <= folder.floor) return;
    folder.floor = floor;
    const stored = folder.numbers.get(uidValidity)?.stored;
    for (const uid of stored ?? []) if (uid <= floor) stored?.delete(uid);
  }

  isStored({ folder, uidValidity, uid }: MailPlace): boolean {
    return this.#folder(folder).numbers.get(uidValidity)?.stored.has(uid) ?? false;
  }

  addStored({ folder, uidValidity, uid }: MailPlace): void {
    this.#numbers(folder, uidValidity).stored.add(uid);
  }

  addUnflagged({ folder, uidValidity, uid }: MailPlace): void {
    this.#numbers(folder, uidValidity).unflagged.add(uid);
  }

  dropUnflagged({ folder, uidValidity, uid }: MailPlace): void {
    this.#folder(folder).numbers.get(uidValidity)?.unflagged.delete(uid);
  }

  isUnflagged({ folder, uidValidity, uid }: MailPlace): boolean {
    return this.#folder(folder).numbers.get(uidValidity)?.unflagged.has(uid) ?? false;
  }

  unflagged(folder: string, uidValidity: string): readonly number[] {
    return ascending([...(this.#folder(folder).numbers.get(uidValidity)?.unflagged ?? [])]);
  }

  flagged(folder: string, uidValidity: string, uids: readonly number[]): void {
    const unflagged = this.#folder(folder).numbers.get(uidValidity)?.unflagged;
    for (const uid of uids) unflagged?.delete(uid);
  }

  #folder(name: string): Folder {
    const known = this.#folders.get(name);
    if (known) return known;
    const made: Folder = { start: undefined, floor: 0, numbers: new Map() };
    this.#folders.set(name, made);
    return made;
  }

  #numbers(name: string, uidValidity: string): Numbers {
    const { numbers } = this.#folder(name);
    const known = numbers.get(uidValidity);
    if (known) return known;
    const made: Numbers = { stored: new Set(), unflagged: new Set() };
    numbers.set(uidValidity, made);
    return made;
  }
}

function ascending(uids: number[]): number[] {
  return uids.toSorted((a, b) => a - b);
}
