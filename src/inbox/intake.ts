import { ConnectionError } from "../domain/errors.ts";
import { inOrder } from "../runtime/in-order.ts";
import { Arrivals, type Doorkeeper } from "./arrivals.ts";
import { type Candidate, now, type Pending, type Settle } from "./candidate.ts";
import { bodyStart, headerEnd } from "../domain/header-end.ts";
import type { Evidence, IntakeOptions, Proof, Refusal } from "./intake-options.ts";
import type { Arrived, MailSource } from "./mail-source.ts";
import { SLICE_BYTES, behind, slices } from "./slices.ts";
import { Tries } from "./tries.ts";

/** While one mail's attachments are made durable, the next mails are read. */
const READ_AT_ONCE = 4;
/** Mails on their way into the store: they are written together. */
const STORED_AT_ONCE = 128;

interface Identified {
  readonly verdict: "accept";
  readonly address: string;
  readonly admission: unknown;
  readonly proof: Proof;
}

/** Policy before bodies, bodies before acknowledgement: a batch of a folder's mails, oldest first. */
export class Intake {
  readonly #options: IntakeOptions;
  readonly #tries: Tries;
  /** None of them rejects. */
  readonly #storing = new Set<Promise<void>>();
  #batch = Number.POSITIVE_INFINITY;

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.#tries = new Tries(options.logger);
  }

  /** Tells `pending` of each mail as it is done. Rejects when the connection is lost; what was not told stays pending. */
  async take(session: MailSource, asked: readonly number[], pending: Pending): Promise<void> {
    const suspect = this.#tries.suspect(asked);
    const uids = suspect === undefined ? asked.slice(0, this.#batch) : [suspect];
    const candidates = new Arrivals(this.#options, session, this.#doorkeeper(pending)).of(uids);
    try {
      for await (const settle of inOrder(candidates, READ_AT_ONCE, async (mail) => await this.#read(mail, session))) {
        this.#track(settle(pending));
        if (this.#options.room() <= this.#storing.size) return;
        if (this.#storing.size >= STORED_AT_ONCE) await Promise.race(this.#storing);
      }
      this.#batch *= 2;
    } catch (error) {
      if (error instanceof ConnectionError) this.#blame(uids, error, pending);
      throw error;
    } finally {
      await Promise.all(this.#storing);
    }
  }

  #track(storing: Promise<void> | undefined): void {
    if (storing === undefined) return;
    const tracked = storing.finally(() => this.#storing.delete(tracked));
    this.#storing.add(tracked);
  }

  #doorkeeper(pending: Pending): Doorkeeper {
    return {
      refuse: (mail, refusal) => this.#refuse(mail, refusal, pending),
      gone: (uid) => this.#gone(uid, pending),
      postpone: (uid, error) => this.#postpone(uid, error, pending),
    };
  }

  /** Reads one mail; what it resolves with is done when all mails before it are done with. */
  async #read(mail: Candidate, session: MailSource): Promise<Settle> {
    const { read, readLarge, maxMessageBytes } = this.#options;
    const { uid } = mail;
    try {
      const large = mail.bytes > maxMessageBytes && !mail.asReport;
      const first = mail.source ?? (await session.readSection(uid, large ? "HEADER" : "", 0, SLICE_BYTES));
      if (first === undefined || first.length === 0) return now((pending) => this.#gone(uid, pending));
      const header = first.subarray(0, headerEnd(first));
      const start = bodyStart(first, header.length);
      const pieces = () => slices(session, uid, first, maxMessageBytes);
      const body = large ? "never" : (mail.source?.subarray(start) ?? (() => behind(pieces(), start)));
      const verdict = await this.#identify(mail, header, body);
      if (verdict.verdict === "refuse") {
        if (verdict.mayReport) await this.#options.takeReport(first);
        return now((pending) => this.#refuse(mail, verdict, pending));
      }
      const refused = await this.#options.decideBody(first, verdict.admission);
      if (refused) return now((pending) => this.#refuse(mail, refused, pending));
      const arrived: Arrived = { ...mail, ...verdict, header };
      const accept = large ? await readLarge(arrived, session) : await read(arrived, mail.source ?? pieces());
      return async (pending) => {
        try {
          await accept();
          this.#finish(uid, pending);
        } catch (error) {
          this.#postpone(uid, error, pending);
        }
      };
    } catch (error) {
      if (error instanceof ConnectionError) throw error;
      return now((pending) => this.#postpone(uid, error, pending));
    }
  }

  /** Who wrote the mail; the whole header is there now, and the rules that need all of it have their say. */
  async #identify(mail: Candidate, header: Buffer, body: Evidence["body"]): Promise<Identified | Refusal> {
    const { admission, proof, receivedAt } = mail;
    // Where the server and we do not see the same header end, what it listed has let nobody in.
    const address = mail.header?.equals(header) ? mail.address : undefined;
    if (address !== undefined && proof !== undefined) return { verdict: "accept", address, admission, proof };
    const decision =
      address === undefined ? this.#options.decide(header) : ({ verdict: "accept", address, admission } as const);
    if (decision.verdict === "refuse") return decision;
    const proved = await this.#options.verify({ header, address: decision.address, receivedAt, body });
    if (proved.verdict === "undecided") throw new Error("nobody said who wrote a mail that is all there");
    return proved.verdict === "refuse" ? proved : { ...decision, proof: proved };
  }

  #refuse(mail: Candidate, { reason, detail }: Refusal, pending: Pending): void {
    this.#options.refuse(mail, reason, detail);
    this.#finish(mail.uid, pending);
  }

  #gone(uid: number, pending: Pending): void {
    this.#options.logger.log("info", "mail is gone from the server", { uid });
    this.#finish(uid, pending);
  }

  #finish(uid: number, pending: Pending): void {
    this.#tries.forget(uid);
    pending.finish(uid);
  }

  #postpone(uid: number, error: unknown, pending: Pending): void {
    pending.postpone(uid, this.#options.clock.monotonic() + this.#tries.failed(uid, error));
  }

  /** The connection broke under a batch: fetch fewer at once, and when it was a single mail, let it wait in the end. */
  #blame(uids: readonly number[], error: ConnectionError, pending: Pending): void {
    const [uid] = uids;
    this.#batch = Math.max(1, Math.floor(uids.length / 2));
    if (uids.length === 1 && uid !== undefined && this.#tries.broke(uid)) this.#postpone(uid, error, pending);
  }
}
