import { imapString } from "./imap-tokens.ts";

/** A mail or part cut at its seams; nothing is decoded. */
export interface MimePart {
  /** With the empty line after it. */
  readonly head: Buffer;
  readonly body: Buffer;
  readonly type: string;
  readonly subtype: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly children: readonly MimePart[];
  /** The mail inside a message/rfc822 part. */
  readonly enclosed: MimePart | undefined;
}

export function outline(raw: Buffer): MimePart {
  const text = raw.toString("latin1");
  const blank = /^\r?\n|\r?\n\r?\n/.exec(text);
  const split = blank ? blank.index + blank[0].length : raw.length;
  const [head, body] = [raw.subarray(0, split), raw.subarray(split)];
  const { value, parameters } = structured(headerOf(head, "content-type") ?? "text/plain");
  const [type = "text", subtype = "plain"] = value.split("/");
  const boundary = parameters.get("boundary");
  const children = type === "multipart" && boundary !== undefined ? splitAt(body, boundary).map(outline) : [];
  const enclosed = value === "message/rfc822" ? outline(body) : undefined;
  return { head, body, type, subtype, parameters, children, enclosed };
}

/** An unfolded header value. */
export function headerOf(head: Buffer, name: string): string | undefined {
  const pattern = new RegExp(`^${name}:[ \\t]*((?:.|\\r?\\n[ \\t])*)`, "im");
  return pattern.exec(head.toString("latin1"))?.[1]?.replace(/\r?\n/g, "").trim();
}

/** The header lines whose names are wanted, folded as they were, with the empty line. */
export function headerLines(head: Buffer, isWanted: (name: string) => boolean): Buffer {
  const lines = head.toString("latin1").match(/^[^\s:][^:\r\n]*:(?:.|\r?\n[ \t])*\r?\n/gm) ?? [];
  const kept = lines.filter((line) => isWanted(line.slice(0, line.indexOf(":")).trim().toLowerCase()));
  return Buffer.from(`${kept.join("")}\r\n`, "latin1");
}

function structured(header: string): { value: string; parameters: Map<string, string> } {
  const [value = "", ...rest] = header.match(/(?:[^;"]|"(?:[^"\\]|\\.)*")+/g) ?? [];
  const entries = rest.map((pair): [string, string] => {
    const at = pair.indexOf("=");
    return [
      pair.slice(0, at).trim().toLowerCase(),
      pair
        .slice(at + 1)
        .trim()
        .replace(/^"(.*)"$/, "$1"),
    ];
  });
  return { value: value.trim().toLowerCase(), parameters: new Map(entries) };
}

function splitAt(body: Buffer, boundary: string): Buffer[] {
  const text = `\r\n${body.toString("latin1")}`;
  const parts = text
    .split(new RegExp(`\\r?\\n--${boundary.replace(/[^\w]/g, "\\$&")}(?=--|[ \\t]*\\r?\\n|$)`))
    .slice(1);
  const end = parts.findIndex((part) => part.startsWith("--"));
  const inside = end < 0 ? parts : parts.slice(0, end);
  return inside.map((part) => Buffer.from(part.replace(/^[ \t]*\r?\n/, ""), "latin1"));
}

/** RFC 3501 section 7.4.2, with the extension data. */
export function bodyStructure(part: MimePart): string {
  const type = imapString(part.type);
  const subtype = imapString(part.subtype);
  const { value, parameters } = structured(headerOf(part.head, "content-disposition") ?? "");
  const disposition = value === "" ? "NIL" : `(${imapString(value)} ${pairs(parameters)})`;
  if (part.children.length > 0) {
    return `(${part.children.map(bodyStructure).join("")} ${subtype} ${pairs(part.parameters)} ${disposition} NIL NIL)`;
  }
  const id = imapString(headerOf(part.head, "content-id"));
  const description = imapString(headerOf(part.head, "content-description"));
  const encoding = imapString(headerOf(part.head, "content-transfer-encoding")?.toLowerCase() ?? "7bit");
  const basic = `${type} ${subtype} ${pairs(part.parameters)} ${id} ${description} ${encoding} ${part.body.length}`;
  const lines = part.body.toString("latin1").split("\n").length - 1;
  const inner = part.enclosed ? ` ${envelope(part.enclosed.head)} ${bodyStructure(part.enclosed)} ${lines}` : "";
  return `(${basic}${part.type === "text" ? ` ${lines}` : inner} NIL ${disposition} NIL NIL)`;
}

function pairs(parameters: ReadonlyMap<string, string>): string {
  if (parameters.size === 0) return "NIL";
  return `(${[...parameters].map(([name, value]) => `${imapString(name)} ${imapString(value)}`).join(" ")})`;
}

/** RFC 3501 section 7.4.2; addresses are read no further than a test needs. */
export function envelope(head: Buffer): string {
  const text = (name: string) => imapString(headerOf(head, name));
  const people = (name: string) => addresses(headerOf(head, name));
  const from = people("from");
  const orFrom = (name: string) => (headerOf(head, name) === undefined ? from : people(name));
  const senders = [from, orFrom("sender"), orFrom("reply-to")].join(" ");
  const receivers = [people("to"), people("cc"), people("bcc")].join(" ");
  return `(${text("date")} ${text("subject")} ${senders} ${receivers} ${text("in-reply-to")} ${text("message-id")})`;
}

function addresses(header: string | undefined): string {
  const found = (header?.match(/(?:[^,"]|"(?:[^"\\]|\\.)*")+/g) ?? []).map((entry) => {
    const [, name, angled] = /^\s*(.*?)\s*<([^>]*)>/.exec(entry) ?? [undefined, undefined, entry.trim()];
    const [local = "", host = ""] = (angled ?? "").split("@");
    const shown = name === undefined || name === "" ? undefined : name.replace(/^"(.*)"$/, "$1");
    return `(${imapString(shown)} NIL ${imapString(local)} ${imapString(host)})`;
  });
  return found.length === 0 ? "NIL" : `(${found.join("")})`;
}
