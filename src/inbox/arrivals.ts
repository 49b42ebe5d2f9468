import type { Candidate } from "./candidate.ts";
import { answered, bySize, without } from "./groups.ts";
import { bodyStart, headerEnd } from "../domain/header-end.ts";
import type { Evidence, IntakeOptions, Refusal } from "./intake-options.ts";
import type { Listed, MailSource } from "./mail-source.ts";

/** When everybody may talk, so much of each mail comes with the listing: most mails are then there in one command. */
const FIRST_BYTES = 16 << 10;
/** Otherwise its header does, which is seldom longer than this; of one that is, no more is taken on trust. */
const HEADER_BYTES = 64 << 10;
/** One command's worth of mails: while they are read, the next ones are on their way. */
const GROUP_MAILS = 128;
const GROUP_BYTES = 4 << 20;
/** Mails up to this size come whole; larger ones in slices, so that memory stays flat. */
const WHOLE_MAIL_BYTES = 2 << 20;

/** What becomes of mails that do not get as far as being read. */
export interface Doorkeeper {
  refuse(mail: Candidate, refusal: Refusal): void;
  gone(uid: number): void;
  postpone(uid: number, error: unknown): void;
}

/** A mail whose header has been judged, and with what it can be proved who wrote it. */
interface Admitted {
  readonly mail: Candidate;
  readonly evidence: Evidence | undefined;
}

type Request = typeof WHOLE_MAIL | typeof ITS_HEADER;

const WHOLE_MAIL = { part: "mail", maxBytes: FIRST_BYTES } as const;
const ITS_HEADER = { part: "header", maxBytes: HEADER_BYTES } as const;

const UNKNOWN = {
  source: undefined,
  header: undefined,
  address: undefined,
  admission: undefined,
  proof: undefined,
  asReport: false,
} as const;

type Options = Pick<IntakeOptions, "decide" | "verify" | "isOpen" | "maxMessageBytes">;

/** Mails on their way from the server: listed, judged by their headers, and fetched when they may come in. */
export class Arrivals {
  readonly #options: Options;
  readonly #session: MailSource;
  readonly #door: Doorkeeper;

  constructor(options: Options, session: MailSource, door: Doorkeeper) {
    this.#options = options;
    this.#session = session;
    this.#door = door;
  }

  /** In the order of the UIDs. While a group is being read, the next one is on its way. */
  async *of(uids: readonly number[]): AsyncGenerator<Candidate, void> {
    const groups = this.#groups(uids);
    for (let coming = groups.next(); ;) {
      const { value: group, done } = await coming;
      if (done) return;
      coming = groups.next();
      // Heard where it is awaited; until then it must not count as unhandled.
      coming.catch(() => undefined);
      yield* group;
    }
  }

  /** No command is under way while a group is looked at. */
  async *#groups(uids: readonly number[]): AsyncGenerator<Candidate[], void> {
    for (let from = 0; from < uids.length; from += GROUP_MAILS) {
      const request = this.#options.isOpen() ? WHOLE_MAIL : ITS_HEADER;
      const listed = await this.#list(uids.slice(from, from + GROUP_MAILS), request);
      const admitted = listed.map((entry) => this.#judge(entry, request)).filter((mail) => mail !== undefined);
      // All at once, so that the slowest domain of the group is all that is waited for.
      const proved = await Promise.all(admitted.map(async (one) => await this.#prove(one)));
      const mails = proved.filter((mail) => mail !== undefined);
      for (const group of bySize(mails, (mail) => this.#fetchedBytes(mail), GROUP_BYTES))
        yield await this.#fetch(group);
    }
  }

  async #list(uids: readonly number[], request: Request): Promise<Listed[]> {
    const listed = answered(await this.#session.summaries(uids, request));
    const missing = without(uids, listed);
    // Asked for again: an answer that leaves out a mail may mean that it is gone, or nothing at all. What is listed with
    // nothing in it is asked for by itself.
    if (missing.length > 0) listed.push(...(await this.#session.summaries(missing, request)));
    for (const uid of without(missing, listed)) this.#door.gone(uid);
    return listed.toSorted((a, b) => a.uid - b.uid);
  }

  #judge({ uid, bytes, receivedAt, start }: Listed, request: Request): Admitted | undefined {
    const { uidValidity } = this.#session;
    const mail: Candidate = { uid, uidValidity, bytes, receivedAt, ...UNKNOWN };
    if (start === undefined || start.length === 0) return { mail, evidence: undefined };
    const end = headerEnd(start);
    const complete = start.length < request.maxBytes;
    // A header that is longer than what came is judged when all of it is there.
    if (!complete && end === start.length) return { mail, evidence: undefined };
    const header = start.subarray(0, end);
    const admitted = this.#admit(mail, header);
    if (admitted === undefined) return undefined;
    const whole = request.part === "mail" && complete && start.length <= this.#options.maxMessageBytes;
    const known = { ...admitted, header, source: whole ? start : undefined };
    if (admitted.address === undefined) return { mail: known, evidence: undefined };
    const body = whole ? start.subarray(bodyStart(start, end)) : "later";
    return { mail: known, evidence: { header, address: admitted.address, receivedAt, body } };
  }

  /** With the sender's address when the mail may come in; a refused mail is done with, unless it is to be read as a report. */
  #admit(mail: Candidate, header: Buffer): Candidate | undefined {
    const verdict = this.#options.decide(header);
    if (verdict.verdict === "accept") return { ...mail, address: verdict.address, admission: verdict.admission };
    if (verdict.mayReport) return { ...mail, asReport: true };
    this.#door.refuse(mail, verdict);
    return undefined;
  }

  /** What can be told without a body is told before it is downloaded. Never rejects. */
  async #prove({ mail, evidence }: Admitted): Promise<Candidate | undefined> {
    if (evidence === undefined) return mail;
    try {
      const verdict = await this.#options.verify(evidence);
      if (verdict.verdict === "accept") return { ...mail, proof: verdict };
      if (verdict.verdict === "undecided") return mail;
      this.#door.refuse(mail, verdict);
    } catch (error) {
      this.#door.postpone(mail.uid, error);
    }
    return undefined;
  }

  /** What the mail adds to a group; one that comes in slices fills a group by itself. */
  #fetchedBytes(mail: Candidate): number {
    return mail.source?.length ?? (this.#comesWhole(mail) ? mail.bytes : GROUP_BYTES);
  }

  #comesWhole({ source, bytes, asReport }: Candidate): boolean {
    return source === undefined && !asReport && bytes <= Math.min(WHOLE_MAIL_BYTES, this.#options.maxMessageBytes);
  }

  /** The sources of those that come whole, in one command. */
  async #fetch(group: readonly Candidate[]): Promise<Candidate[]> {
    const uids = group.filter((mail) => this.#comesWhole(mail)).map(({ uid }) => uid);
    if (uids.length === 0) return [...group];
    const sources = new Map<number, Buffer>();
    for await (const { uid, source } of this.#session.sources(uids, WHOLE_MAIL_BYTES)) {
      // RFC822.SIZE was wrong when it is as long as this; what is left out here is asked for by itself.
      if (source.length < WHOLE_MAIL_BYTES) sources.set(uid, source);
    }
    return group.map((mail) => ({ ...mail, source: mail.source ?? sources.get(mail.uid) }));
  }
}
