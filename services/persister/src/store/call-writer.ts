import {
  classifyDatabaseError,
  STATEMENT_TIMEOUT_MS,
  type CallSegment,
  type CallStore,
  type WriteOptions,
  type WriteOutcome,
} from '@turnlog/call-store';
import { backoffDelayMs, sleep } from '@turnlog/service-kit';
import { BatchSize, bisect, type Attempt } from './bisect.ts';
import {
  bytesOfRow,
  outcomesOf,
  pointerOf,
  summaryOf,
  writesOf,
  type BrokenCall,
  type FoldedCall,
  type PersistedCall,
} from './call-outcome.ts';
import { toDatabaseTrouble, type DatabaseTrouble, type DatabaseWatch } from './database-watch.ts';

/** What the writer needs of the store. */
export type CallTables = Pick<CallStore, 'writeCalls' | 'archiveEvents' | 'mergeCall'>;

/** How calls are written. */
interface CallWriterOptions {
  /** The most calls of one statement. */
  readonly maxCalls: number;
  /** Called with the first calls that have to wait because of trouble with Postgres. */
  readonly onPaused: (calls: readonly FoldedCall[], trouble: DatabaseTrouble) => void;
}

/** A large row gets this much more time than the others, by its size. */
const BYTES_PER_MS = 1_000;
/** Below this, it gets no timeout of its own, which would cost it a transaction of several round trips. */
const LARGE_BYTES = 4_000_000;
const MAX_TIMEOUT_MS = 300_000;

const CONFLICT_ATTEMPTS = 5;
const CONFLICT_BACKOFF = { minMs: 5, maxMs: 200, jitter: 'full' } as const;

const classify = classifyDatabaseError;

/**
 * Writes calls so that one that fails does not fail the others. Throws a `DatabaseTrouble` when Postgres accepts nothing at
 * present; some of the calls may have been written by then, and writing them again changes nothing.
 */
export class CallWriter {
  readonly #store: CallTables;
  readonly #watch: DatabaseWatch;
  readonly #onPaused: CallWriterOptions['onPaused'];
  readonly #size: BatchSize;

  constructor(store: CallTables, watch: DatabaseWatch, { maxCalls, onPaused }: CallWriterOptions) {
    this.#store = store;
    this.#watch = watch;
    this.#onPaused = onPaused;
    this.#size = new BatchSize(maxCalls);
  }

  /** Writes rows and segments. Calls that were too slow before get more time with each earlier attempt. */
  async write(calls: readonly FoldedCall[], earlierAttempts = 0): Promise<(PersistedCall | BrokenCall)[]> {
    const succeeded = this.#watch.began();
    const options = timeoutOf(calls, earlierAttempts);
    try {
      const run = (some: readonly FoldedCall[]) => this.#writeRows(some, options);
      const outcomes: (PersistedCall | BrokenCall)[] = [];
      for (const attempt of await bisect(calls, run, { classify, size: this.#size }))
        outcomes.push(...(await this.#complete(attempt, options)));
      if (outcomes.some(({ kind }) => kind === 'persisted')) succeeded();
      return outcomes;
    } catch (error) {
      throw this.#toTrouble(error, calls);
    } finally {
      this.#watch.ended();
    }
  }

  /** Archives segments of a call that is too long for one statement. Resolves to the call if that failed. */
  async archive(call: FoldedCall, segments: readonly CallSegment[]): Promise<BrokenCall | undefined> {
    const run = async (calls: readonly FoldedCall[]) => {
      await this.#store.archiveEvents(segments);
      return calls;
    };
    try {
      const [outcome] = outcomesOf(await bisect([call], run, { classify }), pointerOf);
      return outcome?.kind === 'broken' ? outcome : undefined;
    } catch (error) {
      throw this.#toTrouble(error, [call]);
    }
  }

  async #writeRows(calls: readonly FoldedCall[], options: WriteOptions): Promise<WriteOutcome[]> {
    const writes = calls.map(writesOf);
    const outcomes = await retryConflicts(() => this.#store.writeCalls(writes.flat(), options));
    let position = 0;
    return writes.map(({ length }) => {
      const outcome = outcomes[position] ?? 'other_epoch';
      position += length;
      return outcome;
    });
  }

  /** A row of another epoch of the log is merged: the events of both are in the archive by now. */
  async #complete(
    attempt: Attempt<FoldedCall, WriteOutcome>,
    options: WriteOptions,
  ): Promise<(PersistedCall | BrokenCall)[]> {
    if (!attempt.ok) return outcomesOf([attempt], pointerOf);
    const { item, result } = attempt;
    if (result !== 'other_epoch') return [toPersisted(item, result, item.summary)];
    const merge = (calls: readonly FoldedCall[]) =>
      Promise.all(calls.map((call) => this.#merge(call, options)));
    return outcomesOf(await bisect([item], merge, { classify }), pointerOf);
  }

  async #merge(folded: FoldedCall, options: WriteOptions): Promise<PersistedCall> {
    const { task, epoch } = folded;
    const merge = () => this.#store.mergeCall({ call: task.call, epoch }, options);
    const { outcome, record } = await retryConflicts(merge);
    return toPersisted(folded, outcome === 'written' ? 'merged' : outcome, summaryOf(record));
  }

  /** The cause is Postgres and not a call. */
  #toTrouble(error: unknown, calls: readonly FoldedCall[]): DatabaseTrouble {
    const trouble = toDatabaseTrouble(error);
    if (this.#watch.failed(trouble)) this.#onPaused(calls, trouble);
    return trouble;
  }
}

function toPersisted(
  { task, epoch, seq }: FoldedCall,
  result: PersistedCall['result'],
  summary: PersistedCall['summary'],
): PersistedCall {
  return { kind: 'persisted', task, epoch, seq, result, summary };
}

function timeoutOf(calls: readonly FoldedCall[], earlierAttempts: number): WriteOptions {
  const largest = calls.reduce((most, { row }) => Math.max(most, row.full_transcript.length), 0);
  if (earlierAttempts === 0 && largest < LARGE_BYTES) return {};
  const bytes = calls.reduce((sum, { row }) => sum + bytesOfRow(row), 0);
  const baseMs = STATEMENT_TIMEOUT_MS + bytes / BYTES_PER_MS;
  return { timeoutMs: Math.min(MAX_TIMEOUT_MS, baseMs * 2 ** Math.min(earlierAttempts, 5)) };
}

/** Tries again at once, a few times, after a deadlock, a lock or a serialization failure. */
async function retryConflicts<T>(operation: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await operation();
    } catch (error) {
      if (classify(error) !== 'retry' || attempt + 1 >= CONFLICT_ATTEMPTS) throw error;
      await sleep(backoffDelayMs(attempt, CONFLICT_BACKOFF));
    }
  }
}
