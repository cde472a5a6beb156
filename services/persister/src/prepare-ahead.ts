/** Prepares each item while what came of the one before it is in use. Yields in the order of the items. */
export async function* prepareAhead<T, R>(
  items: readonly T[],
  prepare: (item: T) => Promise<R>,
): AsyncGenerator<R, void, undefined> {
  let upcoming = items[0] === undefined ? undefined : begin(items[0], prepare);
  for (let next = 1; upcoming !== undefined; next += 1) {
    const prepared = await upcoming;
    const item = items[next];
    upcoming = item === undefined ? undefined : begin(item, prepare);
    yield prepared;
  }
}

function begin<T, R>(item: T, prepare: (item: T) => Promise<R>): Promise<R> {
  const prepared = prepare(item);
  // Its failure is told when its turn comes. Until then nobody waits for it, which Node takes for an unhandled one.
  prepared.catch(() => undefined);
  return prepared;
}
