/** RFC 3501 section 9: a UID is a non-zero unsigned 32-bit number. */
const MAX_UID = 0xffff_ffff;

/**
 * The lowest `limit` UIDs that a server's answer names above `above`, ascending and once each. The `above` bound also
 * drops the artefact of `n:*`, which names the last mail even when it is below n (RFC 3501 section 6.4.8).
 */
export function lowestUids(answer: string | readonly number[], above: number, limit: number): number[] {
  const found = new Set<number>();
  for (const [from, to] of typeof answer === "string"
    ? ranges(answer)
    : answer.map((uid): [number, number] => [uid, uid])) {
    // A liar names 1:4294967295; no range gives more than was asked for.
    for (
      let uid = Math.max(from, above + 1), taken = 0;
      uid <= Math.min(to, MAX_UID) && taken < limit;
      uid++, taken++
    ) {
      if (uid >= 1) found.add(uid);
    }
  }
  return [...found].toSorted((a, b) => a - b).slice(0, limit);
}

function* ranges(text: string): Generator<[number, number]> {
  for (const part of text.split(",")) {
    const [first = "", last = first] = part.split(":");
    const [from, to] = [Number(first), Number(last)];
    if (Number.isSafeInteger(from) && Number.isSafeInteger(to)) yield from <= to ? [from, to] : [to, from];
  }
}
