import type { Clock } from "../runtime/clock.ts";
import type { ImapStructure } from "./imap-client.ts";
import type { MimePart } from "./session.ts";

/** Far deeper than mail that people write, and far from the end of the stack. */
const MAX_DEPTH = 50;

/** The library's reading of BODYSTRUCTURE in our words. A mail of one part has the section `1` (RFC 3501 section 6.4.5). */
export function toMimePart(node: ImapStructure, depth = 0): MimePart {
  const children = depth < MAX_DEPTH ? (node.childNodes ?? []).map((child) => toMimePart(child, depth + 1)) : [];
  const filename = node.dispositionParameters?.["filename"] ?? node.parameters?.["name"];
  return {
    section: node.part ?? (node.type.startsWith("multipart/") ? "" : "1"),
    type: node.type.toLowerCase(),
    parameters: node.parameters ?? {},
    ...(node.disposition ? { disposition: node.disposition.toLowerCase() } : {}),
    ...(filename ? { filename } : {}),
    ...(node.id ? { contentId: node.id.replace(/^<|>$/g, "") } : {}),
    ...(node.encoding ? { encoding: node.encoding.toLowerCase() } : {}),
    encodedBytes: node.size ?? 0,
    children,
  };
}

/** NIL comes from the library as false, or not at all. */
export function bytes(value: unknown): Buffer | undefined {
  return Buffer.isBuffer(value) ? value : undefined;
}

/** INTERNALDATE is the server's own; when it cannot be read, now is the best guess there is. */
export function readDate(value: Date | string | undefined, clock: Clock): Date {
  const date = value instanceof Date ? value : new Date(value ?? Number.NaN);
  return Number.isNaN(date.getTime()) ? new Date(clock.now()) : date;
}
