import { type Token, asText, tokens } from "./imap-tokens.ts";
import { type MimePart, bodyStructure, envelope, headerLines, outline } from "./mime-outline.ts";
import type { ScriptedMail } from "./scripted-mailbox.ts";

const MACROS: Readonly<Record<string, readonly string[]>> = {
  ALL: ["FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE"],
  FAST: ["FLAGS", "INTERNALDATE", "RFC822.SIZE"],
  FULL: ["FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE", "BODY"],
};

/** One FETCH response, literals and all, for the items a client asked for. */
export function fetchResponse(sequence: number, mail: ScriptedMail, asked: readonly Token[]): Buffer {
  const items = asked.flatMap((item) => MACROS[asText(item).toUpperCase()] ?? [asText(item)]);
  const parts: Buffer[] = [];
  for (const item of items) {
    if (parts.length > 0) parts.push(Buffer.from(" "));
    parts.push(fetchItem(mail, item));
  }
  return Buffer.concat([Buffer.from(`* ${sequence} FETCH (`), ...parts, Buffer.from(")\r\n")]);
}

function fetchItem(mail: ScriptedMail, item: string): Buffer {
  const name = item.toUpperCase();
  const plain = (value: string) => Buffer.from(`${name} ${value}`, "latin1");
  switch (name) {
    case "UID":
      return plain(String(mail.uid));
    case "FLAGS":
      return plain(`(${[...mail.flags].join(" ")})`);
    case "RFC822.SIZE":
      return plain(String(mail.raw.length));
    case "INTERNALDATE":
      return plain(`"${internalDate(mail.internalDate)}"`);
    case "ENVELOPE":
      return plain(envelope(outline(mail.raw).head));
    case "BODYSTRUCTURE":
    case "BODY":
      return plain(bodyStructure(outline(mail.raw)));
    case "RFC822":
      return literal(name, mail.raw);
    default:
      return bodySection(mail, item);
  }
}

/** `BODY[section]<start.count>`; without PEEK it marks the mail as seen. */
function bodySection(mail: ScriptedMail, item: string): Buffer {
  const [, peek, section = "", start, count] = /^BODY(\.PEEK)?\[(.*)\](?:<(\d+)\.(\d+)>)?$/i.exec(item) ?? [];
  if (peek === undefined) mail.flags.add("\\Seen");
  const whole = sectionBytes(outline(mail.raw), mail.raw, section);
  const label = `BODY[${section.toUpperCase()}]`;
  if (whole === undefined) return Buffer.from(`${label} NIL`);
  if (start === undefined) return literal(label, whole);
  return literal(`${label}<${start}>`, whole.subarray(Number(start), Number(start) + Number(count)));
}

function literal(label: string, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${label} {${bytes.length}}\r\n`), bytes]);
}

function sectionBytes(mail: MimePart, raw: Buffer, section: string): Buffer | undefined {
  const [, path = "", rest = ""] = /^([\d.]*\d)?\.?(.*)$/.exec(section) ?? [];
  const part = path === "" ? mail : partAt(mail, path.split(".").map(Number));
  if (part === undefined) return undefined;
  const [word, names] = tokens(rest);
  const kind = asText(word).toUpperCase();
  if (kind === "") return path === "" ? raw : part.body;
  if (kind === "MIME") return part.head;
  // Inside a part these mean the mail it encloses.
  const message = path === "" ? mail : part.enclosed;
  if (message === undefined) return undefined;
  if (kind === "HEADER") return message.head;
  if (kind === "TEXT") return message.body;
  const wanted = new Set((typeof names === "object" ? names : []).map((name) => asText(name).toLowerCase()));
  return headerLines(message.head, (name) => wanted.has(name) !== (kind === "HEADER.FIELDS.NOT"));
}

function partAt(part: MimePart, [first, ...rest]: readonly number[]): MimePart | undefined {
  if (first === undefined) return part;
  const inside = part.enclosed ?? part;
  // A mail of one part calls it 1.
  if (inside.children.length === 0) return first === 1 && rest.length === 0 ? inside : undefined;
  const child = inside.children[first - 1];
  return child && partAt(child, rest);
}

function internalDate(date: Date): string {
  const [, day = "", month = "", year = "", time = ""] =
    /^\w+, (\d+) (\w+) (\d+) ([\d:]+)/.exec(date.toUTCString()) ?? [];
  return `${day}-${month}-${year} ${time} +0000`;
}
