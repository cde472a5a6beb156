import { type DatabaseErrorKind } from '@turnlog/call-store';
import { type WriteSize } from './write-size.ts';

/**
 * Why an item failed: for what it holds; for a reason that is not known; or only for now, because it takes too long or
 * another transaction is in its way.
 */
export type FailureKind = 'row' | 'unknown' | 'slow';

/** What became of one item of a batch. */
export type Attempt<T, R> =
  | { readonly ok: true; readonly item: T; readonly result: R }
  /** It failed by itself, whatever came with it. */
  | { readonly ok: false; readonly item: T; readonly error: unknown; readonly kind: FailureKind };

/** How to write a batch, all or none, and what an error of it means. */
export interface BatchWriter<T, R> {
  readonly write: (batch: readonly T[]) => Promise<readonly R[]>;
  readonly classify: (error: unknown) => DatabaseErrorKind;
  /** How many items are written at once; by default all. */
  readonly size?: WriteSize;
}

/** With this many failures of an unknown kind and no success, it is not the rows. */
const MAX_UNKNOWN_FAILURES = 16;
/** With this many items that took too long alone, and no success, the others of the batch would as well. */
const MAX_SLOW_ITEMS = 3;

const FAILURE_KINDS: Readonly<Partial<Record<DatabaseErrorKind, FailureKind>>> = {
  row: 'row',
  unknown: 'unknown',
  timeout: 'slow',
  locked: 'slow',
  retry: 'slow',
};

/**
 * Writes a batch. When it is refused for what it holds, for a reason that is not known, or because it took too long, it is
 * halved until the items that are to blame stand alone; all others are written. Throws for every error that has nothing
 * to do with the items.
 */
export async function attemptEach<T, R>(
  batch: readonly T[],
  writer: BatchWriter<T, R>,
): Promise<Attempt<T, R>[]> {
  const run = new BatchRun(writer);
  const attempts: Attempt<T, R>[] = [];
  while (attempts.length < batch.length) {
    const size = writer.size?.calls ?? batch.length;
    attempts.push(...(await run.attempt(batch.slice(attempts.length, attempts.length + size))));
  }
  return attempts;
}

/** One batch on its way. */
class BatchRun<T, R> {
  readonly #writer: BatchWriter<T, R>;
  #unknownFailures = 0;
  #slowItems = 0;
  #hasWritten = false;
  #lastError: unknown;

  constructor(writer: BatchWriter<T, R>) {
    this.#writer = writer;
  }

  async attempt(items: readonly T[]): Promise<Attempt<T, R>[]> {
    if (this.#slowItems >= MAX_SLOW_ITEMS && !this.#hasWritten)
      return items.map((item) => ({ ok: false, item, error: this.#lastError, kind: 'slow' }));
    const { write, size } = this.#writer;
    try {
      const results = await write(items);
      this.#hasWritten = true;
      size?.written(items.length);
      return items.map((item, index) => ({ ok: true, item, result: results[index] as R }));
    } catch (error) {
      return this.#halve(items, error);
    }
  }

  async #halve(items: readonly T[], error: unknown): Promise<Attempt<T, R>[]> {
    const { classify, size } = this.#writer;
    const databaseKind = classify(error);
    const kind = FAILURE_KINDS[databaseKind];
    if (kind === undefined) throw error;
    if (kind === 'unknown') this.#unknownFailures += 1;
    if (this.#unknownFailures >= MAX_UNKNOWN_FAILURES && !this.#hasWritten) throw error;
    if (databaseKind === 'timeout') size?.timedOut(items.length);
    const [item] = items;
    if (items.length === 1 && item !== undefined) {
      if (kind === 'slow') this.#slowItems += 1;
      this.#lastError = error;
      return [{ ok: false, item, error, kind }];
    }
    const middle = Math.ceil(items.length / 2);
    return [...(await this.attempt(items.slice(0, middle))), ...(await this.attempt(items.slice(middle)))];
  }
}
