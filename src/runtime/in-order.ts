/**
 * Results in the order of their items, with up to `limit` of them being worked on; a result does not wait for the next
 * item to come. Rejects with the first failure in that order, and with one of the items' once all before it are through.
 * What is under way when the consumer stops goes on, and its end is ignored.
 */
export async function* inOrder<T, R>(
  items: AsyncIterator<T, void>,
  limit: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R, void> {
  const underWay: Promise<R>[] = [];
  let coming: Promise<IteratorResult<T, void>> | undefined = heardLater(items.next());
  while (coming !== undefined || underWay.length > 0) {
    const [oldest] = underWay;
    const next: Promise<IteratorResult<T, void>> | undefined = underWay.length < limit ? coming : undefined;
    const arrived =
      next && (await Promise.race([next, ...(oldest ? [oldest.then(nothing, nothing)] : [])]).catch(nothing));
    if (arrived?.done === false) {
      underWay.push(heardLater(work(arrived.value)));
      coming = heardLater(items.next());
    } else if (oldest) {
      if (arrived?.done === true) coming = undefined;
      yield await oldest;
      void underWay.shift();
    } else if (next) {
      // Nothing is under way: what has come is the end, or the items' failure.
      if ((await next).done === true) coming = undefined;
    }
  }
}

/** A failure is heard when it is its turn; until then it must not count as unhandled. */
function heardLater<P extends Promise<unknown>>(promise: P): P {
  promise.catch(nothing);
  return promise;
}

function nothing(): undefined {
  return undefined;
}
