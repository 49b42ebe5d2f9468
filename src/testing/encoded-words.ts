const ENCODED_WORD = /=\?([^?\s*]+)(?:\*[^?\s]*)?\?([bq])\?([^?\s]*)\?=/gi;

/** A header for people: encoded words decoded, white space between them dropped (RFC 2047); 8-bit text read as UTF-8. */
export function decodeWords(latin1: string): string {
  const joined = latin1.replace(/(=\?[^?\s]+\?[bq]\?[^?\s]*\?=)\s+(?==\?[^?\s]+\?[bq]\?)/gi, "$1");
  let text = "";
  let rest = 0;
  for (const match of joined.matchAll(ENCODED_WORD)) {
    const [whole, charset = "", encoding = "", encoded = ""] = match;
    const bytes =
      encoding.toLowerCase() === "b" ? Buffer.from(encoded, "base64") : quotedBytes(encoded.replaceAll("_", " "), "=");
    text += utf8(joined.slice(rest, match.index)) + (decodeBytes(bytes, charset) ?? whole);
    rest = match.index + whole.length;
  }
  return text + utf8(joined.slice(rest));
}

/** `=C3=A4` or, with `%`, `%C3%A4` (RFC 2231) as the bytes they stand for. */
export function quotedBytes(text: string, sign: "=" | "%"): Buffer {
  const pattern = sign === "=" ? /=([0-9a-f]{2})/gi : /%([0-9a-f]{2})/gi;
  return Buffer.from(
    text.replace(pattern, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    "latin1",
  );
}

/** Undefined when nobody knows the charset. */
export function decodeBytes(bytes: Uint8Array, charset: string): string | undefined {
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return undefined;
  }
}

function utf8(latin1: string): string {
  return Buffer.from(latin1, "latin1").toString("utf8");
}

/** Encoded words where they are needed (RFC 2047): each at most 75 characters, never cutting a character in two. */
export function encodeWords(text: string): string {
  const line = text.replace(/[\r\n]+/g, " ");
  if (/^[\x20-\x7e]*$/.test(line)) return line;
  const words: string[] = [];
  let word = "";
  for (const character of line) {
    if (Buffer.byteLength(word + character) > MAX_WORD_BYTES) {
      words.push(word);
      word = "";
    }
    word += character;
  }
  return [...words, word].map((part) => `=?utf-8?B?${Buffer.from(part).toString("base64")}?=`).join("\r\n ");
}

/** 45 bytes are 60 characters of base64; with the frame 72 of the 75 allowed. */
const MAX_WORD_BYTES = 45;
