import { isUtf8 } from "node:buffer";
import { fieldValue, type HeaderField, headerFields, isSpacedOut } from "./header.ts";
import { PLAIN_TEXT } from "./mime-node.ts";
import { MAX_SUBJECT_CHARS } from "./parser-header.ts";
import { TreeBuilder, type TreePart } from "./mime-tree.ts";
import { transferDecoder } from "../domain/transfer-decoder.ts";
import { trimAscii } from "../domain/trim.ts";

export interface Letter {
  readonly subject: string;
  readonly root: TreePart;
}

const MAX_LETTER_BYTES = 64 * 1024;

const PLAIN_TYPE = /^(?:text\/plain(?:\s*;\s*charset\s*=\s*"?(?:utf-8|us-ascii)"?)?)?$/i;
const HTML_TYPE = /^text\/html(?:\s*;\s*charset\s*=\s*"?(?:utf-8|us-ascii)"?)?$/i;
const ALTERNATIVE_TYPE =
  /^multipart\/alternative\s*;\s*boundary\s*=\s*(?:"([\w'()+,./:=? -]{0,69}[\w'()+,./:=?-])"|([\w'+.-]{1,70}))$/i;
const ENCODING = /^(?:7bit|8bit|binary|quoted-printable|base64)?$/i;
const NO_ENCODING = /^(?:7bit|8bit|binary)?$/i;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * What most people's mail programs send, a plain text alone or beside its HTML, needs no MIME reader, which costs three
 * streams a mail. Undefined for everything with the least doubt in it; `tests/parse/letter.test.ts` holds both ways of
 * reading to one result.
 */
export function readLetter(fields: readonly HeaderField[], body: Buffer): Letter | undefined {
  const subject = single(fields, "subject");
  if (body.length > MAX_LETTER_BYTES || subject === undefined) return undefined;
  if (subject.length > MAX_SUBJECT_CHARS || subject.includes("=?") || /[^ -~]/.test(subject)) return undefined;
  const boundary = ALTERNATIVE_TYPE.exec(single(fields, "content-type") ?? "");
  const root = boundary
    ? alternative(fields, body, boundary[1] ?? boundary[2] ?? "")
    : plain(fields, body, { builder: new TreeBuilder(), parent: undefined });
  return root && { subject, root };
}

interface Place {
  readonly builder: TreeBuilder;
  readonly parent: TreePart | undefined;
}

/** One plain text, as the mail itself or as a part of it. */
function plain(fields: readonly HeaderField[], body: Buffer, place: Place): TreePart | undefined {
  return textPart(encodingOf(fields, PLAIN_TYPE), body, { ...place, type: "text/plain" });
}

function textPart(
  encoding: string | undefined,
  body: Buffer,
  { builder, parent, type }: Place & { readonly type: string },
): TreePart | undefined {
  const bytes = encoding === undefined ? undefined : decoded(body, encoding.toLowerCase());
  if (bytes === undefined || !isUtf8(bytes) || bytes.subarray(0, 3).equals(BYTE_ORDER_MARK)) return undefined;
  // How many line ends that is, is a matter of taste.
  if (bytes.includes("\r\r\n")) return undefined;
  const part = builder.add({ ...PLAIN_TEXT, type }, parent);
  part.text = bytes.toString("utf8");
  return part;
}

/** A plain text and its HTML. */
function alternative(fields: readonly HeaderField[], body: Buffer, boundary: string): TreePart | undefined {
  if (!NO_ENCODING.test(single(fields, "content-transfer-encoding") ?? "?") || fields.some(isDoubtful))
    return undefined;
  const [first, second] = twoParts(body, boundary).map(partOf);
  const htmlEncoding = second && encodingOf(second.fields, HTML_TYPE);
  if (!first || !second || htmlEncoding === undefined) return undefined;
  const builder = new TreeBuilder();
  const root = builder.add({ ...PLAIN_TEXT, type: "multipart/alternative" }, undefined);
  const text = plain(first.fields, first.body, { builder, parent: root });
  if (!/[!-~]/.test(text?.text ?? "")) return undefined;
  return textPart(htmlEncoding, second.body, { builder, parent: root, type: "text/html" }) && root;
}

/** The two parts between three delimiters; none when there is anything else that could be taken for a delimiter. */
function twoParts(body: Buffer, boundary: string): Buffer[] {
  const places: number[] = [];
  for (let at = body.indexOf(`--${boundary}`); at >= 0; at = body.indexOf(`--${boundary}`, at + 1)) {
    // The line end before a delimiter belongs to it (RFC 2046 section 5.1.1).
    const isAtStart = at === 0 || (body[at - 1] === LF && body[at - 2] === CR);
    if (!isAtStart || places.push(at) > 3) return [];
  }
  const [first, second, end] = places;
  if (first === undefined || second === undefined || end === undefined) return [];
  const length = 2 + boundary.length;
  const parts = [body.subarray(first + length, second - 2), body.subarray(second + length, end - 2)];
  const complete = parts.every((part) => part[0] === CR && part[1] === LF);
  return complete && /^--(?:\r\n\s*)?$/.test(body.toString("latin1", end + length))
    ? parts.map((part) => part.subarray(2))
    : [];
}

function partOf(part: Buffer): { fields: HeaderField[]; body: Buffer } | undefined {
  const end = part.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const fields = headerFields(part.subarray(0, end + 4));
  const known = fields.every(({ name, raw }) => PART_FIELDS.has(name) || trimAscii(raw) === "");
  return known ? { fields, body: part.subarray(end + 4) } : undefined;
}

const LF = 0x0a;
const CR = 0x0d;

const PART_FIELDS = new Set(["content-type", "content-transfer-encoding"]);

/** The transfer encoding of a part that has this type and nothing doubtful; undefined for any other. */
function encodingOf(fields: readonly HeaderField[], type: RegExp): string | undefined {
  const encoding = single(fields, "content-transfer-encoding");
  const regular = encoding !== undefined && ENCODING.test(encoding) && type.test(single(fields, "content-type") ?? "?");
  return regular && !fields.some(isDoubtful) ? encoding : undefined;
}

/** A field that makes the part more than a text, says nothing where it should, or is a line of which nobody knows what it is. */
function isDoubtful(field: HeaderField): boolean {
  const { name, raw } = field;
  if (name === "content-disposition" || name === "content-id" || isSpacedOut(field)) return true;
  return name === "" ? trimAscii(raw) !== "" : name === "content-type" && trimAscii(raw).endsWith(":");
}

/** Empty when there is none, undefined when there are several. */
function single(fields: readonly HeaderField[], name: string): string | undefined {
  const [field, ...more] = fields.filter((candidate) => candidate.name === name);
  if (field === undefined) return "";
  return more.length > 0 ? undefined : fieldValue(field);
}

function decoded(body: Buffer, encoding: string): Buffer | undefined {
  if (encoding !== "quoted-printable" && encoding !== "base64") return body;
  const decoder = transferDecoder(encoding);
  const bytes = Buffer.concat([decoder.push(body), decoder.end()]);
  return decoder.defect === undefined ? bytes : undefined;
}
