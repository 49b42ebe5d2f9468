import type { OutboxStore, StoredContent, StoredSend } from "../domain/store.ts";
import { type OutboxStatements, type SendRow, prepareOutbox } from "./outbox-statements.ts";
import { Revivals } from "./revivals.ts";
import type { SqliteParts } from "./sqlite-inbox.ts";
import type { Threads } from "./threads.ts";

export function sqliteOutboxes(parts: SqliteParts): (account: string) => OutboxStore {
  const statements = prepareOutbox(parts.connection);
  return (account) => new SqliteOutbox(account, parts, statements);
}

class SqliteOutbox implements OutboxStore {
  readonly #account: string;
  readonly #parts: SqliteParts;
  readonly #statements: OutboxStatements;
  readonly #revivals: Revivals;
  readonly #threads: Threads;

  constructor(account: string, parts: SqliteParts, statements: OutboxStatements) {
    this.#account = account;
    this.#parts = parts;
    this.#statements = statements;
    this.#revivals = new Revivals(parts.connection);
    this.#threads = parts.threads(account);
  }

  async find(key: string): Promise<StoredSend | undefined> {
    return this.#parts.connection.read(() => {
      const row = this.#statements.find.get(this.#account, key);
      return row && storedSend(row);
    });
  }

  async add(send: StoredSend, { mail, files }: StoredContent, thread?: string): Promise<boolean> {
    const { insert, insertContent, insertFile } = this.#statements;
    const mailText = JSON.stringify(mail ?? null);
    const details = JSON.stringify(send.details ?? null);
    return await this.#durably(() => {
      const added = insert.get(
        this.#account,
        send.key,
        send.messageId,
        send.state,
        send.isOpen ? 1 : 0,
        send.attempts,
        send.enqueuedAt,
        send.nextAttemptAt ?? null,
        details,
        this.#settledAt(send),
      );
      if (!added) return false;
      insertContent.run(added.sequence, mailText);
      files.forEach((content, number) => insertFile.run(added.sequence, number, content));
      if (thread !== undefined) this.#threads.learn([send.messageId], thread);
      return true;
    });
  }

  async update(send: StoredSend): Promise<boolean> {
    const details = JSON.stringify(send.details ?? null);
    return await this.#durably(() => {
      const { changes } = this.#statements.update.run(
        send.messageId,
        send.state,
        send.isOpen ? 1 : 0,
        send.attempts,
        send.enqueuedAt,
        send.nextAttemptAt ?? null,
        details,
        this.#settledAt(send),
        this.#account,
        send.key,
      );
      return Number(changes) > 0;
    });
  }

  async findMail(messageId: string): Promise<StoredSend | undefined> {
    return this.#parts.connection.read(() => {
      const row = this.#statements.findMail.get(messageId, this.#account);
      return row && storedSend(row);
    });
  }

  async amend(send: StoredSend): Promise<boolean> {
    const details = JSON.stringify(send.details ?? null);
    return await this.#durably(() => {
      const { changes } = this.#statements.amend.run(send.state, details, this.#account, send.key);
      return Number(changes) > 0;
    });
  }

  async addedSince(date: number, limit: number): Promise<readonly StoredSend[]> {
    return this.#parts.connection.read(() =>
      this.#statements.addedSince
        .all(this.#account, date, limit)
        .map((row) => storedSend(row))
        .toReversed(),
    );
  }

  async remove(key: string): Promise<void> {
    const { remove, removeContent, removeFiles } = this.#statements;
    await this.#durably(() => {
      const removed = remove.get(this.#account, key);
      if (!removed) return;
      removeContent.run(removed.sequence);
      removeFiles.run(removed.sequence);
    });
  }

  async open(): Promise<readonly (StoredSend & StoredContent)[]> {
    return this.#parts.connection.transaction("normal", () => {
      // Whatever was put back is among them.
      this.#statements.takeRevived.all(this.#account);
      return this.#statements.open.all(this.#account).map((row) => this.#withContent(row));
    });
  }

  async revived(): Promise<readonly (StoredSend & StoredContent)[]> {
    return this.#revivals.take(() =>
      this.#statements.takeRevived
        .all(this.#account)
        .toSorted((a, b) => a.sequence - b.sequence)
        .flatMap(({ sequence }) => this.#statements.retryingOne.all(sequence))
        .map((row) => this.#withContent(row)),
    );
  }

  #withContent(row: SendRow): StoredSend & StoredContent {
    const { content, files } = this.#statements;
    return {
      ...storedSend(row),
      mail: JSON.parse(content.get(row.sequence)?.mail ?? "null") as unknown,
      files: files.all(row.sequence).map((file) => file.content),
    };
  }

  #settledAt({ isOpen }: StoredSend): number | null {
    return isOpen ? null : this.#parts.clock.now();
  }

  async #durably<T>(work: () => T): Promise<T> {
    this.#parts.connection.assertOpen();
    return await this.#parts.queue.add("full", work);
  }
}

function storedSend(row: SendRow): StoredSend {
  return {
    key: row.key,
    messageId: row.message_id,
    state: row.state,
    isOpen: row.is_open === 1,
    attempts: row.attempts,
    enqueuedAt: row.enqueued_at,
    nextAttemptAt: row.next_attempt_at ?? undefined,
    details: JSON.parse(row.details) as unknown,
  };
}
