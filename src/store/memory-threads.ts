import type { Threads } from "./threads.ts";

/** Some thousand conversations: more than one process answers before its restart. 200 bytes each. */
const MAX_NAMES = 50_000;

export class MemoryThreads implements Threads {
  /** In the order in which they were learnt. */
  readonly #roots = new Map<string, string>();

  rootOf(known: readonly string[]): string | undefined {
    for (const name of known) {
      const root = this.#roots.get(name);
      if (root !== undefined) return root;
    }
    return undefined;
  }

  learn(names: readonly string[], root: string): void {
    for (const name of names) if (!this.#roots.has(name)) this.#roots.set(name, root);
    for (const oldest of this.#roots.keys()) {
      if (this.#roots.size <= MAX_NAMES) return;
      this.#roots.delete(oldest);
    }
  }
}
