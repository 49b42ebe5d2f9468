import type { MessageFacts } from "../../src/inbox/delivery-options.ts";

/** A message of which only the id and the conversation matter. */
export function facts(id: string, session = "email:ann@example.org"): MessageFacts {
  return {
    id,
    session: { channel: "email", senderId: "ann@example.org", threadId: "<1@example.org>", id: session },
    text: id,
    fullText: id,
    removed: [],
    receivedAt: new Date(0),
    sender: { address: "ann@example.org", verification: "unverified" },
    attachments: [],
    metadata: {
      email_message_id: `<${id}@example.org>`,
      email_subject: "",
      email_from: "ann@example.org",
      email_references: "",
      email_in_reply_to: "",
      email_to: [],
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
  };
}
