/** One mail as the server lists it, before anything of it is believed. */
export interface MailSummary {
  readonly uid: number;
  /** RFC822.SIZE in bytes. */
  readonly bytes: number;
  readonly receivedAt: Date;
  /** The first bytes of what was asked for; undefined when nothing was, or when the server left it out. */
  readonly start: Buffer | undefined;
}

/** What BODYSTRUCTURE says of one part (RFC 3501 section 7.4.2). */
export interface MimePart {
  readonly section: string;
  readonly type: string;
  readonly parameters: Record<string, string>;
  readonly disposition?: string;
  readonly filename?: string;
  readonly contentId?: string;
  readonly encoding?: string;
  readonly encodedBytes: number;
  readonly children: readonly MimePart[];
}

/** What comes along with each summary: the beginning of the mail, or of its header with the empty line. */
export interface SummaryRequest {
  readonly part: "mail" | "header" | "nothing";
  readonly maxBytes: number;
}

/** Which mails a search is for. */
export type MailQuery = { readonly above: number } | { readonly unseenAbove: number };

export type ListenMode = "idle" | "poll";

export type Flag = "\\Seen" | "\\Answered";

/** `refused`: this time; `read-only`: as long as this session lasts. The mails then keep their flags. */
export type Marked = "set" | "refused" | "read-only";

/**
 * One connection with one folder open. Only UIDs, never sequence numbers, and only UIDs that were asked for come back.
 * Everything rejects with ConnectionError once the connection is lost.
 */
export interface MailboxSession extends AsyncDisposable {
  readonly uidValidity: string;
  /** The server's prediction when the folder was opened (RFC 3501 section 2.3.1.1). */
  readonly uidNext: number;
  readonly mode: ListenMode;
  /** Milliseconds, monotonic: when the server's last byte was read. */
  readonly lastByteAt: number;
  readonly lost: boolean;
  /** The connection was given up because the server said nothing for longer than an IDLE renewal. */
  readonly diedSilent: boolean;
  /** UIDs in ascending order, at most `limit` of the lowest. */
  search(query: MailQuery, limit: number): Promise<number[]>;
  summaries(uids: readonly number[], request: SummaryRequest): Promise<MailSummary[]>;
  /** Mails in one command, each at most its first `maxBytes`, in the server's order; a mail that is gone is left out. */
  sources(uids: readonly number[], maxBytes: number): AsyncIterable<{ readonly uid: number; readonly source: Buffer }>;
  structure(uid: number): Promise<MimePart | undefined>;
  /** Bytes of a section (`""` is the whole mail, `HEADER`, `1.2`, `1.2.MIME`); undefined when the mail is gone. */
  readSection(uid: number, section: string, startByte: number, maxBytes: number): Promise<Buffer | undefined>;
  addFlag(uids: readonly number[], flag: Flag): Promise<Marked>;
  /** Resolves at the server's word that something changed, after `ms`, when the connection is lost, or at the abort. */
  waitForNews(ms: number, signal: AbortSignal): Promise<void>;
}

/** Opens a fresh connection each time. */
export type OpenMailbox = (signal: AbortSignal) => Promise<MailboxSession>;

/** Adds a mail to a folder, marked \Seen; for copies of what was sent. */
export interface AppendMail {
  append(folder: string, raw: Buffer): Promise<void>;
}
