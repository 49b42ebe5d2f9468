import type { FolderStart } from "../domain/store.ts";
import type { MailboxSession } from "./session.ts";

export type StartFrom = "unseen" | "now" | "all";

/** A search limit needs an end even when `backlogLimit` is switched off. */
const MAX_BACKLOG = 1_000_000;
/** One command's worth of dates. */
const DATES_AT_ONCE = 1_000;

const NO_PART = { part: "nothing", maxBytes: 0 } as const;

/** What is ours of a folder that has never been looked at; undefined backlog: there is more than `backlogLimit`. */
export async function firstLook(
  session: MailboxSession,
  startFrom: StartFrom,
  backlogLimit: number,
): Promise<{ startUid: number; backlog: readonly number[] | undefined }> {
  const startUid = session.uidNext - 1;
  if (startFrom === "now") return { startUid, backlog: [] };
  const query = startFrom === "all" ? { above: 0 } : { unseenAbove: 0 };
  const found = await session.search(query, Math.min(backlogLimit, MAX_BACKLOG) + 1);
  if (found.length > backlogLimit) return { startUid, backlog: undefined };
  return { startUid: Math.max(startUid, found.at(-1) ?? 0), backlog: found };
}

/** When the newest mail that is here now was received, and a second: INTERNALDATE has no finer step. Null: there is none. */
export async function afterAllOf(session: MailboxSession): Promise<number | null> {
  const newest = (await session.search({ above: 0 }, MAX_BACKLOG)).at(-1);
  if (newest === undefined) return null;
  const [listed] = await session.summaries([newest], NO_PART);
  return listed ? listed.receivedAt.getTime() + 1_000 : null;
}

/**
 * What is ours of a folder whose numbers mean nothing any more: what is unread, but for mail from before our time. What has
 * been answered is recognised by what is in it. UIDNEXT is not believed here: it may be what has gone wrong.
 */
export async function lookAgain(session: MailboxSession, notBefore: number | null): Promise<FolderStart> {
  const all = await session.search({ above: 0 }, MAX_BACKLOG);
  const unread = await session.search({ unseenAbove: 0 }, MAX_BACKLOG);
  const backlog = notBefore === null ? unread : await receivedSince(session, unread, notBefore);
  return { uidValidity: session.uidValidity, startUid: all.at(-1) ?? 0, backlog, notBefore };
}

async function receivedSince(session: MailboxSession, uids: readonly number[], notBefore: number): Promise<number[]> {
  const ours: number[] = [];
  for (let from = 0; from < uids.length; from += DATES_AT_ONCE) {
    const listed = await session.summaries(uids.slice(from, from + DATES_AT_ONCE), NO_PART);
    ours.push(...listed.filter(({ receivedAt }) => receivedAt.getTime() >= notBefore).map(({ uid }) => uid));
  }
  return ours.toSorted((a, b) => a - b);
}
