/**
 * Results in the order of their items, with up to `limit` of them being worked on. Rejects with the first failure in that
 * order; what is under way then, or when the consumer stops, goes on and its end is ignored.
 */
export async function* inOrder<T, R>(
  items: Iterable<T>,
  limit: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R, void> {
  const underWay: Promise<R>[] = [];
  for (const item of items) {
    const result = work(item);
    // Heard when it is its turn; until then it must not count as unhandled.
    result.catch(() => undefined);
    underWay.push(result);
    const first = underWay.length >= limit ? underWay.shift() : undefined;
    if (first) yield await first;
  }
  for (const result of underWay) yield await result;
}
