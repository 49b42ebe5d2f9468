import { type EnvelopeAddress, parseAddresses } from "./addresses.ts";
import { headerFields, headerValue, type MimePart, parameterized, unfolded } from "./mime.ts";

/** A string as IMAP writes it: quoted where it may be, a literal otherwise, NIL when there is none. */
export function imapString(text: string | undefined): string {
  if (text === undefined) return "NIL";
  // oxlint-disable-next-line no-control-regex -- a quoted string holds 7-bit text without CR, LF and NUL (RFC 3501 section 9)
  if (/^[\x01-\x09\x0b\x0c\x0e-\x7f]*$/.test(text)) return `"${text.replace(/["\\]/g, "\\$&")}"`;
  return `{${text.length}}\r\n${text}`;
}

const ADDRESS_FIELDS = new Set(["from", "sender", "reply-to", "to", "cc", "bcc"]);

/** ENVELOPE (RFC 3501 section 7.4.2). */
export function envelope(part: MimePart): string {
  const fields = new Map<string, string>();
  for (const { name, field } of headerFields(part.header)) {
    const [before, value] = [fields.get(name), unfolded(field)];
    // Fields of addresses that come twice are one list; of any other the first counts.
    if (before === undefined) fields.set(name, value);
    else if (ADDRESS_FIELDS.has(name)) fields.set(name, `${before}, ${value}`);
  }
  const from = addressList(fields.get("from"));
  const items = [
    imapString(fields.get("date")),
    imapString(fields.get("subject")),
    from,
    fields.get("sender") ? addressList(fields.get("sender")) : from,
    fields.get("reply-to") ? addressList(fields.get("reply-to")) : from,
    addressList(fields.get("to")),
    addressList(fields.get("cc")),
    addressList(fields.get("bcc")),
    imapString(fields.get("in-reply-to")),
    imapString(fields.get("message-id")),
  ];
  return `(${items.join(" ")})`;
}

/** BODYSTRUCTURE, or BODY without the extension data (RFC 3501 section 7.4.2). */
export function bodyStructure(part: MimePart, extended: boolean): string {
  return part.children.length > 0 ? multipart(part, extended) : singlePart(part, extended);
}

function multipart(part: MimePart, extended: boolean): string {
  const children = part.children.map((child) => bodyStructure(child, extended)).join("");
  const extension = extended ? ` ${parameters(part.params)} ${tail(part)}` : "";
  return `(${children} ${imapString(part.subtype.toUpperCase())}${extension})`;
}

function singlePart(part: MimePart, extended: boolean): string {
  // A multipart that could not be taken apart has no parts to show: it is shown as bytes.
  const [type, subtype] = part.type === "multipart" ? ["application", "octet-stream"] : [part.type, part.subtype];
  const items = [
    imapString(type.toUpperCase()),
    imapString(subtype.toUpperCase()),
    parameters(type === "text" && !part.params.has("charset") ? withDefaultCharset(part.params) : part.params),
    imapString(headerValue(part.header, "content-id")),
    imapString(headerValue(part.header, "content-description")),
    imapString((headerValue(part.header, "content-transfer-encoding") ?? "7bit").toUpperCase()),
    `${part.body.length}`,
  ];
  if (part.message) items.push(envelope(part.message), bodyStructure(part.message, extended));
  if (part.message ?? type === "text") items.push(`${lineCount(part.body)}`);
  if (extended) items.push("NIL", tail(part));
  return `(${items.join(" ")})`;
}

/** Text that does not say is US-ASCII (RFC 2045 section 5.2). */
function withDefaultCharset(params: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map([["charset", "us-ascii"], ...params]);
}

/** Disposition, language and location. */
function tail(part: MimePart): string {
  const disposition = headerValue(part.header, "content-disposition");
  const language = headerValue(part.header, "content-language");
  const location = headerValue(part.header, "content-location");
  return `${dispositionOf(disposition)} ${languages(language)} ${imapString(location)}`;
}

function languages(header: string | undefined): string {
  return header === undefined
    ? "NIL"
    : `(${header
        .split(",")
        .map((tag) => imapString(tag.trim()))
        .join(" ")})`;
}

function dispositionOf(header: string | undefined): string {
  if (header === undefined) return "NIL";
  const { value, params } = parameterized(header);
  return `(${imapString(value.toUpperCase())} ${parameters(params)})`;
}

function parameters(params: ReadonlyMap<string, string>): string {
  if (params.size === 0) return "NIL";
  return `(${[...params].map(([name, value]) => `${imapString(name.toUpperCase())} ${imapString(value)}`).join(" ")})`;
}

function addressList(header: string | undefined): string {
  const entries = header === undefined ? [] : parseAddresses(header);
  return entries.length === 0 ? "NIL" : `(${entries.map(address).join("")})`;
}

function address({ name, mailbox, host }: EnvelopeAddress): string {
  return `(${imapString(name)} NIL ${imapString(mailbox)} ${imapString(host)})`;
}

function lineCount(body: Buffer): number {
  let lines = 0;
  for (let at = body.indexOf(0x0a); at >= 0; at = body.indexOf(0x0a, at + 1)) lines += 1;
  return lines;
}
