import { isUtf8 } from "node:buffer";
import { fieldValue, type HeaderField } from "./header.ts";
import { PLAIN_TEXT } from "./mime-node.ts";
import { TreeBuilder, type TreePart } from "./mime-tree.ts";
import { transferDecoder } from "./transfer-decoder.ts";

export interface Letter {
  readonly subject: string;
  readonly root: TreePart;
}

const MAX_LETTER_BYTES = 64 * 1024;

const PLAIN_TYPE = /^text\/plain(?:\s*;\s*charset\s*=\s*"?(?:utf-8|us-ascii)"?)?$/i;
const ENCODING = /^(?:7bit|8bit|binary|quoted-printable|base64)$/i;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * A mail that is one plain text and says so plainly needs no MIME reader, which costs three streams a mail. Undefined
 * for everything with the least doubt in it; `tests/parse/letter.test.ts` holds both ways of reading to one result.
 */
export function readLetter(fields: readonly HeaderField[], body: Buffer): Letter | undefined {
  if (body.length > MAX_LETTER_BYTES) return undefined;
  const [subject, type, encoding] = [
    single(fields, "subject"),
    single(fields, "content-type"),
    single(fields, "content-transfer-encoding"),
  ];
  if (subject === undefined || type === undefined || encoding === undefined) return undefined;
  if (subject.includes("=?") || /[^ -~]/.test(subject) || (type !== "" && !PLAIN_TYPE.test(type))) return undefined;
  if ((encoding !== "" && !ENCODING.test(encoding)) || fields.some(isDoubtful)) return undefined;
  const bytes = decoded(body, encoding.toLowerCase());
  if (bytes === undefined || !isUtf8(bytes) || bytes.subarray(0, 3).equals(BYTE_ORDER_MARK)) return undefined;
  const root = new TreeBuilder().add(PLAIN_TEXT, undefined);
  root.text = bytes.toString("utf8");
  return { subject, root };
}

/** A field that makes the part more than a text, or a line of which nobody knows what it is. */
function isDoubtful({ name, raw }: HeaderField): boolean {
  return name === "content-disposition" || name === "content-id" || (name === "" && raw.trim() !== "");
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
