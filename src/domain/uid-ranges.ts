/** `[1,2,3,7]` as `1:3,7` (RFC 3501 section 9, sequence-set). Expects ascending order. */
export function uidRange(uids: readonly number[]): string {
  const parts: string[] = [];
  for (let start = 0; start < uids.length;) {
    let end = start;
    while (end + 1 < uids.length && uids[end + 1] === (uids[end] ?? 0) + 1) end++;
    parts.push(start === end ? `${uids[start]}` : `${uids[start]}:${uids[end]}`);
    start = end + 1;
  }
  return parts.join(",");
}

export function readRanges(text: string): number[] {
  const uids: number[] = [];
  for (const part of text === "" ? [] : text.split(",")) {
    const [first = "", last = first] = part.split(":");
    for (let uid = Number(first); uid <= Number(last); uid++) uids.push(uid);
  }
  return uids;
}
