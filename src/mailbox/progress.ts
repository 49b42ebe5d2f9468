import type { FolderProgress, FolderStart } from "../domain/store.ts";
import { type Cursor, advance } from "./cursor.ts";
import { PendingMails } from "./pending.ts";

/** Where it is written down how far a folder has been dealt with, for the next process. */
export interface ProgressKeeper {
  load(): Promise<FolderProgress | undefined>;
  start(start: FolderStart): Promise<void>;
  /** Never rejects: what it says may be lost. */
  raiseFloor(uidValidity: string, floor: number): void;
}

/** What of a folder is known and what of it is still to do. */
export class Progress {
  readonly pending: PendingMails = new PendingMails();
  readonly #keeper: ProgressKeeper;
  #cursor: Cursor | undefined;
  /** Above the cursor, and dealt with by an earlier process. */
  #known: ReadonlySet<number> = new Set();
  #floor = 0;
  #notBefore: number | null = null;

  constructor(keeper: ProgressKeeper) {
    this.#keeper = keeper;
  }

  /** Undefined until the folder has been looked at for the first time, by this process or by one before it. */
  get cursor(): Cursor | undefined {
    return this.#cursor;
  }

  /** Mail received before is not ours; null: all mail is. */
  get notBefore(): number | null {
    return this.#notBefore;
  }

  /** Goes on where an earlier process stopped. */
  async resume(): Promise<void> {
    const progress = await this.#keeper.load();
    if (progress === undefined) return;
    const { uidValidity, startUid, floor, backlog, known, notBefore } = progress;
    this.#notBefore = notBefore;
    this.#known = new Set(known);
    this.#floor = floor;
    this.#cursor = { uidValidity, uid: Math.max(startUid, floor) };
    this.pending.add(backlog.filter((uid) => uid > floor && !this.#known.has(uid)));
  }

  /** Of what is here now only the backlog is ours. Written down first: the next process must not take the rest for new mail. */
  async start(start: FolderStart): Promise<void> {
    const { uidValidity, startUid, backlog, notBefore } = start;
    await this.#keeper.start(start);
    this.#notBefore = notBefore;
    this.pending.clear();
    this.#known = new Set();
    this.#floor = 0;
    this.#cursor = { uidValidity, uid: startUid };
    this.pending.add(backlog);
  }

  /** Mails above the cursor, ascending. */
  found(uids: readonly number[]): void {
    if (this.#cursor === undefined) return;
    this.pending.add(this.#known.size === 0 ? uids : uids.filter((uid) => !this.#known.has(uid)));
    this.#cursor = advance(this.#cursor, uids);
  }

  /** Tells the keeper when all mails up to a higher UID have been dealt with. */
  note(): void {
    if (this.#cursor === undefined) return;
    const oldest = this.pending.oldest();
    const floor = oldest === undefined ? this.#cursor.uid : oldest - 1;
    if (floor <= this.#floor) return;
    this.#floor = floor;
    this.#keeper.raiseFloor(this.#cursor.uidValidity, floor);
  }
}
