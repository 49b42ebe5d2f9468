import { ConnectionError } from "../domain/errors.ts";
import { type Clock, within } from "../runtime/clock.ts";
import type { Logger } from "../runtime/logger.ts";
import { linkSignals } from "../runtime/signals.ts";
import { type ImapConnection, type ImapSettings, imapWhere } from "./imap-client.ts";
import { imapError } from "./imap-errors.ts";
import { bytes, readDate, toMimePart } from "./imap-answers.ts";
import { Listener } from "./listener.ts";
import { OpenCommands } from "./open-commands.ts";
import { Liveness } from "./liveness.ts";
import type {
  AppendMail,
  ListenMode,
  MailQuery,
  MailSummary,
  MailboxSession,
  Flag,
  Marked,
  MimePart,
  SummaryRequest,
} from "./session.ts";
import { uidRange } from "../domain/uid-ranges.ts";
import { lowestUids } from "./uid-set.ts";

export interface ImapSessionOptions {
  readonly settings: ImapSettings;
  readonly folder: string;
  /** False once this server has shown that its IDLE is broken. */
  readonly idleAllowed: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How long a server may be silent that owes us a word. */
export function silenceLimitMs({ timing }: ImapSettings): number {
  return timing.idleRenewMs + timing.deadAfterMs;
}

/** Looks at the server's last byte so often within the time after which it counts as dead. */
const LIVENESS_CHECKS = 8;

export class ImapSession implements MailboxSession, AppendMail {
  readonly uidValidity: string;
  readonly uidNext: number;
  readonly #client: ImapConnection;
  readonly #options: ImapSessionOptions;
  readonly #listener: Listener;
  readonly #liveness: Liveness;
  readonly #ended = new AbortController();
  readonly #where: string;
  readonly #commands: OpenCommands;
  #diedSilent = false;

  constructor(
    client: ImapConnection,
    options: ImapSessionOptions,
    { signal, ...folder }: { uidValidity: string; uidNext: number; signal: AbortSignal },
  ) {
    this.#client = client;
    this.#options = options;
    this.#where = imapWhere(options.settings);
    this.uidValidity = folder.uidValidity;
    this.uidNext = folder.uidNext;
    this.#commands = new OpenCommands(() => {
      options.logger.log("warn", "a command has had no end for ten minutes: dropping the connection");
      client.close();
    });
    const { clock, settings, logger } = options;
    this.#listener = new Listener({
      client,
      clock,
      idleAllowed: options.idleAllowed && client.capabilities.has("IDLE"),
      commandsSent: () => this.#commands.sent,
      onPoll: (reason) => logger.log("info", `no IDLE: asking every ${settings.pollIntervalMs / 1000} s`, { reason }),
    });
    client.on("close", () => {
      this.#diedSilent = clock.monotonic() - this.#liveness.lastByteAt >= settings.timing.idleRenewMs;
      this.#ended.abort();
    });
    this.#liveness = new Liveness({
      clock,
      bytesRead: () => client.stats().received,
      silenceMs: () => {
        const isOwed = this.mode === "idle" || this.#commands.open > 0;
        return isOwed ? silenceLimitMs(settings) : settings.pollIntervalMs + settings.timing.deadAfterMs;
      },
      checkEveryMs: settings.timing.deadAfterMs / LIVENESS_CHECKS,
      answerMs: settings.timing.deadAfterMs / 2,
      onDead: (silentForMs) => {
        logger.log("warn", "server is silent: dropping the connection", { silentForMs: Math.round(silentForMs) });
        client.close();
      },
      signal: this.#ended.signal,
    });
    // Whoever stops waits for the command under way, but not for a server that does not answer it.
    const onStop = () =>
      void clock.sleep(settings.timing.logoutTimeoutMs, this.#ended.signal).then(() => client.close());
    signal.addEventListener("abort", onStop, { once: true, signal: this.#ended.signal });
    // The server may have hung up between the login and this line.
    if (!client.usable) this.#ended.abort();
  }

  get mode(): ListenMode {
    return this.#listener.mode;
  }

  get lastByteAt(): number {
    return this.#liveness.lastByteAt;
  }

  get lost(): boolean {
    return this.#ended.signal.aborted;
  }

  get diedSilent(): boolean {
    return this.#diedSilent;
  }

  async search(query: MailQuery, limit: number): Promise<number[]> {
    const above = "above" in query ? query.above : query.unseenAbove;
    const criteria = { uid: `${above + 1}:*`, ...("unseenAbove" in query ? { seen: false } : {}) };
    const answer = await this.#ask(
      async () => await this.#client.search(criteria, { uid: true, returnOptions: ["ALL"] }),
    );
    if (!answer) throw new ConnectionError(`${this.#where} refuses to search folder ${this.#options.folder}`);
    return lowestUids(Array.isArray(answer) ? answer : (answer.all ?? ""), above, limit);
  }

  async summaries(uids: readonly number[], { part, maxBytes }: SummaryRequest): Promise<MailSummary[]> {
    const asked = new Set(uids);
    const slice = { start: 0, maxLength: maxBytes };
    const query = {
      uid: true,
      size: true,
      internalDate: true,
      ...(part === "mail" ? { source: slice } : {}),
      // Not fields by their names: those come back with every mail, and reading them costs more than the whole header.
      ...(part === "header" ? { bodyParts: [{ key: "HEADER", ...slice }] } : {}),
    };
    const rows = await this.#ask(async () => await this.#client.fetchAll(uidRange(uids), query, { uid: true }));
    return rows
      .filter((row) => asked.delete(row.uid))
      .map((row) => ({
        uid: row.uid,
        bytes: row.size ?? 0,
        receivedAt: readDate(row.internalDate, this.#options.clock),
        start: bytes(part === "header" ? row.headers : row.source),
      }));
  }

  async *sources(uids: readonly number[], maxBytes: number): AsyncGenerator<{ uid: number; source: Buffer }> {
    const asked = new Set(uids);
    const query = { uid: true, source: { start: 0, maxLength: maxBytes } };
    using _ = this.#commands.begin();
    try {
      for await (const row of this.#client.fetch(uidRange(uids), query, { uid: true })) {
        const source = bytes(row.source);
        if (source && asked.delete(row.uid)) yield { uid: row.uid, source };
      }
    } catch (error) {
      throw this.#said(error);
    }
    if (this.lost) throw new ConnectionError(`${this.#where} closed the connection`);
  }

  async structure(uid: number): Promise<MimePart | undefined> {
    const row = await this.#fetchOne(uid, { uid: true, bodyStructure: true });
    return row?.bodyStructure ? toMimePart(row.bodyStructure) : undefined;
  }

  async readSection(uid: number, section: string, startByte: number, maxBytes: number): Promise<Buffer | undefined> {
    const slice = { start: startByte, maxLength: maxBytes };
    const query =
      section === "" ? { uid: true, source: slice } : { uid: true, bodyParts: [{ key: section, ...slice }] };
    const row = await this.#fetchOne(uid, query);
    // The library gives the whole mail and its header names of their own.
    if (section === "") return bytes(row?.source);
    return bytes(section === "HEADER" ? row?.headers : row?.bodyParts?.get(section.toLowerCase()));
  }

  async addFlag(uids: readonly number[], flag: Flag): Promise<Marked> {
    if (uids.length === 0) return "set";
    const mailbox = this.#client.mailbox;
    if (typeof mailbox === "object" && mailbox.readOnly === true) return "read-only";
    const how = { uid: true, silent: true };
    const done = await this.#ask(async () => await this.#client.messageFlagsAdd(uidRange(uids), [flag], how));
    return done ? "set" : "refused";
  }

  async append(folder: string, raw: Buffer): Promise<void> {
    await this.#ask(async () => await this.#client.append(folder, raw, ["\\Seen"]));
  }

  async waitForNews(ms: number, signal: AbortSignal): Promise<void> {
    using until = linkSignals(signal, this.#ended.signal);
    await this.#listener.wait(ms, until.signal);
    if (this.mode === "poll" && !signal.aborted && !this.lost) await this.#ask(async () => await this.#client.noop());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.stop();
    const { clock, settings } = this.#options;
    // A goodbye is a courtesy: whatever goes wrong with it, the connection is closed after it.
    await within(
      clock,
      settings.timing.logoutTimeoutMs,
      this.#client.logout().catch(() => undefined),
    );
    this.#client.close();
    this.#ended.abort();
  }

  async #fetchOne(uid: number, query: Parameters<ImapConnection["fetchOne"]>[1]) {
    const row = await this.#ask(async () => await this.#client.fetchOne(String(uid), query, { uid: true }));
    return row !== false && row.uid === uid ? row : undefined;
  }

  /** Several of the library's calls resolve although the connection died under them: ask afterwards. */
  async #ask<T>(command: () => Promise<T>): Promise<T> {
    using _ = this.#commands.begin();
    try {
      const answer = await command();
      if (this.lost) throw new ConnectionError(`${this.#where} closed the connection`);
      return answer;
    } catch (error) {
      throw this.#said(error);
    }
  }

  #said(error: unknown): Error {
    return error instanceof ConnectionError ? error : imapError(error, this.#where);
  }
}
