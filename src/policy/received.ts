import { isIP } from "node:net";

/** What one Received header says of the server that wrote it (RFC 5321 section 4.4). */
export interface Hop {
  /** Lower case; empty when it cannot be read. */
  readonly by: string;
  /** What the other side called itself: anybody may say anything here. Empty without a `from`. */
  readonly from: string;
  /** RFC 2033: spoken between a mail server and its own mailboxes, never on the way in from outside. */
  readonly lmtp: boolean;
  /** The other side had an address that anybody on the Internet can have. */
  readonly fromPublicAddress: boolean;
}

const MAX_CHARS = 4_096;

export function readHop(value: string): Hop {
  const text = value.slice(0, MAX_CHARS).toLowerCase();
  const words = withoutComments(text)
    .replace(/;[^;]*$/, "")
    .split(/\s+/)
    .filter(Boolean);
  const hasFrom = words[0] === "from";
  const byAt = words.indexOf("by", hasFrom ? 2 : 0);
  const withAt = byAt < 0 ? -1 : words.indexOf("with", byAt + 2);
  return {
    by: byAt < 0 ? "" : (words[byAt + 1] ?? "").replace(/\.$/, ""),
    from: hasFrom ? (words[1] ?? "").replace(/\.$/, "") : "",
    lmtp: withAt >= 0 && /^lmtps?a?$/.test(words[withAt + 1] ?? ""),
    fromPublicAddress: hasFrom && addressesBefore(text, " by ").some((address) => !isPrivate(address)),
  };
}

/** Innermost comments first, in one pass; what is left of unbalanced ones stays and makes the rest unreadable. */
function withoutComments(text: string): string {
  let depth = 0;
  let kept = "";
  for (const piece of text.split(/([()])/)) {
    if (piece === "(") depth++;
    else if (piece === ")") depth = Math.max(0, depth - 1);
    else kept += depth === 0 ? piece : " ";
  }
  return kept;
}

/** IP addresses in the `from` clause and its comments. */
function addressesBefore(text: string, end: string): string[] {
  const at = text.lastIndexOf(end);
  return text
    .slice(0, at < 0 ? undefined : at)
    .split(/[^0-9a-f.:]+/)
    .map((word) => word.replace(/^(?:ipv)?6?:(?=[0-9a-f:])/, (prefix) => (prefix === ":" ? ":" : "")))
    .filter((word) => isIP(word) !== 0);
}

/** RFC 1918, RFC 4193, loopback and link-local. */
const PRIVATE =
  /^(?:127\.|10\.|192\.168\.|169\.254\.|172\.(?:1[6-9]|2\d|3[01])\.|::1$|f[cd][0-9a-f]{2}:|fe[89ab][0-9a-f]:)/;

function isPrivate(address: string): boolean {
  return PRIVATE.test(address);
}
