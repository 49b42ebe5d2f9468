import { addressOf } from "../domain/address.ts";
import { messageIds } from "../domain/message-id.ts";
import { fieldValues, firstValue, type HeaderField, headerFields } from "./header.ts";
import { type OutlinePart, outlineOf, outlineText } from "./outline.ts";

/** What a mail server tells of one recipient (RFC 3464 section 2.3). */
export interface ReportedRecipient {
  /** As the server knows it, and as it was given; either may be missing. */
  readonly addresses: readonly string[];
  readonly action: "failed" | "delayed" | "delivered" | "relayed" | "expanded";
  /** RFC 3463, `5.1.1`; empty when the report has none. */
  readonly status: string;
  /** The server's own words on one line, cut at 300 characters. */
  readonly diagnostic: string;
}

export interface DeliveryReport {
  /** Message-IDs that the report quotes of the mail it is about, in angle brackets. */
  readonly messageIds: readonly string[];
  readonly recipients: readonly ReportedRecipient[];
}

const MAX_RECIPIENTS = 100;
const MAX_IDS = 20;
const MAX_DIAGNOSTIC_CHARS = 300;

const ACTIONS = ["failed", "delayed", "delivered", "relayed", "expanded"] as const;
const STATUS_TYPES = /^message\/(?:global-)?delivery-status$/;
const RETURNED_TYPES = /^(?:message\/(?:rfc822|rfc822-headers|global|global-headers)|text\/rfc822-headers)$/;

/**
 * A delivery report's facts (RFC 3464); undefined when the mail has no machine-readable part that tells of a recipient.
 * Reads the first 256 KiB.
 */
export function readDeliveryReport(mail: Uint8Array): DeliveryReport | undefined {
  const parts = outlineOf(mail);
  const status = parts.find(({ type }) => STATUS_TYPES.test(type));
  if (!status) return undefined;
  const [perMessage = [], ...perRecipient] = blocksOf(outlineText(status));
  const recipients = (perRecipient.length > 0 ? perRecipient : [perMessage])
    .slice(0, MAX_RECIPIENTS)
    .map(recipientOf)
    .filter((recipient) => recipient !== undefined);
  if (recipients.length === 0) return undefined;
  const envelopeId = firstValue(perMessage, "original-envelope-id");
  const quoted = [
    ...(envelopeId === undefined ? [] : [`<${envelopeId.replace(/^<|>$/g, "")}>`]),
    ...fieldValues(perMessage, "x-original-message-id"),
    ...parts.filter(({ type }) => RETURNED_TYPES.test(type)).flatMap((part) => returnedIds(part)),
    ...answeredIds(parts),
  ];
  return { messageIds: unique(quoted), recipients };
}

/**
 * The same of a report in plain words (qmail, Exim, old Exchange): which mails it quotes, and what it says. The caller
 * knows that it is one.
 */
export function readPlainReport(mail: Uint8Array): DeliveryReport & { readonly text: string } {
  const parts = outlineOf(mail);
  const texts = parts
    .filter(({ type }) => type.startsWith("text/") || RETURNED_TYPES.test(type))
    .map((part) => outlineText(part));
  const text = texts.join("\n");
  const quoted = [...text.matchAll(/^[>\s]{0,20}(?:x-original-)?message-id:\s{0,4}(<[^<>\s]{3,250}>)/gim)].map(
    ([, id = ""]) => id,
  );
  const status = /\b([245]\.\d{1,3}\.\d{1,3})\b/.exec(text)?.[1] ?? "";
  const line = /^.{0,300}\b(?:[45]\d\d[ -]|[45]\.\d{1,3}\.\d{1,3}\b).{0,300}$/m.exec(text)?.[0] ?? "";
  const told = (firstValue(parts[0]?.fields ?? [], "x-failed-recipients") ?? "").split(",");
  // What the server says itself ends where the mail begins that it brings back.
  const words = text.split(RETURNED_MAIL, 1)[0] ?? "";
  const named = [...words.matchAll(/[^\s<>"'(),;:[\]]{1,64}@[\w.-]{1,255}/g)].map(([address]) =>
    address.replace(/\.+$/, ""),
  );
  const addresses = addressesOf([...told, ...named]);
  const recipients = [{ addresses, action: "failed" as const, status, diagnostic: oneLine(line) }];
  return { messageIds: unique(quoted), recipients, text };
}

/** A line of dashes with words in it, or the fields that a mail begins with. */
const RETURNED_MAIL = /^-{2,}.{0,200}\b(?:copy|original|returned|below)\b|^(?:return-path|received|from|to): /im;

/** Groups of fields between empty lines (RFC 3464 section 2.1). */
function blocksOf(text: string): HeaderField[][] {
  return text
    .split(/\n[ \t]*\n/)
    .map((block) => headerFields(Buffer.from(`${block.trim()}\n`, "latin1")))
    .filter((fields) => fields.some(({ name }) => name !== ""));
}

function recipientOf(fields: HeaderField[]): ReportedRecipient | undefined {
  const word = firstValue(fields, "action")
    ?.trim()
    .toLowerCase()
    .split(/[\s(;]/, 1)[0];
  const action = ACTIONS.find((known) => known === word);
  if (!action) return undefined;
  const addresses = ["original-recipient", "final-recipient", "x-actual-recipient"]
    .map((name) =>
      addressOf(
        (firstValue(fields, name) ?? "")
          .replace(/^[^;]{0,40};/, "")
          .trim()
          .replace(/^<|>$/g, ""),
      ),
    )
    .filter((address) => address !== undefined);
  return {
    addresses: [...new Set(addresses)],
    action,
    status: /\b[245]\.\d{1,3}\.\d{1,3}\b/.exec(firstValue(fields, "status") ?? "")?.[0] ?? "",
    diagnostic: oneLine((firstValue(fields, "diagnostic-code") ?? "").replace(/^[\w-]{1,20};/, "")),
  };
}

/** Of the mail that came back, or of what is left of it. */
function returnedIds(part: OutlinePart): string[] {
  const header = outlineText(part).replace(/^\n+/, "").split("\n\n", 1)[0] ?? "";
  return fieldValues(headerFields(Buffer.from(`${header}\n`, "latin1")), "message-id").flatMap((value) =>
    messageIds(value),
  );
}

/** Some servers put their report under the mail that it is about, and bring nothing of it back. */
function answeredIds([report]: readonly OutlinePart[]): string[] {
  return fieldValues(report?.fields ?? [], "in-reply-to").flatMap((value) => messageIds(value));
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values.flatMap((value) => messageIds(value)))].slice(0, MAX_IDS);
}

function addressesOf(texts: readonly string[]): string[] {
  const addresses = texts.map((text) => addressOf(text.trim())).filter((address) => address !== undefined);
  return [...new Set(addresses)].slice(0, MAX_RECIPIENTS);
}

function oneLine(text: string): string {
  return text
    .replace(/[\s\u0000-\u001f\u007f]+/g, " ")
    .trim()
    .slice(0, MAX_DIAGNOSTIC_CHARS);
}
