import type { Accepted, InboxStore, MailPlace, MessageRecord, NewInbound, OpenInbound } from "../domain/store.ts";
import type { Clock } from "../runtime/clock.ts";
import type { CommitQueue } from "./commit-queue.ts";
import { type InboundRow, type InboxStatements, type PlaceRow, prepareInbox } from "./inbox-statements.ts";
import { Revivals } from "./revivals.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";
import { joined, type Threads } from "./threads.ts";

export interface SqliteParts {
  readonly connection: SqliteConnection;
  readonly queue: CommitQueue;
  readonly clock: Clock;
  readonly threads: (account: string) => Threads;
}

export function sqliteInboxes(parts: SqliteParts): (account: string) => InboxStore {
  const statements = prepareInbox(parts.connection);
  return (account) => new SqliteInbox(account, parts, statements);
}

/** Calls about one mail follow one another: each is awaited before the next is made. */
class SqliteInbox implements InboxStore {
  readonly #account: string;
  readonly #parts: SqliteParts;
  readonly #statements: InboxStatements;
  readonly #revivals: Revivals;
  readonly #threads: Threads;

  constructor(account: string, parts: SqliteParts, statements: InboxStatements) {
    this.#account = account;
    this.#parts = parts;
    this.#statements = statements;
    this.#revivals = new Revivals(parts.connection);
    this.#threads = parts.threads(account);
  }

  async accept(mail: NewInbound): Promise<Accepted> {
    const text = JSON.stringify(mail.record);
    return await this.#durably(() => this.#insert(mail, text));
  }

  async open(): Promise<readonly OpenInbound[]> {
    const { connection } = this.#parts;
    return connection.transaction("normal", () => {
      // Whatever was put back is among them.
      this.#statements.takeRevived.all(this.#account);
      return this.#statements.open.all(this.#account).map(openInbound);
    });
  }

  async deliver(id: string): Promise<number | undefined> {
    const { connection } = this.#parts;
    return connection.transaction("normal", () => this.#statements.deliver.get(this.#account, id)?.deliveries);
  }

  async retryLater(id: string, dueAt: number, reason: string): Promise<void> {
    const { retryLater, takeBack, settleCopies } = this.#statements;
    const values = [Math.round(dueAt), reason, this.#account, id] as const;
    await this.#durably(() => {
      if (Number(retryLater.run(...values).changes) > 0) return;
      // Done: a consumer takes its ack back.
      const taken = takeBack.get(...values);
      if (taken) settleCopies.run(null, taken.sequence);
    });
  }

  async giveUp(id: string, reason: string): Promise<void> {
    await this.#durably(() => this.#statements.giveUp.run(reason, this.#now(), this.#account, id));
  }

  async finish(ids: readonly string[]): Promise<readonly MailPlace[]> {
    return await this.#durably(() => ids.flatMap((id) => this.#finish(id)));
  }

  async unflagged(folder: string, uidValidity: string): Promise<readonly number[]> {
    return this.#parts.connection.read(() =>
      this.#statements.unflagged.all(this.#account, folder, uidValidity).map(({ uid }) => uid),
    );
  }

  async flagged(folder: string, uidValidity: string, uids: readonly number[]): Promise<void> {
    this.#parts.connection.assertOpen();
    await this.#parts.queue.add("normal", () => {
      for (const uid of uids) this.#statements.flagged.run(this.#account, folder, uidValidity, uid);
    });
  }

  async revived(): Promise<readonly OpenInbound[]> {
    return this.#revivals.take(() =>
      this.#statements.takeRevived
        .all(this.#account)
        .toSorted((a, b) => a.sequence - b.sequence)
        .flatMap(({ sequence }) => this.#statements.waitingOne.all(sequence))
        .map(openInbound),
    );
  }

  #insert({ place, fingerprint, record, thread }: NewInbound, text: string): Accepted {
    const { insert, twin, insertRecord } = this.#statements;
    const { folder, uidValidity, uid } = place;
    const messageId = record.metadata.email_message_id;
    const first = twin.get(this.#account, fingerprint, messageId);
    const isSettled = first?.state === "done" || first?.state === "dropped";
    const added = insert.get(
      this.#account,
      folder,
      uidValidity,
      uid,
      record.id,
      messageId,
      fingerprint,
      first ? "copy" : "waiting",
      first?.sequence ?? null,
      isSettled ? this.#now() : null,
      first ? 0 : 1,
    );
    if (!added) return { kind: "known" };
    if (first) return { kind: "copy", settled: isSettled };
    const moved = joined(this.#threads, record, thread);
    insertRecord.run(added.sequence, moved ? JSON.stringify(moved) : text);
    return { kind: "new", record: moved };
  }

  #finish(id: string): MailPlace[] {
    const { finish, finishCopies, unflaggedOf, settled } = this.#statements;
    const now = this.#now();
    const mail = finish.get(now, this.#account, id);
    // Done before: what is not yet flagged is named again.
    if (!mail)
      return settled.all(this.#account, id).flatMap(({ sequence }) => unflaggedOf.all(sequence, sequence).map(placeOf));
    return [mail, ...finishCopies.all(now, mail.sequence)].filter(({ flagged }) => flagged === 0).map(placeOf);
  }

  async #durably<T>(work: () => T): Promise<T> {
    this.#parts.connection.assertOpen();
    return await this.#parts.queue.add("full", work);
  }

  #now(): number {
    return this.#parts.clock.now();
  }
}

function openInbound({ record, deliveries, due_at }: InboundRow): OpenInbound {
  return { record: JSON.parse(record) as MessageRecord, deliveries, dueAt: due_at ?? undefined };
}

function placeOf({ folder, uid_validity, uid }: PlaceRow): MailPlace {
  return { folder, uidValidity: uid_validity, uid };
}
