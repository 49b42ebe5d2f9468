import type { Listed } from "./mail-source.ts";

/** Runs of items that together weigh no more than `maxBytes`; a heavier one stands alone. */
export function* bySize<T>(items: readonly T[], bytesOf: (item: T) => number, maxBytes: number): Generator<T[]> {
  let group: T[] = [];
  let bytes = 0;
  for (const item of items) {
    const itemBytes = bytesOf(item);
    if (group.length > 0 && bytes + itemBytes > maxBytes) {
      yield group;
      [group, bytes] = [[], 0];
    }
    group.push(item);
    bytes += itemBytes;
  }
  if (group.length > 0) yield group;
}

/** The UIDs that an answer left out. */
export function without(uids: readonly number[], listed: readonly { readonly uid: number }[]): number[] {
  const there = new Set(listed.map(({ uid }) => uid));
  return uids.filter((uid) => !there.has(uid));
}

/** A mail that is expunged meanwhile is still listed, with nothing in it. */
export function answered(listed: readonly Listed[]): Listed[] {
  return listed.filter(({ start }) => start !== undefined && start.length > 0);
}
