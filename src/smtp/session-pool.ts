import { ClosedError } from "../domain/errors.ts";

/** What the pool needs of a connection. */
export interface PooledSession {
  /** False once either side has ended it. */
  readonly alive: boolean;
  /** Whether it has carried as much as one connection should. */
  readonly spent: boolean;
  /** Says goodbye; resolves within a bounded time. */
  quit(): Promise<void>;
  destroy(): void;
}

export interface PoolOptions<S> {
  readonly open: (signal: AbortSignal | undefined) => Promise<S>;
  readonly maxSessions: number;
  /** An unused connection is closed after this: servers count them, and forget them without a word. */
  readonly idleMs: number;
}

/** A few connections, opened when needed, kept for the next mail, closed when idle. */
export class SessionPool<S extends PooledSession> implements AsyncDisposable {
  readonly #options: PoolOptions<S>;
  readonly #idle = new Map<S, NodeJS.Timeout>();
  readonly #busy = new Set<S>();
  readonly #goodbyes = new Set<Promise<void>>();
  #opening = 0;
  #waiting: (() => void)[] = [];
  #closed = false;

  constructor(options: PoolOptions<S>) {
    this.#options = options;
  }

  get size(): number {
    return this.#idle.size + this.#busy.size + this.#opening;
  }

  /** One connection for one user. Rejects as `open` does, and with ClosedError; gives up waiting when `signal` aborts. */
  async acquire(signal?: AbortSignal): Promise<S> {
    for (;;) {
      if (this.#closed) throw new ClosedError("The SMTP connections are closed.");
      if (signal?.aborted) throw new ClosedError("Sending was stopped.");
      const idle = this.#takeIdle();
      if (idle) return idle;
      if (this.size < this.#options.maxSessions) return await this.#open(signal);
      await this.#turn(signal);
    }
  }

  /** Gives a connection back; with `reusable` false, or once it is spent, it is closed. */
  release(session: S, { reusable }: { reusable: boolean }): void {
    this.#busy.delete(session);
    if (!reusable || !session.alive) session.destroy();
    else if (this.#closed || session.spent) this.#sayGoodbye(session);
    else
      this.#idle.set(
        session,
        setTimeout(() => this.#retire(session), this.#options.idleMs),
      );
    this.#wakeOne();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    for (const session of this.#idle.keys()) this.#retire(session);
    for (const session of this.#busy) session.destroy();
    for (const wake of this.#waiting.splice(0)) wake();
    await Promise.all(this.#goodbyes);
  }

  #takeIdle(): S | undefined {
    // The one used last: the others may then fall idle for good.
    for (const session of [...this.#idle.keys()].toReversed()) {
      clearTimeout(this.#idle.get(session));
      this.#idle.delete(session);
      if (!session.alive) continue;
      this.#busy.add(session);
      return session;
    }
    return undefined;
  }

  async #open(signal: AbortSignal | undefined): Promise<S> {
    this.#opening++;
    try {
      const session = await this.#options.open(signal);
      if (this.#closed) {
        session.destroy();
        throw new ClosedError("The SMTP connections are closed.");
      }
      this.#busy.add(session);
      return session;
    } finally {
      this.#opening--;
      this.#wakeOne();
    }
  }

  #retire(session: S): void {
    clearTimeout(this.#idle.get(session));
    this.#idle.delete(session);
    this.#sayGoodbye(session);
    this.#wakeOne();
  }

  #sayGoodbye(session: S): void {
    const goodbye = session.quit().finally(() => this.#goodbyes.delete(goodbye));
    this.#goodbyes.add(goodbye);
  }

  async #turn(signal: AbortSignal | undefined): Promise<void> {
    await new Promise<void>((resolve) => {
      const wake = () => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      };
      const onAbort = () => {
        this.#waiting = this.#waiting.filter((other) => other !== wake);
        resolve();
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#waiting.push(wake);
    });
  }

  #wakeOne(): void {
    this.#waiting.shift()?.();
  }
}
