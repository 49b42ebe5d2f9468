import type { MailDraft } from "../compose-mail.ts";
import type { ReadableMail } from "../read-mail.ts";

export interface DemoMail {
  /** 1, 2, 3 … in the order in which the mails were seen. */
  readonly number: number;
  readonly author: "person" | "bot";
  /** Message-ID of the first mail of the conversation. */
  readonly thread: string;
  readonly receivedAt: Date;
  readonly mail: ReadableMail;
}

/** What the page needs: the mails so far, news of more, and a way to write one. */
export interface DemoBackend {
  readonly botAddress: string;
  readonly mails: readonly DemoMail[];
  /** Calls back with every further mail until the returned function is called. */
  onMail(listener: (mail: DemoMail) => void): () => void;
  write(draft: MailDraft): Promise<DemoMail>;
}
