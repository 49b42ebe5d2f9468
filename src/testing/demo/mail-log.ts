import { EventEmitter } from "node:events";
import type { ReadableMail } from "../read-mail.ts";
import type { DemoMail } from "./backend.ts";

/** Every mail of the demo, in both directions, put into conversations. */
export class MailLog {
  readonly mails: DemoMail[] = [];
  readonly #events = new EventEmitter<{ mail: [DemoMail] }>().setMaxListeners(0);
  readonly #threads = new Map<string, string>();

  add(author: DemoMail["author"], mail: ReadableMail): DemoMail {
    const entry = { number: this.mails.length + 1, author, mail, thread: this.#threadOf(mail), receivedAt: new Date() };
    this.#threads.set(mail.messageId, entry.thread);
    this.mails.push(entry);
    this.#events.emit("mail", entry);
    return entry;
  }

  onMail(listener: (mail: DemoMail) => void): () => void {
    this.#events.on("mail", listener);
    return () => this.#events.off("mail", listener);
  }

  /** The conversation of the nearest ancestor that is known (RFC 5322 section 3.6.4), or a new one. */
  #threadOf({ references, inReplyTo, messageId }: ReadableMail): string {
    for (const ancestor of [inReplyTo, ...references.toReversed()]) {
      const thread = this.#threads.get(ancestor);
      if (thread !== undefined) return thread;
    }
    return messageId;
  }
}
