import { type DatabaseErrorKind } from '@turnlog/call-store';

/**
 * Why an item failed: for what it holds; for an unknown reason; or only for now, because it takes too long or another
 * transaction locks it.
 */
export type FailureKind = 'row' | 'unknown' | 'slow';

/** The result of one item of a batch. */
export type Attempt<T, R> =
  | { readonly ok: true; readonly item: T; readonly result: R }
  /** It failed by itself, whatever was in the batch beside it. */
  | { readonly ok: false; readonly item: T; readonly error: unknown; readonly kind: FailureKind };

/** How a batch is bisected. */
interface BisectOptions {
  readonly classify: (error: unknown) => DatabaseErrorKind;
  /** How many items are run at once; by default all. */
  readonly size?: BatchSize;
}

/** With this many failures of an unknown kind and no success, the items are not the cause. */
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
 * Runs a batch, all or none. When it fails for what it holds, for an unknown reason, or because it took too long, it is
 * halved until the items that fail stand alone; all others are run. Throws for every error that has nothing to do with
 * the items.
 */
export async function bisect<T, R>(
  items: readonly T[],
  run: (some: readonly T[]) => Promise<readonly R[]>,
  options: BisectOptions,
): Promise<Attempt<T, R>[]> {
  const bisection = new Bisection(run, options);
  const attempts: Attempt<T, R>[] = [];
  while (attempts.length < items.length) {
    const size = options.size?.items ?? items.length;
    attempts.push(...(await bisection.attempt(items.slice(attempts.length, attempts.length + size))));
  }
  return attempts;
}

/** One batch in progress. */
class Bisection<T, R> {
  readonly #run: (some: readonly T[]) => Promise<readonly R[]>;
  readonly #options: BisectOptions;
  #unknownFailures = 0;
  #slowItems = 0;
  #hasSucceeded = false;
  #lastError: unknown;

  constructor(run: (some: readonly T[]) => Promise<readonly R[]>, options: BisectOptions) {
    this.#run = run;
    this.#options = options;
  }

  async attempt(items: readonly T[]): Promise<Attempt<T, R>[]> {
    if (this.#slowItems >= MAX_SLOW_ITEMS && !this.#hasSucceeded)
      return items.map((item) => ({ ok: false, item, error: this.#lastError, kind: 'slow' }));
    try {
      const results = await this.#run(items);
      this.#hasSucceeded = true;
      this.#options.size?.succeeded(items.length);
      return items.map((item, index) => ({ ok: true, item, result: results[index] as R }));
    } catch (error) {
      return this.#halve(items, error);
    }
  }

  async #halve(items: readonly T[], error: unknown): Promise<Attempt<T, R>[]> {
    const { classify, size } = this.#options;
    const databaseKind = classify(error);
    const kind = FAILURE_KINDS[databaseKind];
    if (kind === undefined) throw error;
    if (kind === 'unknown') this.#unknownFailures += 1;
    if (this.#unknownFailures >= MAX_UNKNOWN_FAILURES && !this.#hasSucceeded) throw error;
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

/**
 * How many items are run at once. A batch that takes too long is run again in halves, and the size that worked is kept: it
 * grows by one with each full batch that succeeds. So a slow Postgres receives what it can write in time.
 */
export class BatchSize {
  readonly #max: number;
  #items: number;

  constructor(max: number) {
    this.#max = max;
    this.#items = max;
  }

  get items(): number {
    return this.#items;
  }

  timedOut(items: number): void {
    this.#items = Math.max(1, Math.min(this.#items, Math.floor(items / 2)));
  }

  succeeded(items: number): void {
    if (items >= this.#items) this.#items = Math.min(this.#max, this.#items + 1);
  }
}
