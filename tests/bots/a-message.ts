import type { InboundMessage, NackOptions, SendReceipt } from "../../src/domain/message.ts";

export interface HandedOut extends InboundMessage {
  /** What became of it, in order: `reply …`, `ack`, `nack …`. */
  readonly fate: string[];
}

export interface Wanted {
  readonly id?: string;
  readonly text?: string;
  readonly name?: string;
  /** How a reply ends. Default: sent. */
  readonly receipt?: () => Promise<SendReceipt>;
}

const SENT: SendReceipt = {
  messageId: "<reply@example.org>",
  status: "sent",
  accepted: ["ann@example.org"],
  rejected: [],
};

/** A message as a channel hands it out, which remembers what became of it. */
export function aMessage({ id = "m1", text = "Hello", name, receipt }: Wanted = {}): HandedOut {
  const fate: string[] = [];
  return {
    id,
    session: {
      channel: "email",
      senderId: "ann@example.org",
      threadId: "<1@example.org>",
      id: "email:ann@example.org",
    },
    text,
    fullText: text,
    removed: [],
    receivedAt: new Date(Date.UTC(2026, 0, 5)),
    sender: { address: "ann@example.org", verification: "unverified", ...(name === undefined ? {} : { name }) },
    attachments: [
      {
        filename: "a.txt",
        contentType: "text/plain",
        size: 3,
        sha256: "ab",
        inline: false,
        section: "2",
        path: "/tmp/a.txt",
        open: () => Promise.reject(new Error("not here")),
      },
    ],
    metadata: {
      email_message_id: "<1@example.org>",
      email_subject: "Question",
      email_from: "ann@example.org",
      email_references: "",
      email_in_reply_to: "",
      email_to: ["bot@example.org"],
      email_cc: [],
      email_reply_to: [],
      email_date: "",
      email_account: "default",
      email_folder: "INBOX",
      email_uid: 1,
      email_uid_validity: "1",
      email_signature_type: null,
      email_defects: [],
    },
    deliveries: 1,
    fate,
    async ack() {
      fate.push("ack");
    },
    async nack({ reason = "" }: NackOptions = {}) {
      fate.push(`nack ${reason}`);
    },
    async reply(markdown, options = {}) {
      fate.push(
        `reply ${markdown}${options.subject === undefined ? "" : ` subject=${options.subject}`}${options.attachments ? ` attachments=${JSON.stringify(options.attachments)}` : ""}`,
      );
      return receipt ? await receipt() : SENT;
    },
  };
}
