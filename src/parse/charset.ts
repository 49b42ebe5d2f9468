import { utf8OrLatin1 } from "./header.ts";

/**
 * How one text part's bytes become characters.
 * `bytes`: no charset, one that says nothing, or UTF-8, which is said of much that is not; told apart afterwards.
 */
export type CharsetPlan = { readonly kind: "declared" | "bytes" | "unknown"; readonly charset: string };

/** Carries every byte as the character of the same number, so that nothing is lost before it is decoded. */
const BYTE_CHARSET = "binary";

/** Code pages that mail has, the decoder knows and browsers do not. */
const CODE_PAGE = /^(?:cp|ibm|windows|win|dos|mac|x-mac|iso-ir|iso-8859|tis)[-_]?[a-z0-9-]{1,12}$/;

export function charsetPlan(declared: string | undefined): CharsetPlan {
  const name = (declared ?? "").trim().toLowerCase();
  if (name === "" || /^utf-?8$|^(?:us-?)?ascii$|^ansi_x3|^(?:default|unknown|none|8bit)/.test(name))
    return { kind: "bytes", charset: BYTE_CHARSET };
  return isKnown(name) ? { kind: "declared", charset: name } : { kind: "unknown", charset: BYTE_CHARSET };
}

/** Text that was carried byte by byte: UTF-8 when some of it is that and can be nothing else, else windows-1252. */
export function textOfBytes(carried: string): string {
  if (!/[\u0080-\u00ff]/.test(carried)) return carried;
  const bytes = Buffer.from(carried, "latin1");
  const text = bytes.toString("utf8").replace(/^\ufeff/, "");
  // One letter that was cut in half makes no other charset of the rest.
  return !text.includes("\ufffd") || /[^\u0000-\u007f\ufffd]/.test(text) ? text : utf8OrLatin1(bytes);
}

/** UTF-7 is not, and must not be: it hides markup from whoever looks for "<". */
function isKnown(name: string): boolean {
  if (CODE_PAGE.test(name)) return true;
  try {
    return new TextDecoder(name).encoding !== "replacement";
  } catch {
    return false;
  }
}
