import type { OutboxStore, StoredContent, StoredSend } from "../domain/store.ts";
import type { MemoryThreads } from "./memory-threads.ts";

/** Mails remembered after they are closed, to answer a repeated key with. */
const MAX_CLOSED = 10_000;

export class MemoryOutbox implements OutboxStore {
  readonly #open = new Map<string, { send: StoredSend; readonly content: StoredContent }>();
  readonly #closed = new Map<string, StoredSend>();
  /** By Message-ID. */
  readonly #keys = new Map<string, string>();
  readonly #threads: MemoryThreads;
  readonly #assertOpen: () => void;

  constructor(threads: MemoryThreads, assertOpen: () => void) {
    this.#threads = threads;
    this.#assertOpen = assertOpen;
  }

  async find(key: string): Promise<StoredSend | undefined> {
    this.#assertOpen();
    return this.#open.get(key)?.send ?? this.#closed.get(key);
  }

  async add(send: StoredSend, content: StoredContent, thread?: string): Promise<boolean> {
    this.#assertOpen();
    if (this.#open.has(send.key) || this.#closed.has(send.key)) return false;
    this.#keys.set(send.messageId, send.key);
    if (thread !== undefined) this.#threads.learn([send.messageId], thread);
    if (send.isOpen) this.#open.set(send.key, { send, content });
    else this.#close(send);
    return true;
  }

  async update(send: StoredSend): Promise<boolean> {
    this.#assertOpen();
    const entry = this.#open.get(send.key);
    if (!entry) return false;
    if (send.isOpen) entry.send = send;
    else this.#close(send);
    return true;
  }

  async findMail(messageId: string): Promise<StoredSend | undefined> {
    this.#assertOpen();
    const key = this.#keys.get(messageId);
    return key === undefined ? undefined : await this.find(key);
  }

  async amend(send: StoredSend): Promise<boolean> {
    this.#assertOpen();
    if (!this.#closed.has(send.key)) return false;
    this.#closed.set(send.key, send);
    return true;
  }

  async addedSince(date: number, limit: number): Promise<readonly StoredSend[]> {
    this.#assertOpen();
    const all = [...this.#closed.values(), ...[...this.#open.values()].map(({ send }) => send)];
    return all
      .filter(({ enqueuedAt }) => enqueuedAt >= date)
      .toSorted((a, b) => a.enqueuedAt - b.enqueuedAt)
      .slice(-limit);
  }

  async remove(key: string): Promise<void> {
    this.#assertOpen();
    const send = this.#open.get(key)?.send ?? this.#closed.get(key);
    if (send) this.#keys.delete(send.messageId);
    this.#open.delete(key);
    this.#closed.delete(key);
  }

  async open(): Promise<readonly (StoredSend & StoredContent)[]> {
    this.#assertOpen();
    return [...this.#open.values()].map(({ send, content }) => ({ ...send, ...content }));
  }

  /** Nobody can look into this process to put anything back. */
  async revived(): Promise<readonly (StoredSend & StoredContent)[]> {
    this.#assertOpen();
    return [];
  }

  #close(send: StoredSend): void {
    this.#open.delete(send.key);
    this.#closed.set(send.key, send);
    const [oldest] = this.#closed.values();
    if (this.#closed.size <= MAX_CLOSED || oldest === undefined) return;
    this.#closed.delete(oldest.key);
    this.#keys.delete(oldest.messageId);
  }
}
