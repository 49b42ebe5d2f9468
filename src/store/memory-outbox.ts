import type { OutboxStore, StoredContent, StoredSend } from "../domain/store.ts";

/** Mails remembered after they are closed, to answer a repeated key with. */
const MAX_CLOSED = 10_000;

export class MemoryOutbox implements OutboxStore {
  readonly #open = new Map<string, { send: StoredSend; readonly content: StoredContent }>();
  readonly #closed = new Map<string, StoredSend>();
  readonly #assertOpen: () => void;

  constructor(assertOpen: () => void) {
    this.#assertOpen = assertOpen;
  }

  async find(key: string): Promise<StoredSend | undefined> {
    this.#assertOpen();
    return this.#open.get(key)?.send ?? this.#closed.get(key);
  }

  async add(send: StoredSend, content: StoredContent): Promise<boolean> {
    this.#assertOpen();
    if (this.#open.has(send.key) || this.#closed.has(send.key)) return false;
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

  async remove(key: string): Promise<void> {
    this.#assertOpen();
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
    const [oldest] = this.#closed.keys();
    if (this.#closed.size > MAX_CLOSED && oldest !== undefined) this.#closed.delete(oldest);
  }
}
