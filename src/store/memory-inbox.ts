import type { Accepted, InboxStore, MailPlace, MessageRecord, NewInbound, OpenInbound } from "../domain/store.ts";
import type { MemoryFolders } from "./memory-folders.ts";
import type { MemoryThreads } from "./memory-threads.ts";
import { joined } from "./threads.ts";

type State = "waiting" | "in hand" | "retrying" | "done" | "dead";

interface Entry {
  readonly id: string;
  readonly twinKey: string;
  /** Where it and its copies lie. */
  readonly places: MailPlace[];
  state: State;
  /** Undefined once nobody needs it any more. */
  record: MessageRecord | undefined;
  deliveries: number;
  dueAt: number | undefined;
}

/** A week of mail for a busy bot; 300 bytes each. */
const MAX_DONE = 10_000;
/** A mail that is not done with is a twin to be recognised for longer, yet not without end. */
const MAX_TWINS = 20_000;

/**
 * Recognises a mail by its Message-ID and what is in it, so that a moved, copied or renumbered one is not delivered
 * twice, and two different mails that share a Message-ID both are (security.md 3.10).
 */
export class MemoryInbox implements InboxStore {
  /** In the order of acceptance: whatever is not done with, and the last ones that are. */
  readonly #entries = new Map<string, Entry>();
  readonly #twins = new Map<string, Entry>();
  /** In the order in which they were done. */
  readonly #done = new Set<Entry>();
  readonly #folders: MemoryFolders;
  readonly #threads: MemoryThreads;
  readonly #assertOpen: () => void;

  constructor(folders: MemoryFolders, threads: MemoryThreads, assertOpen: () => void) {
    this.#folders = folders;
    this.#threads = threads;
    this.#assertOpen = assertOpen;
  }

  async accept({ place, fingerprint, record, thread }: NewInbound): Promise<Accepted> {
    this.#assertOpen();
    if (this.#folders.isStored(place)) return { kind: "known" };
    this.#folders.addStored(place);
    const twinKey = `${record.metadata.email_message_id} ${fingerprint}`;
    const twin = this.#twins.get(twinKey);
    if (twin?.places.some((other) => isSame(other, place))) return { kind: "known" };
    if (twin) return this.#addCopy(twin, place);
    const moved = joined(this.#threads, record, thread);
    const entry: Entry = {
      id: record.id,
      twinKey,
      places: [place],
      state: "waiting",
      record: moved ?? record,
      deliveries: 0,
      dueAt: undefined,
    };
    this.#entries.set(entry.id, entry);
    this.#twins.set(twinKey, entry);
    if (this.#twins.size > MAX_TWINS) this.#forgetTwin();
    return { kind: "new", record: moved };
  }

  async open(): Promise<readonly OpenInbound[]> {
    this.#assertOpen();
    return [...this.#entries.values()].flatMap(({ state, record, deliveries, dueAt }) =>
      isOpen(state) && record ? [{ record, deliveries, dueAt }] : [],
    );
  }

  async deliver(id: string): Promise<number | undefined> {
    const entry = this.#openEntry(id);
    if (!entry) return undefined;
    entry.state = "in hand";
    entry.dueAt = undefined;
    return ++entry.deliveries;
  }

  /** Of one that is done with, too: a consumer may take its ack back. */
  async retryLater(id: string, dueAt: number, _reason: string): Promise<void> {
    this.#assertOpen();
    const entry = this.#entries.get(id);
    if (!entry || entry.state === "dead") return;
    if (this.#done.delete(entry)) for (const place of entry.places) this.#folders.dropUnflagged(place);
    entry.state = "retrying";
    entry.dueAt = dueAt;
  }

  async giveUp(id: string, _reason: string): Promise<void> {
    const entry = this.#openEntry(id);
    if (!entry) return;
    entry.state = "dead";
    entry.record = undefined;
  }

  async finish(ids: readonly string[]): Promise<readonly MailPlace[]> {
    this.#assertOpen();
    return ids.flatMap((id) => {
      const entry = this.#entries.get(id);
      if (!entry) return [];
      if (entry.state !== "done") this.#settle(entry);
      return entry.places.filter((place) => this.#folders.isUnflagged(place));
    });
  }

  async unflagged(folder: string, uidValidity: string): Promise<readonly number[]> {
    this.#assertOpen();
    return this.#folders.unflagged(folder, uidValidity);
  }

  async flagged(folder: string, uidValidity: string, uids: readonly number[]): Promise<void> {
    this.#assertOpen();
    this.#folders.flagged(folder, uidValidity, uids);
  }

  /** Nobody can look into this process to put anything back. */
  async revived(): Promise<readonly OpenInbound[]> {
    this.#assertOpen();
    return [];
  }

  #addCopy(twin: Entry, place: MailPlace): Accepted {
    const settled = twin.state === "done";
    twin.places.push(place);
    if (settled) this.#folders.addUnflagged(place);
    return { kind: "copy", settled };
  }

  #openEntry(id: string): Entry | undefined {
    this.#assertOpen();
    const entry = this.#entries.get(id);
    return entry && isOpen(entry.state) ? entry : undefined;
  }

  #settle(entry: Entry): void {
    entry.state = "done";
    entry.record = undefined;
    for (const place of entry.places) this.#folders.addUnflagged(place);
    this.#done.add(entry);
    if (this.#done.size <= MAX_DONE) return;
    const [oldest] = this.#done;
    if (!oldest) return;
    this.#done.delete(oldest);
    this.#entries.delete(oldest.id);
    if (this.#twins.get(oldest.twinKey) === oldest) this.#twins.delete(oldest.twinKey);
  }

  /** The done ones go by themselves, so this is about the oldest of the others; an open one is forgotten as a twin only. */
  #forgetTwin(): void {
    for (const [key, entry] of this.#twins) {
      if (entry.state === "done") continue;
      this.#twins.delete(key);
      if (entry.state === "dead") this.#entries.delete(entry.id);
      return;
    }
  }
}

function isSame(one: MailPlace, other: MailPlace): boolean {
  return one.uid === other.uid && one.uidValidity === other.uidValidity && one.folder === other.folder;
}

function isOpen(state: State): boolean {
  return state === "waiting" || state === "in hand" || state === "retrying";
}
