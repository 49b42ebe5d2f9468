/** RFC 2047 section 2: `=?charset?B|Q?text?=`. */
const ENCODED_WORD = /=\?([^?\s]{1,40})\?([bq])\?([^?\s]*)\?=/gi;

/** What a person's mail program would show for this phrase. Undecodable words stay as they are. */
export function decodeWords(text: string): string {
  return text
    .replace(/(\?=)\s+(?==\?)/g, "$1")
    .replace(ENCODED_WORD, (word, charset: string, encoding: string, content: string) => {
      const bytes =
        encoding.toLowerCase() === "b"
          ? Buffer.from(content, "base64")
          : Buffer.from(
              content
                .replaceAll("_", " ")
                .replace(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
              "latin1",
            );
      try {
        // RFC 2231 section 5 allows a language behind the charset.
        return new TextDecoder(charset.replace(/\*.*$/, "")).decode(bytes);
      } catch {
        return word;
      }
    });
}
