import { isMadeUpMessageId, messageIds } from "../domain/message-id.ts";

/** Headers of the mail being answered, as received; absent headers are undefined. */
export interface ParentHeaders {
  readonly messageId: string | undefined;
  readonly references: string | undefined;
  readonly inReplyTo: string | undefined;
}

export interface ThreadHeaders {
  readonly inReplyTo: string | undefined;
  readonly references: readonly string[];
}

/** The root and the last twenty: more only makes every mail of a long thread longer. */
const MAX_REFERENCES = 21;
const MAX_REFERENCES_BYTES = 8 * 1024;

/** Places a reply under its parent (RFC 5322 section 3.6.4). */
export function threadUnder(parent: ParentHeaders): ThreadHeaders {
  const parentId = usableIds(parent.messageId).at(0);
  const ancestors = usableIds(parent.references);
  const repliedTo = usableIds(parent.inReplyTo);
  // In-Reply-To stands in for References only when it names one message.
  const chain = ancestors.length > 0 ? ancestors : repliedTo.length === 1 ? repliedTo : [];
  const all = [...new Set(chain)].filter((id) => id !== parentId);
  if (parentId !== undefined) all.push(parentId);
  return {
    // A parent that had no Message-ID got one from us, which names the thread and nothing that anybody has.
    inReplyTo: parentId !== undefined && isMadeUpMessageId(parentId) ? undefined : parentId,
    references: keepRoot(all),
  };
}

/** Some readers decode RFC 2047 words in every header, and an id may hold one that decodes to a line break. */
function usableIds(header: string | undefined): string[] {
  return messageIds(header).filter((id) => !id.includes("=?"));
}

/** The root always stays, so the thread keeps its name; then as many of the newest as there is room for. */
function keepRoot([root, ...rest]: readonly string[]): readonly string[] {
  if (root === undefined) return [];
  const newest: string[] = [];
  let bytes = Buffer.byteLength(root);
  for (const id of rest.slice(1 - MAX_REFERENCES).toReversed()) {
    bytes += Buffer.byteLength(id) + 1;
    if (bytes > MAX_REFERENCES_BYTES) break;
    newest.unshift(id);
  }
  return [root, ...newest];
}
