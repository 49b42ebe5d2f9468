import { EventEmitter } from "node:events";

export interface StoredMail {
  readonly uid: number;
  readonly raw: Buffer;
  readonly receivedAt: Date;
  readonly flags: Set<string>;
}

/** What the connections that have the folder open must be told. `by` is the connection that caused it. */
interface FolderEvents {
  arrived: [];
  flags: [mail: StoredMail, by: object | undefined];
  expunged: [uid: number];
}

/** One mailbox: mails in the order of their UIDs, which only grow (RFC 3501 section 2.3.1.1). */
export class Folder {
  readonly name: string;
  /** `\Sent` and its like (RFC 6154), or undefined. */
  readonly specialUse: string | undefined;
  readonly uidValidity: number;
  readonly events: EventEmitter<FolderEvents> = new EventEmitter<FolderEvents>().setMaxListeners(0);
  readonly #mails = new Map<number, StoredMail>();
  #uidNext = 1;

  constructor(name: string, uidValidity: number, specialUse?: string) {
    this.name = name;
    this.uidValidity = uidValidity;
    this.specialUse = specialUse;
  }

  get uidNext(): number {
    return this.#uidNext;
  }

  get size(): number {
    return this.#mails.size;
  }

  get mails(): IterableIterator<StoredMail> {
    return this.#mails.values();
  }

  get uids(): number[] {
    return [...this.#mails.keys()];
  }

  get(uid: number): StoredMail | undefined {
    return this.#mails.get(uid);
  }

  append(raw: Uint8Array, flags: Iterable<string>, receivedAt: Date): StoredMail {
    const mail = { uid: this.#uidNext, raw: withCrLf(raw), receivedAt, flags: new Set(flags) };
    this.#uidNext += 1;
    this.#mails.set(mail.uid, mail);
    this.events.emit("arrived");
    return mail;
  }

  changeFlags(mail: StoredMail, change: (flags: Set<string>) => void, by?: object): void {
    change(mail.flags);
    this.events.emit("flags", mail, by);
  }

  expunge(uid: number): void {
    if (this.#mails.delete(uid)) this.events.emit("expunged", uid);
  }

  count(test: (mail: StoredMail) => boolean): number {
    let count = 0;
    for (const mail of this.#mails.values()) if (test(mail)) count += 1;
    return count;
  }
}

const CR = 0x0d;
const LF = 0x0a;

/** Lines of a mail end in CRLF (RFC 5322 section 2.3); a mail from a Unix file is mended, as real servers do. */
export function withCrLf(raw: Uint8Array): Buffer {
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  const pieces: Buffer[] = [];
  let start = 0;
  for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) {
    if (at > 0 && bytes[at - 1] === CR) continue;
    pieces.push(bytes.subarray(start, at), Buffer.from("\r"));
    start = at;
  }
  return Buffer.concat([...pieces, bytes.subarray(start)]);
}
