import type { Clock } from "../runtime/clock.ts";

/** Calls once when it is time. Set anew, it forgets the time before. */
export class Alarm {
  readonly #clock: Clock;
  readonly #ring: () => void;
  #set: { readonly atMs: number; readonly stop: AbortController } | undefined;

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** Undefined: not at all. */
  set(atMs: number | undefined): void {
    if (atMs === this.#set?.atMs) return;
    this.#set?.stop.abort();
    this.#set = undefined;
    if (atMs === undefined) return;
    const set = { atMs, stop: new AbortController() };
    this.#set = set;
    void this.#clock.sleep(atMs - this.#clock.monotonic(), set.stop.signal).then(() => {
      if (set.stop.signal.aborted) return;
      this.#set = undefined;
      this.#ring();
    });
  }
}
