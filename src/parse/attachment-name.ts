/**
 * Extensions by type, the usual one first; a name may choose among them. A small table instead of a package: it is what
 * people mail, and every type that is missing here takes the extension of its name.
 */
const EXTENSIONS: Readonly<Record<string, string>> = {
  "application/gzip": "gz tgz",
  "application/json": "json",
  "application/msword": "doc dot",
  "application/pdf": "pdf",
  "application/pgp-encrypted": "asc pgp",
  "application/pgp-keys": "asc",
  "application/pkcs7-mime": "p7m",
  "application/x-pkcs7-mime": "p7m",
  "application/rtf": "rtf",
  "application/vnd.ms-excel": "xls",
  "application/vnd.ms-powerpoint": "ppt",
  "application/ms-tnef": "dat",
  "application/vnd.ms-tnef": "dat",
  "application/vnd.oasis.opendocument.presentation": "odp",
  "application/vnd.oasis.opendocument.spreadsheet": "ods",
  "application/vnd.oasis.opendocument.text": "odt",
  "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
  "application/x-7z-compressed": "7z",
  "application/x-tar": "tar",
  "application/xml": "xml",
  "application/zip": "zip",
  "application/x-zip-compressed": "zip",
  "audio/aac": "aac",
  "audio/mp4": "m4a mp4",
  "audio/mpeg": "mp3",
  "audio/ogg": "ogg oga opus",
  "audio/wav": "wav",
  "audio/x-wav": "wav",
  "image/bmp": "bmp",
  "image/gif": "gif",
  "image/heic": "heic",
  "image/jpeg": "jpg jpeg jpe",
  "image/jpg": "jpg jpeg",
  "image/png": "png",
  "image/svg+xml": "svg",
  "image/tiff": "tiff tif",
  "image/webp": "webp",
  "message/delivery-status": "txt",
  "message/disposition-notification": "txt",
  "message/rfc822": "eml",
  "text/calendar": "ics",
  "text/css": "css",
  "text/csv": "csv",
  "text/html": "html htm",
  "text/markdown": "md",
  "text/plain":
    "txt text log md csv tsv json xml yaml yml ini conf cfg toml diff patch sql tex rst asc srt vtt ics vcf",
  "text/rfc822-headers": "txt",
  "text/rtf": "rtf",
  "text/vcard": "vcf",
  "text/x-vcard": "vcf",
  "text/xml": "xml",
  "video/mp4": "mp4 m4v",
  "video/mpeg": "mpg mpeg",
  "video/quicktime": "mov qt",
  "video/webm": "webm",
};

/** Extensions that many types share, and of which plain text is one only by courtesy. */
const AMBIGUOUS = new Set(["asc", "dat", "pgp", "txt", "log"]);

/** The first type of which an extension is one. */
const TYPE_OF_EXTENSION: ReadonlyMap<string, string> = new Map([
  ...Object.entries(EXTENSIONS)
    .toReversed()
    .filter(([type]) => type !== "text/plain")
    .flatMap(([type, extensions]) => extensions.split(" ").map((name): [string, string] => [name, type]))
    .filter(([name]) => !AMBIGUOUS.has(name)),
  ["txt", "text/plain"],
]);

const FALLBACK_EXTENSION = "bin";

/** Types that are recognised by their bytes and hardly ever declared. */
const FOUND_EXTENSIONS: Readonly<Record<string, string>> = {
  "application/postscript": "ps",
  "application/vnd.rar": "rar",
  "application/x-xz": "xz",
  "application/zstd": "zst",
  "application/x-bzip2": "bz2",
  "application/vnd.sqlite3": "sqlite",
  "image/avif": "avif",
  "image/x-icon": "ico",
  "audio/flac": "flac",
  "video/x-msvideo": "avi",
};

/** What a desktop runs or follows when it is opened: such a file is stored as `.bin`, its name is still told. */
const EXECUTABLE =
  /^(?:apk|app|appx|bat|cmd|chm|com|command|cpl|desktop|dll|exe|gadget|hta|inf|jar|job|jse|lnk|msc|msi|msp|mst|pif|ps[12]|psd1|psm1|reg|scf|scr|sct|shb|sys|url|vb|vbe|vbs|vxd|wsc|wsf|wsh|xll)$/;

/** A sender who does not know says "octet-stream"; then the name is all there is to go by. */
export function attachmentType(declared: string, filename: string | undefined): string {
  if (declared !== "application/octet-stream") return declared;
  // What Outlook packs a formatted mail and its files into (MS-OXTNEF).
  if (filename?.toLowerCase() === "winmail.dat") return "application/ms-tnef";
  return TYPE_OF_EXTENSION.get(nameExtension(filename)) ?? declared;
}

export function knownType(type: string): boolean {
  return Object.hasOwn(EXTENSIONS, type);
}

export function typeExtension(type: string): string | undefined {
  return Object.hasOwn(FOUND_EXTENSIONS, type) ? FOUND_EXTENSIONS[type] : undefined;
}

/** What the extension of a name says; undefined when it says nothing that is known. Programs are all of one kind. */
export function knownTypeOfName(filename: string): string | undefined {
  const extension = nameExtension(filename);
  return EXECUTABLE.test(extension) ? "application/x-msdownload" : TYPE_OF_EXTENSION.get(extension);
}

export function executableExtension(filename: string): boolean {
  const extension = nameExtension(filename);
  return EXECUTABLE.test(extension) || extension === "js" || extension === "sh";
}

/** For the stored file: letters and digits only, so that no name can lead anywhere. */
export function fileExtension(type: string, filename: string | undefined): string {
  const ofName = nameExtension(filename);
  const ofType = knownType(type) ? EXTENSIONS[type]?.split(" ") : undefined;
  if (ofType) return ofType.includes(ofName) ? ofName : (ofType[0] ?? FALLBACK_EXTENSION);
  return ofName === "" || EXECUTABLE.test(ofName) ? FALLBACK_EXTENSION : ofName;
}

function nameExtension(filename = ""): string {
  const last = cleanName(filename).trimEnd().split(".").slice(1).at(-1)?.toLowerCase() ?? "";
  return /^[a-z0-9]{1,10}$/.test(last) ? last : "";
}

/** Longer than any file system allows; what is cut is not needed to recognise the file. */
const MAX_NAME_CHARS = 255;

/** Controls of direction, and what has no width: `invoice\u202efdp.exe` reads as a PDF. Joiners, which some scripts need, stay. */
const UNSEEN =
  /[\u00ad\u034f\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0]|[\u{e0000}-\u{e0fff}]/gu;

/**
 * For people to read: one line, nothing in it that makes it read as something else, and no run of blanks that pushes its
 * extension out of sight.
 */
export function cleanName(filename: string): string {
  const visible = filename
    .replace(/[\p{Cc}\u2028\u2029]+/gu, " ")
    .replace(UNSEEN, "")
    .replace(/\s{2,}/g, " ")
    .trim();
  return visible.slice(0, MAX_NAME_CHARS).replace(/[\ud800-\udbff]$/, "");
}

/** A part without a name is called after its place in the mail. */
export function shownName(filename: string | undefined, section: string, type: string): string {
  const clean = cleanName(filename ?? "");
  return clean === "" ? `part-${section}.${fileExtension(type, undefined)}` : clean;
}

// A glob such as image/* or application/pdf: a star stands for anything but a slash.
export function isTypeAllowed(type: string, globs: readonly string[]): boolean {
  return globs.some((glob) => {
    const pattern = glob.trim().toLowerCase().split("*").map(escapePattern).join("[^/]*");
    return new RegExp(`^${pattern}$`).test(type);
  });
}

function escapePattern(text: string): string {
  return text.replace(/[.+?^${}()|[\]\\]/g, "\\$&");
}

/** `312 B`, `12 kB`, `3.4 MB`. */
export function humanSize(bytes: number): string {
  const units = ["B", "kB", "MB", "GB"];
  let size = bytes;
  let unit = 0;
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1000;
    unit++;
  }
  return `${unit > 0 && size < 9.95 ? size.toFixed(1) : Math.round(size)} ${units[unit]}`;
}
