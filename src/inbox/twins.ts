/** One place where a mail lies: a copy in another folder, or the same one under a new UID. */
export interface Place {
  readonly id: string;
  acknowledge(when: "now" | "soon"): Promise<void>;
}

interface Known {
  readonly first: string;
  readonly places: Place[];
  settled: boolean;
}

/** A week of mail for a busy bot; 100 bytes each. */
const MAX_KNOWN = 10_000;

/**
 * Recognises a mail by its Message-ID and what is in it, so that a moved, copied or renumbered one is not delivered
 * twice, and two different mails that share a Message-ID both are (security.md 3.10).
 */
export class Twins {
  readonly #known = new Map<string, Known>();
  readonly #byFirst = new Map<string, Known>();

  /** True when this mail has been met before; its place is then acknowledged together with the first. */
  meet(key: string, place: Place): boolean {
    const known = this.#known.get(key);
    if (known === undefined) {
      this.#remember(key, { first: place.id, places: [place], settled: false });
      return false;
    }
    if (known.settled) void place.acknowledge("soon");
    else known.places.push(place);
    return true;
  }

  /** The mail first met as `id` is dealt with, wherever it lies. */
  async settle(id: string, when: "now" | "soon"): Promise<void> {
    const known = this.#byFirst.get(id);
    if (known === undefined) return;
    known.settled = true;
    await Promise.all(known.places.splice(0).map(async (place) => await place.acknowledge(when)));
  }

  #remember(key: string, known: Known): void {
    this.#known.set(key, known);
    this.#byFirst.set(known.first, known);
    if (this.#known.size <= MAX_KNOWN) return;
    for (const [oldKey, old] of this.#known) {
      // A mail that is still in somebody's hands must be found again when it is acked.
      if (!old.settled && this.#known.size < 2 * MAX_KNOWN) continue;
      this.#known.delete(oldKey);
      this.#byFirst.delete(old.first);
      return;
    }
  }
}
