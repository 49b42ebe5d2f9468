import { decodeBytes, decodeWords, quotedBytes } from "./encoded-words.ts";
import { unflowed } from "./flowed.ts";
import { headerFields, headerValue, type MimePart, parameterized, parseMime } from "./imap/mime.ts";

export interface MailFile {
  readonly filename: string;
  readonly contentType: string;
  readonly content: Buffer;
  /** Without angle brackets. */
  readonly contentId: string | undefined;
  readonly inline: boolean;
}

/** A mail as a person's mail client shows it. */
export interface ReadableMail {
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly date: Date | undefined;
  /** With angle brackets, or empty. */
  readonly messageId: string;
  readonly inReplyTo: string;
  readonly references: readonly string[];
  /** The plain text, empty when there is none. Lines end in `\n`. */
  readonly text: string;
  /** The HTML, or undefined when there is none. */
  readonly html: string | undefined;
  readonly attachments: readonly MailFile[];
  /** The header block as it came, without the empty line that ends it. Lines end in `\n`. */
  readonly headerText: string;
  /** The first field of that name, decoded, or undefined. */
  header(name: string): string | undefined;
}

/** Takes a mail apart for a look at it. Meant for mails that a test or the demo made: it is forgiving, not hardened. */
export function readMail(raw: Uint8Array): ReadableMail {
  const root = parseMime(Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength));
  const leaves = leavesOf(root);
  const body = (subtype: string) =>
    leaves.find((part) => part.type === "text" && part.subtype === subtype && !isAttached(part));
  const [plain, html] = [body("plain"), body("html")];
  const header = (name: string) => {
    const value = headerValue(root.header, name.toLowerCase());
    return value === undefined ? undefined : decodeWords(value);
  };
  const date = new Date(header("date") ?? "");
  return {
    from: header("from") ?? "",
    to: header("to") ?? "",
    subject: header("subject") ?? "",
    date: Number.isNaN(date.getTime()) ? undefined : date,
    messageId: header("message-id") ?? "",
    inReplyTo: header("in-reply-to") ?? "",
    references: header("references")?.match(/<[^<>\s]+>/g) ?? [],
    text: plain ? shownText(plain) : "",
    html: html ? textOf(html) : undefined,
    attachments: leaves.filter((part) => part !== plain && part !== html).map(fileOf),
    headerText: headerFields(root.header)
      .map(({ field }) => Buffer.from(field, "latin1").toString("utf8"))
      .join("")
      .replaceAll("\r\n", "\n")
      .trimEnd(),
    header,
  };
}

/** Depth first. A mail inside a mail is one file. */
function leavesOf(part: MimePart): MimePart[] {
  return part.children.length > 0 ? part.children.flatMap(leavesOf) : [part];
}

function isAttached(part: MimePart): boolean {
  return /^\s*attachment\b/i.test(headerValue(part.header, "content-disposition") ?? "");
}

function shownText(part: MimePart): string {
  const text = textOf(part).replaceAll("\r\n", "\n");
  return part.params.get("format")?.toLowerCase() === "flowed" ? unflowed(text) : text;
}

function textOf(part: MimePart): string {
  const bytes = contentOf(part);
  return decodeBytes(bytes, part.params.get("charset") ?? "utf-8") ?? bytes.toString("latin1");
}

function contentOf(part: MimePart): Buffer {
  const encoding = headerValue(part.header, "content-transfer-encoding")?.toLowerCase();
  if (encoding === "base64") return Buffer.from(part.body.toString("latin1"), "base64");
  if (encoding !== "quoted-printable") return part.body;
  // A blank before a soft line break belongs to the text, one behind it to nobody (RFC 2045 section 6.7).
  return quotedBytes(part.body.toString("latin1").replace(/=[ \t]*\r\n/g, ""), "=");
}

function fileOf(part: MimePart): MailFile {
  const { value, params } = parameterized(headerValue(part.header, "content-disposition") ?? "");
  const filename = parameter(params, "filename") ?? parameter(part.params, "name") ?? "";
  return {
    filename: filename || (part.message ? "message.eml" : `part.${part.subtype}`),
    contentType: `${part.type}/${part.subtype}`,
    content: contentOf(part),
    contentId: headerValue(part.header, "content-id")?.replace(/^<|>$/g, ""),
    inline: value.toLowerCase() === "inline",
  };
}

/** A parameter in one piece or in several, with a charset (RFC 2231) or in encoded words. */
function parameter(params: ReadonlyMap<string, string>, name: string): string | undefined {
  const whole = params.get(name);
  if (whole !== undefined) return decodeWords(whole);
  const joined = params.get(`${name}*`) ?? inPieces(params, name);
  if (joined === "") return undefined;
  const [, charset = "", encoded = joined] = /^([^']*)'[^']*'([^]*)$/.exec(joined) ?? [];
  return decodeBytes(quotedBytes(encoded, "%"), charset || "utf-8");
}

function inPieces(params: ReadonlyMap<string, string>, name: string): string {
  let joined = "";
  for (let index = 0; ; index += 1) {
    const piece = params.get(`${name}*${index}*`) ?? params.get(`${name}*${index}`);
    if (piece === undefined) return joined;
    joined += piece;
  }
}
