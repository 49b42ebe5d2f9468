const TAG = /^[ \t\r\n]*([A-Za-z][A-Za-z0-9_]*)[ \t\r\n]*=([^]*)$/;

/** `a=b; c=d` (RFC 6376 section 3.2), values trimmed; undefined when it is not one, or names a tag twice. */
export function readTags(text: string): ReadonlyMap<string, string> | undefined {
  const tags = new Map<string, string>();
  for (const piece of text.split(";")) {
    if (piece.trim() === "") continue;
    const [, name, value] = TAG.exec(piece) ?? [];
    if (name === undefined || value === undefined || tags.has(name)) return undefined;
    tags.set(name, value.trim());
  }
  return tags;
}

/** Base64 with white space anywhere in it; undefined when it is something else. */
export function readBase64(text: string | undefined): Buffer | undefined {
  const packed = text?.replace(/[ \t\r\n]+/g, "");
  return packed !== undefined && /^[A-Za-z0-9+/]+={0,2}$/.test(packed) ? Buffer.from(packed, "base64") : undefined;
}
