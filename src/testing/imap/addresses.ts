import { trimAscii } from "../../domain/trim.ts";

/** One entry of an address list; a group's begin has only `mailbox`, its end has nothing (RFC 3501 section 7.4.2). */
export interface EnvelopeAddress {
  readonly name?: string;
  readonly mailbox?: string;
  readonly host?: string;
}

/** A header with more addresses than this is an attack. */
const MAX_ADDRESSES = 10_000;

/** The entries of an address header (RFC 5322 section 3.4), read forgivingly: nobody's mail is refused for its To. */
export function parseAddresses(header: string): EnvelopeAddress[] {
  const entries: EnvelopeAddress[] = [];
  let text = "";
  let angle: string | undefined;
  const finish = () => {
    const entry = entryOf(text, angle);
    if (entry) entries.push(entry);
    text = "";
    angle = undefined;
  };
  for (const [token] of header.matchAll(/"(?:[^"\\]|\\.)*"|\((?:[^()\\]|\\.)*\)|<[^>]*>|[,:;]|[^",:;<(]+|./gs)) {
    if (entries.length >= MAX_ADDRESSES) break;
    if (token === ",") {
      finish();
    } else if (token === ":") {
      entries.push({ mailbox: unquoted(text) });
      text = "";
    } else if (token === ";") {
      finish();
      entries.push({});
    } else if (token.startsWith("<")) {
      angle = token.slice(1).replace(/>$/, "").trim();
    } else if (!token.startsWith("(")) {
      text += token;
    }
  }
  finish();
  return entries;
}

function entryOf(text: string, angle: string | undefined): EnvelopeAddress | undefined {
  const address = angle ?? text.replace(/\s+/g, "");
  if (address === "" && text.trim() === "") return undefined;
  const at = address.lastIndexOf("@");
  const name = angle === undefined ? "" : unquoted(text);
  return {
    ...(name ? { name } : {}),
    mailbox: unquoted(at < 0 ? address : address.slice(0, at)),
    host: at < 0 ? "" : address.slice(at + 1),
  };
}

function unquoted(text: string): string {
  return trimAscii(text)
    .replace(/"((?:[^"\\]|\\.)*)"/g, (_, inner: string) => inner.replace(/\\(.)/g, "$1"))
    .replace(/[ \t\r\n]+/g, " ");
}
