import { type DatabaseErrorKind } from '@turnlog/call-store';

/** What became of one item of a batch. */
export type Attempt<T, R> =
  | { readonly ok: true; readonly item: T; readonly result: R }
  /** It failed by itself, whatever came with it. */
  | { readonly ok: false; readonly item: T; readonly error: unknown; readonly kind: 'row' | 'unknown' };

/** How to write a batch, all or none, and what an error of it means. */
export interface BatchWriter<T, R> {
  readonly write: (batch: readonly T[]) => Promise<readonly R[]>;
  readonly classify: (error: unknown) => DatabaseErrorKind;
}

/** With this many failures of an unknown kind and no success, it is not the rows. */
const MAX_UNKNOWN_FAILURES = 16;

/**
 * Writes a batch. When it is refused for what it holds, or for a reason nobody knows, it is halved until the items that
 * are to blame stand alone; all others are written. Throws for every error that has nothing to do with the items.
 */
export async function attemptEach<T, R>(
  batch: readonly T[],
  { write, classify }: BatchWriter<T, R>,
): Promise<Attempt<T, R>[]> {
  let unknownFailures = 0;
  let hasWritten = false;

  const attempt = async (items: readonly T[]): Promise<Attempt<T, R>[]> => {
    try {
      const results = await write(items);
      hasWritten = true;
      return items.map((item, index) => ({ ok: true, item, result: results[index] as R }));
    } catch (error) {
      const kind = classify(error);
      if (kind !== 'row' && kind !== 'unknown') throw error;
      if (kind === 'unknown') unknownFailures += 1;
      if (unknownFailures >= MAX_UNKNOWN_FAILURES && !hasWritten) throw error;
      const [item] = items;
      if (items.length === 1 && item !== undefined) return [{ ok: false, item, error, kind }];
      const middle = Math.ceil(items.length / 2);
      return [...(await attempt(items.slice(0, middle))), ...(await attempt(items.slice(middle)))];
    }
  };
  return batch.length === 0 ? [] : attempt(batch);
}
