import { headerFields, type MimePart } from "./mime.ts";
import { SyntaxProblem } from "./tokens.ts";

/** `BODY.PEEK[1.2.MIME]<0.100>` taken apart (RFC 3501 section 6.4.5). */
export interface SectionRequest {
  readonly path: readonly number[];
  readonly what: "" | "HEADER" | "TEXT" | "MIME" | "HEADER.FIELDS" | "HEADER.FIELDS.NOT";
  readonly fields: readonly string[];
  readonly partial: { readonly start: number; readonly length: number } | undefined;
  readonly peek: boolean;
  /** How the answer names it: as asked, without `.PEEK` and without the length. */
  readonly label: string;
}

const BODY_ITEM = /^BODY(\.PEEK)?\[([^\]]*)\](?:<(\d+)\.(\d+)>)?$/i;
const SECTION =
  /^((?:[1-9]\d{0,8}\.)*[1-9]\d{0,8})?(?:^|\.|$)(HEADER\.FIELDS(?:\.NOT)?|HEADER|TEXT|MIME)?(?:\s*\(([^()]*)\))?$/i;

export function parseSectionItem(item: string): SectionRequest | undefined {
  const match = BODY_ITEM.exec(item);
  if (!match) return undefined;
  const [, peek, section = "", start, length] = match;
  const parsed = SECTION.exec(section);
  const what = (parsed?.[2] ?? "").toUpperCase();
  const fields = parsed?.[3]?.match(/[^\s"]+/g) ?? [];
  if (!parsed || !isSectionText(what) || section.endsWith("."))
    throw new SyntaxProblem(`BODY[${section.slice(0, 40)}] is not a section`);
  if (what.startsWith("HEADER.FIELDS") !== fields.length > 0)
    throw new SyntaxProblem("HEADER.FIELDS goes with names in parentheses");
  if (what === "MIME" && !parsed[1]) throw new SyntaxProblem("MIME needs a part number");
  const origin = start === undefined ? "" : `<${Number(start)}>`;
  return {
    path: (parsed[1] ?? "").split(".").filter(Boolean).map(Number),
    what,
    fields: fields.map((name) => name.toLowerCase()),
    partial: start === undefined ? undefined : { start: Number(start), length: Number(length) },
    peek: peek !== undefined,
    label: `BODY[${section.toUpperCase()}]${origin}`,
  };
}

function isSectionText(text: string): text is SectionRequest["what"] {
  return ["", "HEADER", "TEXT", "MIME", "HEADER.FIELDS", "HEADER.FIELDS.NOT"].includes(text);
}

/** The bytes asked for, or undefined when the mail has no such part: answered with NIL. */
export function sectionBytes(raw: Buffer, root: () => MimePart, request: SectionRequest): Buffer | undefined {
  // The whole mail needs no parser: that keeps a plain download of it fast.
  const whole = request.path.length === 0 && request.what === "" ? raw : undefined;
  const bytes = whole ?? selected(root(), request);
  if (!bytes || !request.partial) return bytes;
  const { start, length } = request.partial;
  return bytes.subarray(Math.min(start, bytes.length), Math.min(start + length, bytes.length));
}

function selected(root: MimePart, { path, what, fields }: SectionRequest): Buffer | undefined {
  const part = path.length === 0 ? root : partAt(root, path);
  if (!part) return undefined;
  if (what === "") return part.body;
  if (what === "MIME") return part.header;
  // Inside a mail, HEADER and TEXT are those of a mail that lies in it.
  const message = path.length === 0 ? root : part.message;
  if (!message) return undefined;
  if (what === "TEXT") return message.body;
  if (what === "HEADER") return message.header;
  const chosen = headerFields(message.header).filter(
    ({ name }) => fields.includes(name) === (what === "HEADER.FIELDS"),
  );
  return Buffer.from(`${chosen.map(({ field }) => field).join("")}\r\n`, "latin1");
}

/** Parts are numbered from 1; a mail that is not multipart is its own part 1. */
export function partAt(message: MimePart, path: readonly number[]): MimePart | undefined {
  let part: MimePart | undefined;
  for (const number of path) {
    const container: MimePart | undefined = part === undefined ? message : (part.message ?? part);
    if (container.children.length > 0) part = container.children[number - 1];
    else part = number === 1 && (part === undefined || part.message) ? container : undefined;
    if (!part) return undefined;
  }
  return part;
}
