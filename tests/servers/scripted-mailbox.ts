export interface ScriptedMail {
  readonly uid: number;
  readonly raw: Buffer;
  readonly flags: Set<string>;
  readonly internalDate: Date;
}

export type MailboxEvent =
  | { readonly kind: "exists"; readonly count: number }
  | { readonly kind: "expunge"; readonly sequence: number }
  | { readonly kind: "flags"; readonly sequence: number; readonly mail: ScriptedMail };

export interface ScriptedMailboxOptions {
  readonly uidValidity?: number;
  readonly uidNext?: number;
  readonly mails?: readonly (Buffer | string)[];
}

/** The one mailbox of a scripted server; all its connections see the same. */
export class ScriptedMailbox {
  uidValidity: number;
  uidNext: number;
  readonly mails: ScriptedMail[] = [];
  readonly #listeners = new Set<(event: MailboxEvent) => void>();

  constructor({ uidValidity = 1_000, uidNext = 1, mails = [] }: ScriptedMailboxOptions = {}) {
    this.uidValidity = uidValidity;
    this.uidNext = uidNext;
    for (const raw of mails) this.add(raw);
  }

  /** New mail, announced to whoever has the box open; returns its UID. */
  add(raw: Buffer | string, flags: readonly string[] = []): number {
    const uid = this.uidNext++;
    this.mails.push({ uid, raw: Buffer.from(raw), flags: new Set(flags), internalDate: new Date() });
    this.#tell({ kind: "exists", count: this.mails.length });
    return uid;
  }

  expunge(uid: number): void {
    const at = this.mails.findIndex((mail) => mail.uid === uid);
    if (at < 0) return;
    this.mails.splice(at, 1);
    this.#tell({ kind: "expunge", sequence: at + 1 });
  }

  /** As another client would do it. */
  setFlags(uid: number, flags: readonly string[]): void {
    const at = this.mails.findIndex((mail) => mail.uid === uid);
    const mail = this.mails[at];
    if (mail === undefined) return;
    mail.flags.clear();
    for (const flag of flags) mail.flags.add(flag);
    this.#tell({ kind: "flags", sequence: at + 1, mail });
  }

  flagsOf(uid: number): string[] {
    return [...(this.mails.find((mail) => mail.uid === uid)?.flags ?? [])];
  }

  onEvent(listener: (event: MailboxEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell(event: MailboxEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
