/** Every mail of the folder up to `uid` is known. Means nothing under another UIDVALIDITY (RFC 3501 section 2.3.1.1). */
export interface Cursor {
  readonly uidValidity: string;
  readonly uid: number;
}

export interface OpenedFolder {
  readonly uidValidity: string;
  readonly uidNext: number;
}

/**
 * `first`: never been here. `known`: what is above the cursor is new. `shrunk`: the server numbers UIDs from a lower point
 * than it did, which RFC 3501 section 2.3.1.1 forbids and which has been seen. `renumbered`: all UIDs are void.
 */
export type Arrival = "first" | "known" | "shrunk" | "renumbered";

export function arrive(cursor: Cursor | undefined, { uidValidity, uidNext }: OpenedFolder): Arrival {
  if (cursor === undefined) return "first";
  if (cursor.uidValidity !== uidValidity) return "renumbered";
  return uidNext - 1 < cursor.uid ? "shrunk" : "known";
}

/** The cursor after a search answered `uids`; UIDNEXT covers what came and went before we looked. */
export function advance(cursor: Cursor, uids: readonly number[]): Cursor {
  const highest = uids.at(-1) ?? 0;
  return highest > cursor.uid ? { ...cursor, uid: highest } : cursor;
}
