import type { SMTPServerSession } from "smtp-server";

export interface SunkMail {
  readonly envelope: { readonly from: string; readonly to: readonly string[] };
  readonly raw: Buffer;
  /** Milliseconds since the Unix epoch. */
  readonly receivedAt: number;
  readonly secure: boolean;
  readonly user: string | undefined;
  /** The connection it came over. */
  readonly connection: number;
}

export interface SinkConnection {
  readonly index: number;
  /** Every line the client sent outside of mails, passwords included. */
  readonly commands: string[];
  /** Mails taken, whatever the client was told. */
  messages: number;
  open: boolean;
}

/** What a sink has seen: its connections and the mails it took. */
export class SinkLedger {
  readonly mails: SunkMail[] = [];
  readonly connections: SinkConnection[] = [];
  readonly #bySession = new WeakMap<SMTPServerSession, SinkConnection>();
  #waiting: (() => void)[] = [];

  open(session: SMTPServerSession): SinkConnection {
    const record: SinkConnection = { index: this.connections.length, commands: [], messages: 0, open: true };
    this.connections.push(record);
    this.#bySession.set(session, record);
    return record;
  }

  of(session: SMTPServerSession): SinkConnection {
    const record = this.#bySession.get(session);
    if (record === undefined) throw new Error("a session that never connected");
    return record;
  }

  close(session: SMTPServerSession): void {
    const record = this.#bySession.get(session);
    if (record !== undefined) record.open = false;
  }

  take(session: SMTPServerSession, raw: Buffer): void {
    const record = this.of(session);
    const { mailFrom, rcptTo } = session.envelope;
    record.messages++;
    this.mails.push({
      envelope: { from: mailFrom ? mailFrom.address : "", to: rcptTo.map(({ address }) => address) },
      raw,
      receivedAt: Date.now(),
      secure: session.secure,
      user: typeof session.user === "string" ? session.user : undefined,
      connection: record.index,
    });
    for (const wake of this.#waiting.splice(0)) wake();
  }

  async waitForMails(count: number, timeoutMs: number): Promise<readonly SunkMail[]> {
    const deadline = performance.now() + timeoutMs;
    while (this.mails.length < count) {
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) throw new Error(`${this.mails.length} of ${count} mails after ${timeoutMs} ms`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        this.#waiting.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
    return this.mails;
  }
}
