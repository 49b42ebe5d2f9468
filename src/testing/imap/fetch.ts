import { imapDateTime } from "./dates.ts";
import type { StoredMail } from "./folder.ts";
import { type MimePart, parseMime } from "./mime.ts";
import { parseSectionItem, sectionBytes, type SectionRequest } from "./section.ts";
import { bodyStructure, envelope } from "./structure.ts";
import { SyntaxProblem, textOf, type Token } from "./tokens.ts";

/** Text is latin1; large bytes are not copied into it. */
export type ResponsePiece = string | Buffer;

export interface FetchItem {
  readonly marksSeen: boolean;
  readonly name: string;
  render(mail: StoredMail, mime: () => MimePart): ResponsePiece[];
}

const MACROS: Readonly<Record<string, readonly string[]>> = {
  ALL: ["FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE"],
  FAST: ["FLAGS", "INTERNALDATE", "RFC822.SIZE"],
  FULL: ["FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE", "BODY"],
};

/** `RFC822` and its like are old names of sections (RFC 3501 section 6.4.5). */
const OLD_NAMES: Readonly<Record<string, string>> = {
  RFC822: "BODY[]",
  "RFC822.HEADER": "BODY.PEEK[HEADER]",
  "RFC822.TEXT": "BODY[TEXT]",
};

const PLAIN: Readonly<Record<string, (mail: StoredMail, mime: () => MimePart) => string>> = {
  UID: (mail) => `${mail.uid}`,
  FLAGS: (mail) => `(${[...mail.flags].join(" ")})`,
  INTERNALDATE: (mail) => `"${imapDateTime(mail.receivedAt)}"`,
  "RFC822.SIZE": (mail) => `${mail.raw.length}`,
  ENVELOPE: (_, mime) => envelope(mime()),
  BODY: (_, mime) => bodyStructure(mime(), false),
  BODYSTRUCTURE: (_, mime) => bodyStructure(mime(), true),
};

/** What is asked for each mail; UID FETCH always answers with the UID (RFC 3501 section 6.4.8). */
export function fetchItems(argument: Token | undefined, byUid: boolean): FetchItem[] {
  const names =
    argument?.kind === "list"
      ? argument.items.map((token) => textOf(token, "data item"))
      : expandMacro(textOf(argument, "data items"));
  const items = names.map(itemOf);
  if (items.length === 0) throw new SyntaxProblem("FETCH needs data items");
  if (byUid && !items.some(({ name }) => name === "UID")) items.unshift(itemOf("UID"));
  // A mail that becomes \Seen by being read is shown with its new flags.
  if (items.some(({ marksSeen }) => marksSeen) && !items.some(({ name }) => name === "FLAGS"))
    items.push(itemOf("FLAGS"));
  return items;
}

/** One untagged FETCH response in pieces. */
export function fetchResponse(sequence: number, mail: StoredMail, items: readonly FetchItem[]): ResponsePiece[] {
  let parsed: MimePart | undefined;
  const mime = () => (parsed ??= parseMime(mail.raw));
  const pieces: ResponsePiece[] = [`* ${sequence} FETCH (`];
  items.forEach((item, index) => {
    pieces.push(`${index > 0 ? " " : ""}${item.name} `, ...item.render(mail, mime));
  });
  pieces.push(")\r\n");
  return pieces;
}

function expandMacro(name: string): readonly string[] {
  return MACROS[name.toUpperCase()] ?? [name];
}

function itemOf(name: string): FetchItem {
  const upper = name.toUpperCase();
  const plain = PLAIN[upper];
  if (plain) return { name: upper, marksSeen: false, render: (mail, mime) => [plain(mail, mime)] };
  const section = parseSectionItem(OLD_NAMES[upper] ?? name);
  if (!section) throw new SyntaxProblem(`${name.slice(0, 40)} is not a data item`);
  return sectionItem(section, upper in OLD_NAMES ? upper : section.label);
}

function sectionItem(section: SectionRequest, name: string): FetchItem {
  return {
    name,
    marksSeen: !section.peek,
    render(mail, mime) {
      const bytes = sectionBytes(mail.raw, mime, section);
      return bytes ? [`{${bytes.length}}\r\n`, bytes] : ["NIL"];
    },
  };
}
