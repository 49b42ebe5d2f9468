/** Every mail of the folder up to `uid` is known. Means nothing under another UIDVALIDITY (RFC 3501 section 2.3.1.1). */
export interface Cursor {
  readonly uidValidity: string;
  readonly uid: number;
}

export interface OpenedFolder {
  readonly uidValidity: string;
  readonly uidNext: number;
}

export type Arrival =
  /** Never been here: `startFrom` decides. */
  | { readonly kind: "first" }
  /** Known: what is above the cursor is new. */
  | { readonly kind: "known"; readonly cursor: Cursor }
  /** The server numbers UIDs from a lower point than it did; what is above that point is looked at again. */
  | { readonly kind: "shrunk"; readonly cursor: Cursor }
  /** All UIDs are void: what is unread is looked at again, and known mails are recognised by what is in them. */
  | { readonly kind: "renumbered" };

export function arrive(cursor: Cursor | undefined, { uidValidity, uidNext }: OpenedFolder): Arrival {
  if (cursor === undefined) return { kind: "first" };
  if (cursor.uidValidity !== uidValidity) return { kind: "renumbered" };
  // RFC 3501 section 2.3.1.1 forbids it, and it has been seen.
  if (uidNext - 1 < cursor.uid) return { kind: "shrunk", cursor: { uidValidity, uid: uidNext - 1 } };
  return { kind: "known", cursor };
}

/** The cursor after a search answered `uids`; UIDNEXT covers what came and went before we looked. */
export function advance(cursor: Cursor, uids: readonly number[]): Cursor {
  const highest = uids.at(-1) ?? 0;
  return highest > cursor.uid ? { ...cursor, uid: highest } : cursor;
}
