/** Longer ids do not fit a header line of 998 bytes with room to spare, and no mailer makes them. */
const MAX_ID_BYTES = 250;

/** A conversation longer than this keeps its root and its newest mails. */
const MAX_IDS = 100;

/** Above any honest References header; what is beyond is not looked at. */
const MAX_HEADER_CHARS = 256 * 1024;

/** RFC 5322 section 3.6.4, leniently: anything printable around one `@`, but nothing that could leave the brackets. */
const MESSAGE_ID = /^<[!-;=?-~]+@[!-;=?-~]+>$/;

/** Whether `id`, brackets included, can be put into a header as it is. */
export function isMessageId(id: string): boolean {
  return id.length <= MAX_ID_BYTES && MESSAGE_ID.test(id);
}

/**
 * Every Message-ID in a header, with angle brackets, in order and each once. Ids folded in the middle are mended; where
 * no id has brackets (some Exchange and iOS versions) bare ids between blanks and commas are taken. What is not an id
 * is left out. At most 100: the first, which names the conversation, and the last ones.
 */
export function messageIds(header = ""): string[] {
  const text = header.slice(0, MAX_HEADER_CHARS);
  const bracketed = [...text.matchAll(/<[^<>]*>/g)].map(([id]) => id.replace(/\s+/g, ""));
  const candidates = bracketed.length > 0 ? bracketed : text.split(/[\s,;]+/).map((word) => `<${word}>`);
  const ids = [...new Set(candidates.filter(isMessageId))];
  return ids.length <= MAX_IDS ? ids : [...ids.slice(0, 1), ...ids.slice(1 - MAX_IDS)];
}

/** RFC 6761 section 6.4: nobody has this domain, so no server could have given such an id. */
const MADE_UP = /^<mailport\.[0-9a-f]{32}@local\.invalid>$/;

/** For a mail that has none: `hex` is 32 hex digits that are the same on every reading of it. */
export function madeUpMessageId(hex: string): string {
  return `<mailport.${hex}@local.invalid>`;
}

export function isMadeUpMessageId(id: string): boolean {
  return MADE_UP.test(id);
}
