import { attachmentType, fileExtension, knownType, knownTypeOfName, typeExtension } from "./attachment-name.ts";
import { beginsLikeProgram, typeOfBytes } from "./file-signature.ts";

/** What an attachment is taken for. */
export interface FileKind {
  readonly type: string;
  /** Letters and digits, for the stored file. */
  readonly extension: string;
}

/**
 * Label, name and first bytes together. The bytes decide where they prove something that the label denies; where they prove
 * nothing (plain text, a format that is not known here), the label stands, since nothing speaks against it.
 */
export function fileKind(label: string, filename: string | undefined, head: Buffer): FileKind {
  const claimed = attachmentType(label, filename);
  const found = bytesType(claimed, head);
  if (found === undefined) return { type: claimed, extension: fileExtension(claimed, filename) };
  if (!agrees(claimed, found)) return { type: found, extension: extensionOf(found, filename) };
  if (PROGRAM.test(found) && !isText(claimed)) return { type: claimed, extension: SAFE_EXTENSION };
  const extension = fileExtension(claimed, filename);
  // Of a type without an extension of its own the name chose one: it must not be that of another kind of file.
  const named = knownType(claimed) ? undefined : knownTypeOfName(filename ?? "");
  const lies = named !== undefined && !agrees(named, found);
  return { type: claimed, extension: lies ? extensionOf(found, undefined) : extension };
}

const SAFE_EXTENSION = "bin";

function extensionOf(type: string, filename: string | undefined): string {
  return knownType(type) ? fileExtension(type, filename) : (typeExtension(type) ?? SAFE_EXTENSION);
}

function bytesType(claimed: string, head: Buffer): string | undefined {
  const found = typeOfBytes(head);
  // Two letters are enough unless a text is what it is said to be.
  return found === undefined && beginsLikeProgram(head) && !isText(claimed) ? "application/x-msdownload" : found;
}

/** What only a label of its own kind may announce. */
const PROGRAM =
  /^application\/(?:x-msdownload|x-executable|x-mach-binary|java-vm|vnd\.android\.dex|wasm|x-ms-shortcut|vnd\.ms-htmlhelp|x-sh|x-php|x-mswinurl|x-desktop|x-ms-registry)$/;
const PROGRAM_LABEL =
  /^application\/(?:x-)?(?:msdownload|dosexec|ms-dos-executable|msdos-program|executable|elf|sharedlib|pie-executable|object|mach-binary|vnd\.microsoft\.portable-executable|java-vm|java-class|vnd\.android\.dex|wasm|ms-shortcut|vnd\.ms-htmlhelp|chm|sh|shellscript|bash|csh|perl|python|ruby|php|httpd-php|mswinurl|desktop|ms-registry)$/;

/** Files of the Office programs; people's mail programs take one label for another, and some exports are RTF. */
const OFFICE = /^application\/(?:msword|vnd\.ms-|vnd\.openxmlformats|vnd\.visio|vnd\.oasis|x-msi|ms-)/;
const ARCHIVED =
  /^application\/(?:.*zip.*|.*\+zip|java-archive|x-java-archive|vnd\.android\.package-archive|vnd\.apple\..*|x-iwork.*|vnd\.google-earth\.kmz|x-xpinstall|x-apple-.*)$/;
const SAME: ReadonlyMap<string, string> = new Map([
  ["image/jpg", "image/jpeg"],
  ["image/pjpeg", "image/jpeg"],
  ["image/x-png", "image/png"],
  ["image/x-ms-bmp", "image/bmp"],
  ["image/x-bmp", "image/bmp"],
  ["image/heif", "image/heic"],
  ["image/vnd.microsoft.icon", "image/x-icon"],
  ["text/rtf", "application/rtf"],
  ["application/x-rtf", "application/rtf"],
  ["application/x-pdf", "application/pdf"],
  ["application/acrobat", "application/pdf"],
  ["application/illustrator", "application/pdf"],
  ["application/x-gzip", "application/gzip"],
  ["application/x-compressed-tar", "application/gzip"],
  ["application/x-tgz", "application/gzip"],
  ["application/x-gtar", "application/x-tar"],
  ["application/x-rar-compressed", "application/vnd.rar"],
  ["application/x-rar", "application/vnd.rar"],
  ["application/x-sqlite3", "application/vnd.sqlite3"],
  ["application/vnd.ms-tnef", "application/ms-tnef"],
  ["image/svg", "image/svg+xml"],
  ["application/xhtml+xml", "text/html"],
]);

/** Whether a file whose bytes are `found` may be called `claimed`. */
function agrees(claimed: string, found: string): boolean {
  const name = SAME.get(claimed) ?? claimed;
  if (name === found || name === "application/octet-stream") return true;
  if (isText(name)) return isText(found) || isMarkup(found);
  if (PROGRAM.test(found)) return PROGRAM_LABEL.test(name);
  if (found === "application/zip") return ARCHIVED.test(name) || OFFICE.test(name);
  if (found === "application/x-cfb") return OFFICE.test(name) || name.startsWith("application/x-ole");
  if (found === "application/rtf") return name === "application/msword";
  if (/^(?:audio|video)\//.test(found)) return /^(?:audio|video)\/|^application\/(?:ogg|mp4|x-matroska)/.test(name);
  // Raw pictures of cameras are TIFF.
  return found === "image/tiff" && name.startsWith("image/x-");
}

function isText(type: string): boolean {
  return /^(?:text|message)\/|^application\/(?:json|xml|javascript|ecmascript|x-javascript|yaml|x-yaml|sql|x-sql|toml|mbox|x-tex)$|^application\/.*\+(?:xml|json)$/.test(
    type,
  );
}

/** Recognised by its text, so that a text may hold it: what it is called decides what will be done with it. */
function isMarkup(type: string): boolean {
  return /^(?:text\/html|image\/svg\+xml|application\/(?:x-sh|x-php|x-mswinurl|x-desktop|x-ms-registry|rtf|postscript))$/.test(
    type,
  );
}
