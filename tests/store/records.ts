import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { MessageRecord, NewInbound, StoredContent, StoredSend } from "../../src/domain/store.ts";

export const ACCOUNT = "work";

interface Place {
  readonly folder?: string;
  readonly uidValidity?: string;
}

export function idOf(uid: number, { folder = "INBOX", uidValidity = "7" }: Place = {}): string {
  return `${ACCOUNT}/${folder}/${uidValidity}/${uid}`;
}

/** The mail with this UID; `like` makes it a copy of another one. */
export function mail(
  uid: number,
  place: Place & { readonly like?: number; readonly fingerprint?: string } = {},
): NewInbound {
  const { folder = "INBOX", uidValidity = "7", like = uid, fingerprint = `f${like}` } = place;
  return {
    place: { folder, uidValidity, uid },
    fingerprint,
    record: record(idOf(uid, { folder, uidValidity }), `<${like}@example.org>`),
  };
}

function record(id: string, messageId: string): MessageRecord {
  return {
    id,
    session: { channel: "email", senderId: "ann@example.org", threadId: messageId, id: "email:ann@example.org" },
    text: "Grüße 🙂",
    fullText: "Grüße 🙂",
    receivedAt: "2026-01-05T09:00:00.000Z",
    sender: { address: "ann@example.org", name: "Ann", verification: "unverified" },
    attachments: [],
    metadata: {
      email_message_id: messageId,
      email_subject: "Question",
      email_from: "ann@example.org",
      email_references: "",
      email_in_reply_to: "",
      email_to: [],
      email_cc: [],
      email_reply_to: [],
      email_date: "",
      email_account: ACCOUNT,
      email_folder: "INBOX",
      email_uid: 1,
      email_uid_validity: "7",
      email_signature_type: null,
      email_defects: [],
    },
  };
}

export function send(key: string, changes: Partial<StoredSend> = {}): StoredSend {
  return {
    key,
    messageId: `<${key}@bot.example.org>`,
    state: "pending",
    isOpen: true,
    attempts: 0,
    enqueuedAt: 1_000,
    nextAttemptAt: 2_000,
    details: { recipients: ["ann@example.org"] },
    ...changes,
  };
}

export const SENT: Partial<StoredSend> = { state: "sent", isOpen: false, attempts: 1, nextAttemptAt: undefined };

export function content(text = "Hello"): StoredContent {
  return { mail: { text }, files: [new Uint8Array([0, 1, 255]), new Uint8Array()] };
}

/** A folder of its own, gone with the scope. */
export function temporaryStore(): Disposable & { readonly path: string } {
  const folder = mkdtempSync(join(tmpdir(), "mailport-store-"));
  return {
    path: join(folder, "state", "store.db"),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}
