/** What stands in a lane: one conversation's messages, in the order in which they came. */
export interface LaneItem {
  readonly lane: string;
  /** Ascending in the order of arrival. */
  readonly sequence: number;
}

/** In order within a conversation, side by side across them: an item is given out once all before it in its lane are released. */
export class Lanes<T extends LaneItem> {
  readonly #waiting = new Map<string, T[]>();
  #ready: T[] = [];

  /** Items that wait, ready or behind others. */
  get size(): number {
    let size = this.#ready.length;
    for (const queue of this.#waiting.values()) size += queue.length;
    return size;
  }

  add(item: T): void {
    const queue = this.#waiting.get(item.lane);
    if (queue) queue.push(item);
    else {
      this.#waiting.set(item.lane, []);
      this.#makeReady(item);
    }
  }

  /** Keeps a free lane for an item that comes later, by `putBack`; false when somebody stands in it. */
  hold(lane: string): boolean {
    if (this.#waiting.has(lane)) return false;
    this.#waiting.set(lane, []);
    return true;
  }

  /** Gives back an item that was taken and not released: its lane is still its own. */
  putBack(item: T): void {
    this.#makeReady(item);
  }

  /** The oldest item whose conversation is free. The lane is then held until `release`. */
  take(): T | undefined {
    return this.#ready.shift();
  }

  release(lane: string): void {
    const next = this.#waiting.get(lane)?.shift();
    if (next) this.#makeReady(next);
    else this.#waiting.delete(lane);
  }

  /** Oldest first, whenever it became ready: whoever takes one at a time sees the order of arrival. */
  #makeReady(item: T): void {
    let index = this.#ready.length;
    while (index > 0 && (this.#ready[index - 1]?.sequence ?? 0) > item.sequence) index--;
    this.#ready.splice(index, 0, item);
  }
}
