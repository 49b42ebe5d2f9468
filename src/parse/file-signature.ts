/**
 * What a file is by its first bytes. A table of our own: nothing is unpacked to look into it (the package that does this best
 * inflates parts of an archive), and what is not recognised beyond doubt is not named.
 */
interface Signature {
  readonly type: string;
  readonly at: number;
  readonly bytes: Buffer;
}

const hex = (type: string, digits: string, at = 0): Signature => ({ type, at, bytes: Buffer.from(digits, "hex") });
const ascii = (type: string, text: string, at = 0): Signature => ({ type, at, bytes: Buffer.from(text, "latin1") });

/** Programs, whatever they are called: no label but their own passes for them. */
const PROGRAMS: readonly Signature[] = [
  ascii("application/x-executable", "\x7fELF"),
  hex("application/x-mach-binary", "feedface"),
  hex("application/x-mach-binary", "feedfacf"),
  hex("application/x-mach-binary", "cefaedfe"),
  hex("application/x-mach-binary", "cffaedfe"),
  hex("application/java-vm", "cafebabe"),
  ascii("application/vnd.android.dex", "dex\n03"),
  ascii("application/wasm", "\0asm"),
  hex("application/x-ms-shortcut", "4c0000000114020000000000c000000000000046"),
  ascii("application/vnd.ms-htmlhelp", "ITSF\x03\0"),
];

/** No text begins like this by chance. */
const STRONG: readonly Signature[] = [
  ...PROGRAMS,
  ascii("application/pdf", "%PDF-"),
  ascii("application/postscript", "%!PS"),
  ascii("application/rtf", "{\\rtf"),
  ascii("application/zip", "PK\x03\x04"),
  ascii("application/zip", "PK\x05\x06"),
  ascii("application/zip", "PK\x07\x08"),
  hex("application/x-cfb", "d0cf11e0a1b11ae1"),
  hex("application/x-7z-compressed", "377abcaf271c"),
  ascii("application/vnd.rar", "Rar!\x1a\x07"),
  ascii("application/vnd.ms-cab-compressed", "MSCF\0\0\0\0"),
  hex("application/gzip", "1f8b08"),
  hex("application/x-xz", "fd377a585a00"),
  hex("application/zstd", "28b52ffd"),
  ascii("application/x-tar", "ustar", 257),
  ascii("application/x-iso9660-image", "CD001", 32_769),
  hex("application/ms-tnef", "789f3e22"),
  ascii("application/vnd.sqlite3", "SQLite format 3\0"),
  hex("image/png", "89504e470d0a1a0a"),
  hex("image/jpeg", "ffd8ff"),
  ascii("image/gif", "GIF87a"),
  ascii("image/gif", "GIF89a"),
  ascii("image/webp", "WEBP", 8),
  hex("image/tiff", "49492a00"),
  hex("image/tiff", "4d4d002a"),
  ascii("image/vnd.adobe.photoshop", "8BPS\0\x01"),
  ascii("audio/wav", "WAVE", 8),
  ascii("video/x-msvideo", "AVI ", 8),
  ascii("audio/flac", "fLaC\0"),
  ascii("audio/ogg", "OggS\0"),
  hex("video/webm", "1a45dfa3"),
];

/** So short that only bytes no text has make them believable. */
const WEAK: readonly Signature[] = [
  ascii("application/x-msdownload", "MZ"),
  ascii("application/x-bzip2", "BZh"),
  ascii("image/bmp", "BM"),
  hex("image/x-icon", "00000100"),
  ascii("audio/mpeg", "ID3"),
  hex("audio/mpeg", "fffb"),
  hex("audio/mpeg", "fff3"),
];

/** ISO base media (`ftyp`), by its brand. */
const BRANDS: readonly (readonly [RegExp, string])[] = [
  [/^(?:hei[cxms]|hev[cx]|mif1|msf1)/, "image/heic"],
  [/^avi[fs]/, "image/avif"],
  [/^qt {2}/, "video/quicktime"],
  [/^M4[AB] /, "audio/mp4"],
  [/^/, "video/mp4"],
];

/** Texts that a program runs or a browser obeys; looked for behind white space, a byte order mark and comments. */
const MARKUP: readonly (readonly [RegExp, string])[] = [
  [/^#![ \t]*\//, "application/x-sh"],
  [/^<\?php\b/i, "application/x-php"],
  [/^\[InternetShortcut\]/i, "application/x-mswinurl"],
  [/^\[Desktop Entry\]/i, "application/x-desktop"],
  [/^(?:Windows Registry Editor|REGEDIT4)/, "application/x-ms-registry"],
  [/^<svg[\s>]/i, "image/svg+xml"],
  [/^<(?:!doctype html|html|head|body|script|iframe|hta:application|object|embed|meta|base|style)\b/i, "text/html"],
];

/** As much of a file as is looked at. */
export const SIGNATURE_BYTES: number = 64 * 1024;
/** Text that turns to bytes later than this was text to whoever opened it. */
const TEXT_SAMPLE_BYTES = 1_024;

/** The type that the first bytes of a file prove; undefined when they prove none. */
export function typeOfBytes(head: Buffer): string | undefined {
  const isBinary = hasControls(head.subarray(0, TEXT_SAMPLE_BYTES));
  const known =
    STRONG.find((one) => stands(one, head)) ?? (isBinary ? WEAK.find((one) => stands(one, head)) : undefined);
  if (known) return known.type;
  if (head.toString("latin1", 4, 8) === "ftyp") return brandOf(head.toString("latin1", 8, 12));
  return typeOfMarkup(head);
}

/** Whether the file begins as a program for Windows or DOS does; two letters, so a text may, too. */
export function beginsLikeProgram(head: Buffer): boolean {
  return head.toString("latin1", 0, 2) === "MZ";
}

function stands({ at, bytes }: Signature, head: Buffer): boolean {
  return head.length >= at + bytes.length && head.compare(bytes, 0, bytes.length, at, at + bytes.length) === 0;
}

function brandOf(brand: string): string | undefined {
  return BRANDS.find(([pattern]) => pattern.test(brand))?.[1];
}

function hasControls(sample: Buffer): boolean {
  return sample.some((byte) => byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0c && byte !== 0x0d);
}

function typeOfMarkup(head: Buffer): string | undefined {
  const text = withoutPrologue(textOf(head));
  const [, type] = MARKUP.find(([pattern]) => pattern.test(text.slice(0, MARKUP_CHARS))) ?? [];
  if (type !== "image/svg+xml") return type;
  // A drawing that runs scripts is a web page, whatever its label says.
  return ACTIVE_SVG.test(text) ? "text/html" : type;
}

const ACTIVE_SVG = /<script|<foreignobject|<iframe|\son[a-z]{3,20}\s{0,10}=|javascript:/i;
const MARKUP_CHARS = 40;

/** UTF-16 begins with its mark; everything else keeps its ASCII letters in Latin-1. */
function textOf(head: Buffer): string {
  if (head[0] === 0xff && head[1] === 0xfe) return head.toString("utf16le", 2);
  if (head[0] === 0xfe && head[1] === 0xff)
    return Buffer.from(head.subarray(2, 2 + ((head.length - 2) & ~1)))
      .swap16()
      .toString("utf16le");
  return head.toString("latin1", head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? 3 : 0);
}

/** Without white space, comments, the XML declaration and document types that are not HTML: each ends, or nothing is known. */
function withoutPrologue(text: string): string {
  let at = 0;
  for (;;) {
    while (at < text.length && text.charCodeAt(at) <= 0x20) at++;
    const end = prologueEnd(text, at);
    if (end === undefined) return text.slice(at);
    if (end < 0) return "";
    at = end;
  }
}

/** Where a prologue that begins at `at` ends; -1: never; undefined: none begins there. */
function prologueEnd(text: string, at: number): number | undefined {
  for (const [start, close] of PROLOGUES) {
    if (!start.test(text.slice(at, at + PROLOGUE_CHARS))) continue;
    const end = text.indexOf(close, at);
    return end < 0 ? -1 : end + close.length;
  }
  return undefined;
}

const PROLOGUE_CHARS = 20;
const PROLOGUES: readonly (readonly [RegExp, string])[] = [
  [/^<!--/, "-->"],
  [/^<\?xml/i, "?>"],
  [/^<!doctype (?!html)/i, ">"],
];
