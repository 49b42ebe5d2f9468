import { noteAmbiguities } from "./ambiguity.ts";
import { createHash } from "node:crypto";
import { assemble, type ParsedMail, type ParseOptions } from "./assemble.ts";
import { leftOnServer, type SavedAttachment } from "./attachments.ts";
import { Defects } from "./defects.ts";
import { type HeaderField, headerFields } from "./header.ts";
import { MimeReader } from "./mime.ts";
import { leaves, type MimePart, type TreePart, treeOfStructure } from "./mime-tree.ts";
import { parserHeader } from "./parser-header.ts";
import { BodyWatch } from "./raw-mail.ts";

/** What is fetched of a mail that is too large to be downloaded whole. */
export interface LargeMailParts {
  readonly header: Uint8Array;
  readonly structure: MimePart;
  /** By section: those that `textSections` names. */
  readonly texts: ReadonlyMap<string, FetchedText>;
  /** Size of the whole mail. */
  readonly bytes: number;
}

export interface FetchedText {
  /** The part's own header (`BODY[1.2.MIME]`); of a mail of one part, the mail's. */
  readonly mimeHeader: Uint8Array;
  /** Still in its transfer encoding. */
  readonly body: Uint8Array;
  /** Whether the server has more of it. */
  readonly cut: boolean;
}

/**
 * A mail of which only header, structure and text parts were fetched: read as `parseMail` would, with the attachments
 * left on the server. Its fingerprint is of these parts, the same each time they are fetched.
 */
export async function parseLargeMail(parts: LargeMailParts, options: ParseOptions): Promise<ParsedMail> {
  const header = Buffer.from(parts.header);
  const fields = headerFields(header);
  const defects = new Defects();
  const root = treeOfStructure(parts.structure);
  const fingerprint = createHash("sha256").update(new BodyWatch(header, fields).fingerprint("stopped-early"));
  for (const part of leaves(root)) {
    const fetched = parts.texts.get(part.section);
    if (part.role !== "text" || !fetched) continue;
    fingerprint.update(`${part.section} ${fetched.body.length} `).update(fetched.body);
    part.text = await readText(part, fetched, defects);
  }
  const subject = (
    await readWhole(
      fields.filter(({ name }) => name === "subject"),
      EMPTY,
      defects,
    )
  ).subject;
  noteAmbiguities(
    fields.map(({ name, raw }) => ({ key: name, line: raw })),
    defects,
  );
  const attachments = attachmentsOf(parts.structure, root).map((attachment) =>
    defects.isAmbiguous ? { ...attachment, refused: "ambiguous" as const } : attachment,
  );
  const raw = { rawHeader: header, fingerprint: fingerprint.digest("hex"), bytes: parts.bytes };
  return assemble({ fields, subject, root, attachments, defects, options }, raw);
}

const EMPTY = Buffer.alloc(0);

/** One text part, read as a mail of its own. */
async function readText(part: TreePart, { mimeHeader, body, cut }: FetchedText, defects: Defects): Promise<string> {
  const own = headerFields(Buffer.from(mimeHeader)).filter(({ name }) =>
    /^content-(?:type|transfer-encoding)$/.test(name),
  );
  const found = new Defects();
  const { root } = await readWhole(own.length > 0 ? own : fieldsOf(part), Buffer.from(body), found);
  if (cut) defects.add("text-too-long");
  for (const defect of found.names()) {
    // Where we cut it ourselves, a broken last character is no defect of the mail.
    if (defect === "ambiguous" && cut && [...found.names()].every((name) => name === defect || CUT_MARKS.has(name)))
      continue;
    if (!(cut && CUT_MARKS.has(defect))) defects.add(defect);
  }
  return root?.text ?? "";
}

/** What cutting a part does to it; it may have been ambiguous besides, but of that the other names tell. */
const CUT_MARKS = new Set<string>(["bad-base64", "bad-quoted-printable", "undecodable-text"]);

async function readWhole(fields: readonly HeaderField[], body: Buffer, defects: Defects): Promise<MimeReader> {
  const reader = new MimeReader({ defects, openSink: () => undefined, restore: (value) => [value] });
  try {
    await reader.end(Buffer.concat([parserHeader(fields).bytes, body]));
  } finally {
    reader.destroy();
  }
  return reader;
}

/** The fields as the server's structure tells them, for a part whose header was not to be had. */
function fieldsOf({ type, parameters, encoding }: TreePart): HeaderField[] {
  const listed = ["charset", "format", "delsp"].filter((name) => parameters[name] !== undefined);
  const value = [type, ...listed.map((name) => `${name}="${parameters[name]?.replace(/[^\w.:-]/g, "")}"`)].join("; ");
  return [
    { name: "content-type", raw: `Content-Type: ${value}\r\n` },
    { name: "content-transfer-encoding", raw: `Content-Transfer-Encoding: ${encoding ?? "7bit"}\r\n` },
  ];
}

function attachmentsOf(structure: MimePart, root: TreePart): SavedAttachment[] {
  const sizes = new Map<string, number>();
  const note = (part: MimePart): void => {
    sizes.set(part.section, part.encodedBytes);
    part.children.forEach(note);
  };
  note(structure);
  return [...leaves(root)]
    .filter(({ role }) => role === "attachment")
    .map((part) => leftOnServer(part, sizes.get(part.section) ?? 0));
}
