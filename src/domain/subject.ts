/**
 * What mailers put in front of a subject when they answer, in lower case. Forward marks (Fwd:, WG:, TR:) are not here:
 * a forward is a new subject. Single letters ("R:", "A:") are left out, they also begin ordinary subjects.
 */
const REPLY_PREFIXES = [
  "re",
  "ré",
  "aw", // German
  "antw", // Dutch
  "sv", // Swedish, Norwegian, Danish
  "vs", // Finnish
  "odp", // Polish, Czech, Slovak
  "odpoveď",
  "rif", // Italian
  "res", // Portuguese
  "ynt", // Turkish
  "vá", // Hungarian
  "atb", // Welsh
  "bls", // Indonesian
  "απ", // Greek
  "отв", // Russian
  "ответ",
  "відп", // Ukrainian
  "השב", // Hebrew
  "رد", // Arabic
  "回复", // Chinese
  "回覆",
  "答复",
  "答覆",
  "返信", // Japanese
  "회신", // Korean
  "답장",
];

/** `Re:`, `RE[2]:`, `Re (3) :`, `AW：`; sticky, so that a thousand of them in a row are read in one pass. */
const REPLY_PREFIX = new RegExp(
  String.raw`\s*(?:${REPLY_PREFIXES.join("|")})\.?\s{0,3}(?:\[\d{1,4}\]|\(\d{1,4}\)|\^\d{1,4})?\s{0,3}[:：]`,
  "iuy",
);

/** The subject of the conversation: without reply prefixes, however many; the rest as it was, trimmed. */
export function baseSubject(subject: string): string {
  let end = 0;
  for (;;) {
    REPLY_PREFIX.lastIndex = end;
    if (!REPLY_PREFIX.test(subject)) return subject.slice(end).trim();
    end = REPLY_PREFIX.lastIndex;
  }
}
