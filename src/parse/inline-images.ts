import type { SavedAttachment } from "./attachments.ts";
import { IMAGE } from "./reply/marks.ts";

/** A picture of the mail by its Content-ID: marked, where it stood in HTML; Outlook writes the same into plain text. */
const IMAGE_TOKEN = new RegExp(String.raw`( ?)(${IMAGE})?\[cid:([^\]\s]{1,200})\]`, "gu");

/** What `visible-html` writes where a picture of the mail itself stands (RFC 2392); empty when `src` is none. */
export function imageToken(src: string): string {
  const written = /^\s*cid:([^\]\s<>&"]{1,200})\s*$/i.exec(src)?.[1];
  return written === undefined ? "" : `${IMAGE}[cid:${written}]`;
}

/** The text with the names of its pictures where they stood. Of one that the mail does not have nothing is said. */
export function withImageNames(text: string, attachments: readonly SavedAttachment[]): string {
  if (!text.includes("[cid:")) return text;
  const names = new Map(attachments.map(({ contentId = "", filename }) => [bareId(contentId), filename]));
  return text.replace(IMAGE_TOKEN, (token, space: string, mark: string | undefined, id: string) => {
    const name = names.get(bareId(id)) ?? names.get(bareId(decoded(id)));
    if (name !== undefined) return `${space}[${name}]`;
    return mark === undefined ? token : "";
  });
}

function bareId(id: string): string {
  return id.trim().replace(/^<|>$/g, "").toLowerCase();
}

/** RFC 2392: an id in a URL is percent-encoded. */
function decoded(id: string): string {
  try {
    return decodeURIComponent(id);
  } catch {
    return id;
  }
}

/** Too small to be seen, so there to tell that the mail was opened. */
export function isPixel({ width = "", height = "", style = "" }: Readonly<Record<string, string>>): boolean {
  const size = /^\s*[01](?:px)?\s*$/;
  const styled = /(?:^|[;\s])(?:width|height)\s*:\s*[01](?:px)?\s*(?:;|!|$)/i;
  return size.test(width) || size.test(height) || styled.test(style.slice(0, 1_000));
}
