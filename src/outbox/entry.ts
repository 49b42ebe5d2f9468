import type { SendReceipt } from "../domain/message.ts";
import type { Conversation, OutboxItem } from "./item.ts";

/** What the outbox must know of a mail; the rest is the transport's. */
export interface OutboxMail {
  /** Fixed before the first attempt. */
  readonly messageId: string;
  readonly envelope: { readonly from: string; readonly to: readonly string[] };
  readonly answers?: Conversation | undefined;
  /** Root of the conversation that answers to it belong to. */
  readonly thread?: string | undefined;
  readonly text: string;
  readonly html: string;
  readonly attachments: readonly { readonly source: { readonly path: string } | { readonly content: Uint8Array } }[];
}

/** A mail on its way, and whoever waits for its first receipt. */
export class Entry<M extends OutboxMail> {
  mail: M;
  item: OutboxItem;
  /** `arriving`: not stored yet. `in hand`: it is being tried or written down. Only what is `waiting` may be taken. */
  standing: "arriving" | "waiting" | "in hand";
  #waiting: { resolve: (receipt: SendReceipt) => void; reject: (error: Error) => void }[] = [];
  #receipt: SendReceipt | undefined;

  constructor(mail: M, item: OutboxItem, standing: "arriving" | "waiting") {
    this.mail = mail;
    this.item = item;
    this.standing = standing;
  }

  get bytes(): number {
    return heldBytes(this.mail);
  }

  get receipt(): SendReceipt | undefined {
    return this.#receipt;
  }

  async first(): Promise<SendReceipt> {
    return this.#receipt ?? (await new Promise((resolve, reject) => this.#waiting.push({ resolve, reject })));
  }

  /** Only the first one counts: later attempts are the outbox's own business. */
  resolve(receipt: SendReceipt): void {
    this.#receipt ??= receipt;
    for (const { resolve } of this.#waiting.splice(0)) resolve(this.#receipt);
  }

  reject(error: Error): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}

/** Files are read anew for each attempt, so only what is in memory counts. */
export function heldBytes({ text, html, attachments }: OutboxMail): number {
  const contents = attachments.map(({ source }) => ("content" in source ? source.content.length : 0));
  return contents.reduce((sum, bytes) => sum + bytes, 2 * (text.length + html.length));
}
