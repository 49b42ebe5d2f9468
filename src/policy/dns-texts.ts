import { DnsError } from "../domain/errors.ts";
import { type Clock, within } from "../runtime/clock.ts";

/**
 * Asks the DNS for the TXT records of a name, each in its pieces. Rejects with the `code` ENOTFOUND or ENODATA when there is
 * none; any other rejection is a failure that may pass. The shape of `dns.promises.resolve`.
 */
export type ResolveText = (name: string, type: "TXT") => Promise<string[][]>;

/** How long an answer is believed; the DNS's own times are not to be had from Node. */
const KEPT_MS = 10 * 60_000;
/** So that a hundred mails from a domain whose servers are down do not wait one after the other. */
const FAILURE_KEPT_MS = 4_000;
/** RFC 1035 section 2.3.4: a longer name cannot be asked for, so nothing stands there. */
const MAX_NAME_CHARS = 253;
const LOOKUP_MS = 5_000;
const MAX_NAMES = 5_000;
/** A name has a handful of records. More, or longer ones, are somebody's game with our memory. */
const MAX_RECORDS = 32;
const MAX_RECORD_CHARS = 4_096;

interface Entry {
  readonly texts: Promise<readonly string[]>;
  /** Once they are there. */
  known: readonly string[] | undefined;
  untilMs: number;
}

/** TXT records, remembered for a while; every question has its time limit, and is asked once however many wait for it. */
export class DnsTexts {
  readonly #resolve: ResolveText;
  readonly #clock: Clock;
  /** In the order of use. */
  readonly #entries = new Map<string, Entry>();
  readonly #waiting = new Set<() => void>();
  #isClosed = false;

  constructor(resolve: ResolveText, clock: Clock) {
    this.#resolve = resolve;
    this.#clock = clock;
  }

  /** What is known of a name without asking; the same array for as long as it is remembered. */
  remembered(name: string): readonly string[] | undefined {
    const entry = this.#entries.get(name);
    if (entry?.known === undefined || entry.untilMs <= this.#clock.monotonic()) return undefined;
    this.#use(name, entry);
    return entry.known;
  }

  /** Empty when the name has none. Rejects with DnsError. */
  async lookUp(name: string): Promise<readonly string[]> {
    const known = this.#entries.get(name);
    const entry = known && known.untilMs > this.#clock.monotonic() ? known : this.#ask(name);
    this.#use(name, entry);
    return await entry.texts;
  }

  /** Whoever waits, or asks from now on, gets a DnsError. */
  close(): void {
    this.#isClosed = true;
    for (const stop of this.#waiting) stop();
  }

  #use(name: string, entry: Entry): void {
    this.#entries.delete(name);
    this.#entries.set(name, entry);
    const [oldest] = this.#entries.size > MAX_NAMES ? this.#entries.keys() : [];
    if (oldest !== undefined) this.#entries.delete(oldest);
  }

  #ask(name: string): Entry {
    const texts = this.#limited(name);
    const entry: Entry = { texts, known: undefined, untilMs: this.#clock.monotonic() + KEPT_MS };
    texts.then(
      (known) => (entry.known = known),
      () => (entry.untilMs = this.#clock.monotonic() + FAILURE_KEPT_MS),
    );
    return entry;
  }

  async #limited(name: string): Promise<readonly string[]> {
    if (this.#isClosed) throw new DnsError(`${name} is not looked up: the channel is closed`);
    let stop: () => void = () => undefined;
    const closed = new Promise<undefined>((resolve) => (stop = () => resolve(undefined)));
    this.#waiting.add(stop);
    try {
      const texts = await Promise.race([within(this.#clock, LOOKUP_MS, this.#resolved(name)), closed]);
      if (texts === undefined) throw new DnsError(`the DNS gave no answer about ${name} within ${LOOKUP_MS} ms`);
      return texts;
    } finally {
      this.#waiting.delete(stop);
      stop();
    }
  }

  async #resolved(name: string): Promise<readonly string[]> {
    if (name.length > MAX_NAME_CHARS) return [];
    try {
      const records = await this.#resolve(name, "TXT");
      return records
        .slice(0, MAX_RECORDS)
        .map((pieces) => pieces.join(""))
        .filter(({ length }) => length <= MAX_RECORD_CHARS);
    } catch (error) {
      const code = codeOf(error);
      if (code === "ENOTFOUND" || code === "ENODATA" || code === "EBADNAME") return [];
      throw new DnsError(`the DNS gave no answer about ${name}: ${code ?? "failure"}`, { cause: error });
    }
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
