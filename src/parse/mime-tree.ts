/** What IMAP's BODYSTRUCTURE says of one part (RFC 3501 section 7.4.2). */
export interface MimePart {
  /** `1.2`; empty for a multipart that is the whole mail. */
  readonly section: string;
  /** Lower case, `text/plain`. */
  readonly type: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly disposition?: string;
  readonly filename?: string;
  readonly contentId?: string;
  readonly encoding?: string;
  readonly encodedBytes: number;
  readonly children: readonly MimePart[];
}

/** One part's own description, however it was learnt. */
export interface PartFacts {
  readonly type: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly disposition: string | undefined;
  readonly filename: string | undefined;
  readonly contentId: string | undefined;
  readonly encoding: string | undefined;
}

/**
 * `container`: a multipart. `text`: read as part of what the person wrote. `attachment`: given as a file.
 * `signature` and `variant` (of an alternative that is not plain text or HTML) are neither shown nor saved.
 */
export type PartRole = "container" | "text" | "attachment" | "signature" | "variant";

export interface TreePart extends PartFacts {
  readonly section: string;
  readonly role: PartRole;
  readonly depth: number;
  readonly parent: TreePart | undefined;
  readonly children: TreePart[];
  /** Decoded, of a part whose role is `text`. */
  text: string | undefined;
}

/** RFC 2045 section 5.1: two tokens. Nothing else may stand in what a bot reads. */
export function isMediaType(type: string): boolean {
  return /^[!#$%&'*+.\w^`{|}~-]{1,127}\/[!#$%&'*+.\w^`{|}~-]{1,127}$/.test(type);
}

const SIGNATURE_TYPES = new Set([
  "application/pgp-signature",
  "application/pkcs7-signature",
  "application/x-pkcs7-signature",
]);

/** Other forms of the same words; a calendar invitation is more than that and stays an attachment. */
const TEXT_VARIANTS = new Set(["text/x-amp-html", "text/watch-html", "text/enriched", "text/richtext"]);

/**
 * Grows the tree in the order in which the parts stand in the mail. Sections are counted as IMAP counts them
 * (RFC 3501 section 6.4.5): a mail of one part has the section 1, a multipart at the top has none, its children are
 * 1, 2, 3, and so on downwards.
 */
export class TreeBuilder {
  root: TreePart | undefined;
  #texts = 0;

  add(facts: PartFacts, parent: TreePart | undefined): TreePart {
    const role = this.#roleOf(facts, parent);
    const { type, parameters, disposition, filename, contentId, encoding } = facts;
    const part: TreePart = {
      type,
      parameters,
      disposition,
      filename,
      contentId,
      encoding,
      section: sectionBelow(parent, role),
      role,
      depth: parent ? parent.depth + 1 : 0,
      parent,
      children: [],
      text: undefined,
    };
    if (parent) parent.children.push(part);
    else this.root ??= part;
    if (role === "text") this.#texts++;
    return part;
  }

  #roleOf({ type, disposition, filename }: PartFacts, parent: TreePart | undefined): PartRole {
    if (type.startsWith("multipart/")) return "container";
    if (parent?.type === "multipart/signed" && SIGNATURE_TYPES.has(type)) return "signature";
    const inAlternative = parent?.type === "multipart/alternative";
    if (inAlternative && TEXT_VARIANTS.has(type)) return "variant";
    if (type !== "text/plain" && type !== "text/html") return "attachment";
    if (disposition !== undefined && disposition !== "inline") return "attachment";
    // Apple Mail sends text files "inline" with a name; some mailers name the body itself, so the first text is one.
    return filename !== undefined && this.#texts > 0 && !inAlternative ? "attachment" : "text";
  }
}

function sectionBelow(parent: TreePart | undefined, role: PartRole): string {
  if (!parent) return role === "container" ? "" : "1";
  const number = String(parent.children.length + 1);
  return parent.section === "" ? number : `${parent.section}.${number}`;
}

/** Every part that holds no others, in the order of the mail. */
export function* leaves(part: TreePart): Generator<TreePart, void, void> {
  if (part.role !== "container") yield part;
  for (const child of part.children) yield* leaves(child);
}

/** The same tree from what the server said, with the server's own section numbers. */
export function treeOfStructure(structure: MimePart): TreePart {
  const builder = new TreeBuilder();
  const add = (part: MimePart, parent: TreePart | undefined): TreePart => {
    const built = builder.add(factsOf(part), parent);
    // What is inside an attached mail belongs to that mail (its parts are listed below it, RFC 3501 section 7.4.2).
    if (built.role === "container") for (const child of part.children) add(child, built);
    return built;
  };
  return add(structure, undefined);
}

function factsOf({ type: named, parameters, disposition, filename, contentId, encoding }: MimePart): PartFacts {
  const type = isMediaType(named) ? named : "application/octet-stream";
  return { type, parameters, disposition, filename, contentId, encoding };
}

/** The sections whose text must be fetched to read the mail, in the order of the mail. */
export function textSections(structure: MimePart): string[] {
  return [...leaves(treeOfStructure(structure))].filter(({ role }) => role === "text").map(({ section }) => section);
}

export function signatureType(root: TreePart | undefined): "pgp" | "smime" | null {
  if (!root) return null;
  for (const part of allParts(root)) {
    if (part.type === "multipart/signed") {
      const protocol = (part.parameters["protocol"] ?? part.children[1]?.type ?? "").toLowerCase();
      if (protocol.includes("pgp")) return "pgp";
      if (protocol.includes("pkcs7")) return "smime";
    }
    // RFC 8551 section 3.5.1: signed-data holds the signed mail itself, unreadable without a CMS library.
    if (
      /^application\/(?:x-)?pkcs7-mime$/.test(part.type) &&
      part.parameters["smime-type"]?.toLowerCase() === "signed-data"
    ) {
      return "smime";
    }
  }
  return null;
}

export function isEncrypted(root: TreePart | undefined): boolean {
  if (!root) return false;
  for (const { type, parameters } of allParts(root)) {
    if (type === "multipart/encrypted") return true;
    const kind = parameters["smime-type"]?.toLowerCase() ?? "enveloped-data";
    if (/^application\/(?:x-)?pkcs7-mime$/.test(type) && /enveloped/.test(kind)) return true;
  }
  return false;
}

function* allParts(part: TreePart): Generator<TreePart, void, void> {
  yield part;
  for (const child of part.children) yield* allParts(child);
}
