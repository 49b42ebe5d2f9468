/** Mails that the server listed and nobody has dealt with, oldest first. Numbers only: a hundred thousand cost a megabyte. */
export class PendingMails {
  #uids: number[] = [];
  #head = 0;
  readonly #finished = new Set<number>();
  readonly #postponed = new Map<number, number>();

  get size(): number {
    return this.#uids.length - this.#head - this.#finished.size;
  }

  /** Expects ascending UIDs above all that are pending. */
  add(uids: readonly number[]): void {
    this.#compact();
    for (const uid of uids) this.#uids.push(uid);
  }

  clear(): void {
    this.#uids = [];
    this.#head = 0;
    this.#finished.clear();
    this.#postponed.clear();
  }

  /** The first `max` that are due; they stay pending until `finish`. */
  due(max: number, nowMs: number): number[] {
    const due: number[] = [];
    for (let index = this.#head; index < this.#uids.length && due.length < max; index++) {
      const uid = this.#uids[index];
      if (uid === undefined || this.#finished.has(uid)) continue;
      if ((this.#postponed.get(uid) ?? 0) <= nowMs) due.push(uid);
    }
    return due;
  }

  /** The oldest that nobody has dealt with; undefined when there is none. */
  oldest(): number | undefined {
    return this.#uids[this.#head];
  }

  all(): number[] {
    return this.#uids.slice(this.#head).filter((uid) => !this.#finished.has(uid));
  }

  finish(uid: number): void {
    this.#postponed.delete(uid);
    this.#finished.add(uid);
    while (this.#head < this.#uids.length && this.#finished.delete(this.#uids[this.#head] ?? 0)) this.#head++;
  }

  postpone(uid: number, untilMs: number): void {
    this.#postponed.set(uid, untilMs);
  }

  /** When the earliest postponed mail is due again; undefined when none is postponed. */
  nextDueAt(): number | undefined {
    return this.#postponed.size === 0 ? undefined : Math.min(...this.#postponed.values());
  }

  #compact(): void {
    if (this.#head === 0) return;
    this.#uids = this.#uids.slice(this.#head);
    this.#head = 0;
  }
}
