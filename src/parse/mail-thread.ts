import { createRequire } from "node:module";
import type { EventLoopUtilization } from "node:perf_hooks";
import { type ResourceLimits, Worker } from "node:worker_threads";
import { StorageError } from "../domain/errors.ts";
import type { ParsedMail, ParseOptions } from "./assemble.ts";
import { type FromThread, type Job, movable, type ToThread } from "./thread-messages.ts";

const TICK_MS = 10_000;
/** Nothing to read for so many ticks: the thread gives its memory back. */
const IDLE_TICKS = 3;
/** The worst mail known costs two seconds: what computes for ten, and says nothing, computes for ever (security.md 3.4). */
const BUSY_TICKS = 2;
const BUSY_SHARE = 0.9;
/** Two ticks at once, as after a sleep of the machine, prove nothing. */
const MIN_MEASURED_MS = 20;
/** What waits so long waits for a disk that will not answer any more. */
const STALLED_TICKS = 6;

/**
 * The pieces of a mail that streams are freed when the few objects that hold them are collected, and those are so small
 * that V8's own measure lets 64 MB of pieces gather.
 */
const YOUNG_ONLY: ResourceLimits = { maxYoungGenerationSizeMb: 2 };

/** Calls `onTick` now and then, until what it gave back is called. */
export type Ticker = (onTick: () => void) => () => void;

const realTicks: Ticker = (onTick) => {
  // Unlike a clock's sleep, this does not keep the process from ending.
  const timer = setInterval(onTick, TICK_MS).unref();
  return () => clearInterval(timer);
};

let shared: MailThread | undefined;

/** The one thread of this process, however many accounts it has; it ends when there has been nothing to read for a while. */
export function mailThread(): MailThread {
  if (shared?.usable !== true) shared = new MailThread(realTicks);
  return shared;
}

interface Reading {
  readonly resolve: (mail: ParsedMail) => void;
  readonly reject: (error: unknown) => void;
  readonly source: AsyncIterator<Uint8Array> | undefined;
  /** Whose turn it is. */
  turn: "thread" | "source";
  /** What the source rejected with. */
  failure: { readonly error: unknown } | undefined;
}

/** One worker thread, from its start to its end. */
export class MailThread {
  readonly #worker: Worker;
  readonly #readings = new Map<number, Reading>();
  readonly #stopTicking: () => void;
  #stopped = false;
  #lastId = 0;
  /** Counted, not timed: a clock that jumps is no sign of anything. */
  #silentTicks = 0;
  #utilization: EventLoopUtilization;
  #why = "it was stopped";

  /** @throws when there is no file to start it from: in a bundle, say. */
  constructor(ticker: Ticker) {
    // By the package's own name for it, so that it is found from the sources, too.
    const entry = createRequire(import.meta.url).resolve("#parse/thread");
    // No limit for what is old: any at all makes V8 collect twice as often, and what is kept of a mail is bounded anyway.
    this.#worker = new Worker(entry, { name: "mailport", execArgv: [], resourceLimits: YOUNG_ONLY });
    this.#worker.unref();
    this.#utilization = this.#worker.performance.eventLoopUtilization();
    this.#worker.on("message", (message: FromThread) => this.#hear(message));
    this.#worker.on("error", (error) => (this.#why = error.message));
    this.#worker.on("exit", () => this.#bury());
    this.#stopTicking = ticker(() => this.#tick());
  }

  /** False once it has ended or is about to: what it is asked then may be lost. */
  get usable(): boolean {
    return !this.#stopped;
  }

  async read(job: Job, options: ParseOptions, source?: AsyncIterable<Uint8Array>): Promise<ParsedMail> {
    const id = ++this.#lastId;
    const moved = job.kind === "whole" ? [job.source.buffer] : [];
    if (!this.#busy) this.#worker.ref();
    return await new Promise<ParsedMail>((resolve, reject) => {
      const iterator = source?.[Symbol.asyncIterator]();
      this.#readings.set(id, { resolve, reject, source: iterator, turn: "thread", failure: undefined });
      this.#say({ id, kind: "read", job, options }, moved);
    });
  }

  /** What is being read is not read to its end. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#worker.terminate();
  }

  get #busy(): boolean {
    return this.#readings.size > 0;
  }

  #say(message: ToThread, moved: ArrayBuffer[] = []): void {
    this.#silentTicks = 0;
    this.#worker.postMessage(message, moved);
  }

  #hear(message: FromThread): void {
    this.#silentTicks = 0;
    const reading = this.#readings.get(message.id);
    if (!reading) return;
    if (message.kind === "more") return void this.#feed(message.id, reading);
    this.#forget(message.id, reading);
    if (message.kind === "parsed") {
      const { buffer } = message.mail.rawHeader;
      reading.resolve({ ...message.mail, rawHeader: Buffer.from(buffer) });
    } else if (reading.failure) reading.reject(reading.failure.error);
    else reading.reject(message.storage ? new StorageError(message.message) : new Error(message.message));
  }

  /** Never rejects. */
  async #feed(id: number, reading: Reading): Promise<void> {
    reading.turn = "source";
    try {
      const next = await reading.source?.next();
      if (!this.#readings.has(id)) return;
      reading.turn = "thread";
      if (!next || next.done === true) return this.#say({ id, kind: "end", failed: false });
      const piece = movable(next.value);
      this.#say({ id, kind: "piece", piece }, [piece.buffer]);
    } catch (error) {
      if (!this.#readings.has(id)) return;
      reading.turn = "thread";
      reading.failure = { error };
      this.#say({ id, kind: "end", failed: true });
    }
  }

  #forget(id: number, { source }: Reading): void {
    this.#readings.delete(id);
    if (!this.#busy) this.#worker.unref();
    // Whatever it says to that: the mail has been read, or has failed already.
    void source?.return?.().catch(() => undefined);
  }

  #bury(): void {
    this.#stopped = true;
    this.#stopTicking();
    for (const [id, reading] of this.#readings) {
      this.#forget(id, reading);
      reading.reject(new Error(`the thread that was reading the mail ended: ${this.#why}`));
    }
  }

  #tick(): void {
    this.#silentTicks++;
    const isComputing = this.#busyShare() > BUSY_SHARE;
    const isItsTurn = [...this.#readings.values()].some(({ turn }) => turn === "thread");
    if (isItsTurn && isComputing && this.#silentTicks >= BUSY_TICKS) this.#why = "it computed for ten seconds";
    else if (isItsTurn && this.#silentTicks > STALLED_TICKS) this.#why = "it said nothing for a minute";
    else if (this.#busy || this.#silentTicks <= IDLE_TICKS) return;
    void this.stop();
  }
  /** Of the time since the last tick, how much the thread did not wait for anything. */
  #busyShare(): number {
    const { performance } = this.#worker;
    const now = performance.eventLoopUtilization();
    const { active, utilization } = performance.eventLoopUtilization(now, this.#utilization);
    this.#utilization = now;
    return active < MIN_MEASURED_MS ? 0 : utilization;
  }
}
