import { StorageError } from "../../src/domain/errors.ts";
import type { OutboxStore, StoredContent, StoredSend } from "../../src/domain/store.ts";
import type { OutboxMail } from "../../src/outbox/entry.ts";
import type { OutboxContent } from "../../src/outbox/journal.ts";

type Row = StoredSend & StoredContent;
type Call = "find" | "add" | "update" | "remove" | "open" | "revived";

/** A disk for outboxes: rows go in and out as JSON, each write is told in `journal`, and each can be made to fail. */
export class FakeStore implements OutboxStore {
  /** `add k pending`, `update k sending body`, and whatever a test puts between. */
  readonly journal: string[];
  readonly #rows = new Map<string, string>();
  readonly #revived: string[] = [];
  readonly #failures: { call: Call; times: number; matching: string }[] = [];

  constructor(journal: string[] = []) {
    this.journal = journal;
  }

  /** `matching`: only where the line of the journal would have this in it. */
  fail(call: Call, { times = Infinity, matching = "" }: { times?: number; matching?: string } = {}): void {
    this.#failures.push({ call, times, matching });
  }

  heal(): void {
    this.#failures.length = 0;
  }

  row(key: string): (Row & { readonly details: Record<string, unknown> }) | undefined {
    const text = this.#rows.get(key);
    if (text === undefined) return undefined;
    const row = JSON.parse(text);
    return { ...row, files: row.files.map((file: string) => Buffer.from(file, "base64")) };
  }

  get rows(): readonly Row[] {
    return [...this.#rows.keys()].map((key) => this.row(key)).filter((row) => row !== undefined);
  }

  /** As a person does it. */
  drop(key: string): void {
    this.#put({ ...this.#one(key), state: "dropped", isOpen: false });
  }

  /** As a person does it. */
  revive(key: string): void {
    this.#put({ ...this.#one(key), state: "retrying", isOpen: true, nextAttemptAt: undefined });
    this.#revived.push(key);
  }

  async find(key: string): Promise<StoredSend | undefined> {
    this.#check("find", key);
    return this.row(key);
  }

  async findMail(messageId: string): Promise<StoredSend | undefined> {
    return this.rows.find((row) => row.messageId === messageId);
  }

  async amend(send: StoredSend): Promise<boolean> {
    const row = this.row(send.key);
    if (!row || row.isOpen) return false;
    this.#put({ ...row, ...send });
    return true;
  }

  async addedSince(date: number): Promise<readonly StoredSend[]> {
    return this.rows.filter(({ enqueuedAt }) => enqueuedAt >= date);
  }

  async add(send: StoredSend, content: StoredContent): Promise<boolean> {
    const line = this.#check("add", `${send.key} ${send.state}`);
    await Promise.resolve();
    if (this.#rows.has(send.key)) return false;
    this.journal.push(line);
    this.#put({ ...send, ...content });
    return true;
  }

  async update(send: StoredSend): Promise<boolean> {
    const { phase } = send.details as { phase: string };
    const line = this.#check("update", `${send.key} ${send.state}${send.state === "sending" ? ` ${phase}` : ""}`);
    await Promise.resolve();
    if (this.row(send.key)?.isOpen !== true) return false;
    this.journal.push(line);
    this.#put({ ...this.#one(send.key), ...send });
    return true;
  }

  async remove(key: string): Promise<void> {
    this.journal.push(this.#check("remove", key));
    this.#rows.delete(key);
  }

  async open(): Promise<readonly Row[]> {
    this.#check("open", "");
    return this.rows.filter(({ isOpen }) => isOpen);
  }

  async revived(): Promise<readonly Row[]> {
    this.#check("revived", "");
    return this.#revived.splice(0).map((key) => this.#one(key));
  }

  #one(key: string): Row {
    const row = this.row(key);
    if (!row) throw new Error(`no row ${key}`);
    return row;
  }

  #put(row: Row): void {
    const files = row.files.map((file) => Buffer.from(file).toString("base64"));
    this.#rows.set(row.key, JSON.stringify({ ...row, files }));
  }

  #check(call: Call, about: string): string {
    const line = `${call} ${about}`;
    const failure = this.#failures.find((one) => one.call === call && one.times > 0 && line.includes(one.matching));
    if (!failure) return line;
    failure.times--;
    throw new StorageError("the disk is full");
  }
}

/** A mail in JSON, its contents beside it. */
export const jsonContent: OutboxContent<OutboxMail> = {
  save({ attachments, ...mail }) {
    const files = attachments.map(({ source }) => ("content" in source ? source.content : Buffer.from(source.path)));
    return { mail, files };
  },
  load({ mail, files }) {
    if (mail === null) throw new Error("there is no mail");
    const attachments = files.map((content) => ({ source: { content } }));
    return { ...(mail as Omit<OutboxMail, "attachments">), attachments };
  },
};

export function asItIs<M>(): OutboxContent<M> {
  return { save: (mail) => ({ mail, files: [] }), load: ({ mail }) => mail as M };
}
