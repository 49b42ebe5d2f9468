import { InvalidMessageError } from "../domain/errors.ts";
import type { OutboundMessage } from "../domain/message.ts";

type Check = { readonly is: (value: unknown) => boolean; readonly wanted: string };

const text: Check = { is: (value) => typeof value === "string", wanted: "a string" };
const flag: Check = { is: (value) => typeof value === "boolean", wanted: "true or false" };
const texts: Check = {
  is: (value) => Array.isArray(value) && value.every((one) => typeof one === "string"),
  wanted: "a list of strings",
};
const object: Check = {
  is: (value) => typeof value === "object" && value !== null && !Array.isArray(value),
  wanted: "an object",
};
const objects: Check = { is: (value) => Array.isArray(value) && value.every(object.is), wanted: "a list of objects" };

const TEXT: Check = { ...text, wanted: "Markdown, a string" };

const FIELDS: Readonly<Record<string, Check>> = {
  attachment: { ...text, wanted: "a path" },
  attachments: objects,
  subject: text,
  to: texts,
  cc: texts,
  bcc: texts,
  replyAll: flag,
  idempotencyKey: text,
  metadata: { ...object, wanted: "the metadata of a received message" },
};

/** Of the metadata, what a reply is made from; the rest may be anything. */
const METADATA: Readonly<Record<string, Check>> = {
  email_message_id: text,
  email_subject: text,
  email_references: text,
  email_in_reply_to: text,
  email_to: texts,
  email_cc: texts,
};

/**
 * Callers in plain JavaScript, and messages that have been through JSON, are not what the types say. null counts as absent.
 * @throws InvalidMessageError naming the field and what it should be.
 */
export function checkShape(message: OutboundMessage): OutboundMessage {
  need(object, message, "the message");
  need(
    { ...object, wanted: "the session of a received message, or { channel, senderId }" },
    message.session,
    "session",
  );
  need({ ...text, wanted: "an e-mail address" }, message.session.senderId, "session.senderId");
  need(TEXT, message.text, "text");
  const checked = { ...message, ...present(message, FIELDS, "") };
  if (checked.metadata === undefined) return checked;
  return { ...checked, metadata: { ...checked.metadata, ...present(checked.metadata, METADATA, "metadata.") } };
}

/** The fields that are there, null made undefined. */
function present(value: object, checks: Readonly<Record<string, Check>>, where: string): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const [name, check] of Object.entries(checks)) {
    const field: unknown = Reflect.get(value, name);
    if (field !== undefined && field !== null) need(check, field, `${where}${name}`);
    if (field === null) found[name] = undefined;
  }
  return found;
}

function need({ is, wanted }: Check, value: unknown, name: string): void {
  if (is(value)) return;
  const got = value === null ? "null" : Array.isArray(value) ? "a list" : typeof value;
  throw new InvalidMessageError(`${name} must be ${wanted}, not ${got}.`);
}
