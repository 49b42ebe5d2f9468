import type { Clock } from "../runtime/clock.ts";
import { EchoWatch } from "./echo-watch.ts";

export interface ReplyLimits {
  readonly repliesPerSenderPerHour: number;
  readonly repliesPerThreadPerHour: number;
  readonly repliesPerHour: number;
}

/** An answer that wants to go out. */
export interface Answer {
  readonly sender: string;
  readonly thread: string;
  /** What was heard and what is said to it, as fingerprints; undefined: not known, and then no echo is looked for. */
  readonly exchange?: string | undefined;
}

/** `echo`: the same is said to the same, over and over, in one conversation. */
export type Scope = "echo" | "thread" | "sender" | "account";

export interface Refusal {
  readonly scope: Scope;
  readonly retryAfterMs: number;
  /** It has opened with this very answer: time to tell somebody. */
  readonly isNew: boolean;
}

/** A circuit that is open: nothing passes before `retryAfterMs`. */
export interface OpenCircuit {
  readonly scope: Scope;
  /** Undefined for the account as a whole. */
  readonly sender: string | undefined;
  /** Answers kept back since it opened. */
  readonly suppressed: number;
  readonly retryAfterMs: number;
}

const HOUR_MS = 3_600_000;
/** The account's own limit closes before so many people, or conversations, have been answered in an hour. */
const MAX_KEYS = 10_000;

interface Opened {
  readonly scope: Scope;
  readonly sender: string | undefined;
  suppressed: number;
  untilMs: number;
}

/**
 * Counts answers over a sliding hour, by sender, by conversation and for the whole account (RFC 3834 section 6; S-AR-10).
 * A conversation is one sender's: nobody can use up another's by naming its Message-ID. It opens when a limit is reached
 * and closes by itself when enough of the counted answers are an hour old.
 */
export class CircuitBreaker {
  readonly #limits: ReplyLimits;
  readonly #clock: Clock;
  readonly #counts = new Map<string, number[]>();
  readonly #open = new Map<string, Opened>();
  readonly #echoes = new EchoWatch(HOUR_MS, MAX_KEYS);

  constructor(limits: ReplyLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** Counts one answer; undefined when it may go. */
  admit(answer: Answer): Refusal | undefined {
    const now = this.#clock.monotonic();
    const gates = this.#gates(answer);
    const echoMs = this.#echoes.waitMs(gates.thread.key, answer.exchange, now);
    if (echoMs > 0)
      return this.#refuse(`echo ${gates.thread.key}`, { scope: "echo", sender: answer.sender }, now + echoMs);
    for (const { key, scope, sender, limit } of [gates.thread, gates.sender, gates.account]) {
      const times = this.#recent(key, now);
      if (times.length < limit) continue;
      return this.#refuse(key, { scope, sender }, (times.at(-limit) ?? now) + HOUR_MS);
    }
    for (const { key } of Object.values(gates)) this.#count(key, now);
    this.#echoes.note(gates.thread.key, answer.exchange, now);
    return undefined;
  }

  /** What an earlier process answered, so that a restart does not close what is open. */
  restore(answers: readonly (Pick<Answer, "sender" | "thread"> & { readonly agoMs: number })[]): void {
    const now = this.#clock.monotonic();
    for (const { agoMs, ...answer } of answers)
      for (const { key } of Object.values(this.#gates(answer))) this.#count(key, now - agoMs);
  }

  /** The circuits that are open now. */
  open(): OpenCircuit[] {
    const now = this.#clock.monotonic();
    for (const [key, { untilMs }] of this.#open) if (untilMs <= now) this.#open.delete(key);
    return [...this.#open.values()].map(({ scope, sender, suppressed, untilMs }) => ({
      scope,
      sender,
      suppressed,
      retryAfterMs: Math.round(untilMs - now),
    }));
  }

  #gates({ sender, thread }: Pick<Answer, "sender" | "thread">) {
    const { repliesPerThreadPerHour, repliesPerSenderPerHour, repliesPerHour } = this.#limits;
    return {
      thread: { key: `thread ${sender} ${thread}`, scope: "thread", sender, limit: repliesPerThreadPerHour },
      sender: { key: `sender ${sender}`, scope: "sender", sender, limit: repliesPerSenderPerHour },
      account: { key: "account", scope: "account", sender: undefined, limit: repliesPerHour },
    } as const;
  }

  #refuse(key: string, { scope, sender }: Pick<Opened, "scope" | "sender">, untilMs: number): Refusal {
    const now = this.#clock.monotonic();
    const known = this.#open.get(key);
    const isNew = known === undefined || known.untilMs <= now;
    const opened = isNew ? { scope, sender, suppressed: 0, untilMs } : known;
    opened.suppressed++;
    opened.untilMs = untilMs;
    this.#open.set(key, opened);
    dropOldest(this.#open);
    return { scope, retryAfterMs: Math.max(0, untilMs - now), isNew };
  }

  #recent(key: string, now: number): readonly number[] {
    const times = this.#counts.get(key) ?? [];
    const first = times.findIndex((time) => now - time < HOUR_MS);
    times.splice(0, first < 0 ? times.length : first);
    return times;
  }

  #count(key: string, at: number): void {
    const times = this.#counts.get(key) ?? [];
    times.push(at);
    this.#counts.delete(key);
    this.#counts.set(key, times);
    dropOldest(this.#counts);
  }
}

function dropOldest(map: Map<string, unknown>): void {
  const [oldest] = map.keys();
  if (map.size > MAX_KEYS && oldest !== undefined) map.delete(oldest);
}
