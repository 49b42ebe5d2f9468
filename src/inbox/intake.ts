import { ConnectionError } from "../domain/errors.ts";
import type { Clock } from "../runtime/clock.ts";
import { inOrder } from "../runtime/in-order.ts";
import type { Logger } from "../runtime/logger.ts";
import { type Candidate, now, type Pending, type Settle } from "./candidate.ts";
import { answered, bySize, without } from "./groups.ts";
import type { Arrived, Listed, MailSource } from "./mail-source.ts";
import { headerEnd } from "./header-end.ts";
import { SLICE_BYTES, slices } from "./slices.ts";
import { Tries } from "./tries.ts";

interface Refusal {
  readonly verdict: "refuse";
  readonly reason: string;
  readonly detail: string;
  /** The body may be a report about a mail of ours, and is to be read for that. */
  readonly mayReport?: boolean;
}

export type Verdict = { readonly verdict: "accept"; readonly address: string } | Refusal;

export interface IntakeOptions {
  readonly decide: (header: Uint8Array) => Verdict;
  /** The same for an accepted mail when its body is there: all of it, or its beginning. Undefined: it stays accepted. */
  readonly decideBody: (mail: Buffer) => Promise<Refusal | undefined>;
  /** The beginning of a refused mail that may be a report. */
  readonly takeReport: (mail: Buffer) => Promise<void>;
  /** The fields that `decide` wants of a stranger; empty when everybody may talk and small mails may come whole at once. */
  readonly headerFields: readonly string[];
  readonly maxMessageBytes: number;
  /**
   * Reads a whole mail; what it resolves with stores it, and then hands it to the bot. Both reject with StorageError when
   * something cannot be written.
   */
  readonly read: (mail: Arrived, source: Buffer | AsyncIterable<Buffer>) => Promise<Accept>;
  /** The same for the text of a mail that is too large to download. */
  readonly readLarge: (mail: Arrived, session: MailSource) => Promise<Accept>;
  readonly refuse: (mail: Omit<Arrived, "address">, reason: string, detail: string) => void;
  readonly room: () => number;
  readonly clock: Clock;
  readonly logger: Logger;
}

export type Accept = () => Promise<void>;

/** When everybody may talk, so much of each mail comes with the listing: most mails are then there in one command. */
const FIRST_BYTES = 16 << 10;
/** One command's worth of mails: while they are read, the next ones are on their way. */
const GROUP_MAILS = 128;
const GROUP_BYTES = 4 << 20;
/** Mails up to this size come whole; larger ones in slices, so that memory stays flat. */
const WHOLE_MAIL_BYTES = 2 << 20;
/** While one mail's attachments are made durable, the next mails are read. */
const READ_AT_ONCE = 4;
/** Mails on their way into the store: they are written together. */
const STORED_AT_ONCE = 128;

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
    const candidates = this.#candidates(session, uids, pending);
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

  /** While a group is being read, the next one is on its way. */
  async *#candidates(session: MailSource, uids: readonly number[], pending: Pending): AsyncGenerator<Candidate, void> {
    const groups = this.#groups(session, uids, pending);
    for (let coming = groups.next(); ;) {
      const { value: group, done } = await coming;
      if (done) return;
      coming = groups.next();
      // Heard where it is awaited; until then it must not count as unhandled.
      coming.catch(() => undefined);
      yield* group;
    }
  }

  /** What may come in, in the order of the UIDs; no command is under way while a group is looked at. */
  async *#groups(session: MailSource, uids: readonly number[], pending: Pending): AsyncGenerator<Candidate[], void> {
    for (let from = 0; from < uids.length; from += GROUP_MAILS) {
      const listed = await this.#list(session, uids.slice(from, from + GROUP_MAILS), pending);
      const admitted = listed.map((entry) => this.#judge(entry, session, pending)).filter((mail) => mail !== undefined);
      for (const group of bySize(admitted, (mail) => this.#fetchedBytes(mail), GROUP_BYTES))
        yield await this.#fetch(session, group);
    }
  }

  /** What the mail adds to a group; one that comes in slices fills a group by itself. */
  #fetchedBytes(mail: Candidate): number {
    return mail.source?.length ?? (this.#comesWhole(mail) ? mail.bytes : GROUP_BYTES);
  }

  #comesWhole({ source, bytes, asReport }: Candidate): boolean {
    return source === undefined && !asReport && bytes <= Math.min(WHOLE_MAIL_BYTES, this.#options.maxMessageBytes);
  }

  async #list(session: MailSource, uids: readonly number[], pending: Pending): Promise<Listed[]> {
    const { headerFields } = this.#options;
    const request = { headerFields, firstBytes: headerFields.length === 0 ? FIRST_BYTES : 0 };
    const listed = answered(await session.summaries(uids, request));
    const missing = without(uids, listed);
    // Asked for again: an answer that leaves out a mail may mean that it is gone, or nothing at all.
    if (missing.length > 0) listed.push(...answered(await session.summaries(missing, request)));
    for (const uid of without(missing, listed)) this.#gone(uid, pending);
    return listed.toSorted((a, b) => a.uid - b.uid);
  }

  #judge(entry: Listed, { uidValidity }: MailSource, pending: Pending): Candidate | undefined {
    const { uid, bytes, receivedAt, start } = entry;
    const mail = { uid, uidValidity, bytes, receivedAt, source: undefined, address: undefined, asReport: false };
    // A few fields let nobody in: the whole header is judged when it is there.
    if (start === undefined) {
      const admitted = this.#admit(mail, entry.header, pending);
      return admitted && { ...admitted, address: undefined };
    }
    const complete = start.length < FIRST_BYTES;
    const end = headerEnd(start);
    // A header that is longer than what came is judged when all of it is there.
    if (!complete && end === start.length) return mail;
    const admitted = this.#admit(mail, start.subarray(0, end), pending);
    const whole = complete && start.length <= this.#options.maxMessageBytes;
    return admitted && { ...admitted, source: whole ? start : undefined };
  }

  /** The sources of those that come whole, in one command. */
  async #fetch(session: MailSource, group: readonly Candidate[]): Promise<Candidate[]> {
    const uids = group.filter((mail) => this.#comesWhole(mail)).map(({ uid }) => uid);
    if (uids.length === 0) return [...group];
    const sources = new Map<number, Buffer>();
    for await (const { uid, source } of session.sources(uids, WHOLE_MAIL_BYTES)) {
      // RFC822.SIZE was wrong when it is as long as this; what is left out here is asked for by itself.
      if (source.length < WHOLE_MAIL_BYTES) sources.set(uid, source);
    }
    return group.map((mail) => ({ ...mail, source: mail.source ?? sources.get(mail.uid) }));
  }

  /** Reads one mail; what it resolves with is done when all mails before it are done with. */
  async #read(mail: Candidate, session: MailSource): Promise<Settle> {
    const { read, readLarge, maxMessageBytes } = this.#options;
    const { uid } = mail;
    try {
      const large = mail.bytes > maxMessageBytes && !mail.asReport;
      const first = mail.source ?? (await session.readSection(uid, large ? "HEADER" : "", 0, SLICE_BYTES));
      if (first === undefined || first.length === 0) return now((pending) => this.#gone(uid, pending));
      const verdict = this.#verdict(mail, first);
      if (verdict.verdict === "refuse") {
        if (verdict.mayReport) await this.#options.takeReport(first);
        return now((pending) => this.#refuse(mail, verdict, pending));
      }
      const refused = await this.#options.decideBody(first);
      if (refused) return now((pending) => this.#refuse(mail, refused, pending));
      const arrived: Arrived = { ...mail, address: verdict.address };
      const source = mail.source ?? slices(session, uid, first, maxMessageBytes);
      const accept = large ? await readLarge(arrived, session) : await read(arrived, source);
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

  /** The whole header is there now: the rules that need all of it have their say. */
  #verdict({ address }: Candidate, start: Buffer): Verdict {
    return address === undefined
      ? this.#options.decide(start.subarray(0, headerEnd(start)))
      : { verdict: "accept", address };
  }

  /** With the sender's address when the mail may come in; a refused mail is done with, unless it is to be read as a report. */
  #admit(mail: Candidate, header: Buffer, pending: Pending): Candidate | undefined {
    const verdict = this.#options.decide(header);
    if (verdict.verdict === "accept") return { ...mail, address: verdict.address };
    if (verdict.mayReport) return { ...mail, asReport: true };
    this.#refuse(mail, verdict, pending);
    return undefined;
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
