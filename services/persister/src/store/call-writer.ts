import {
  classifyDatabaseError,
  STATEMENT_TIMEOUT_MS,
  type CallSegment,
  type CallStore,
  type WriteOptions,
  type WriteOutcome,
} from '@turnlog/call-store';
import { backoffDelayMs, sleep } from '@turnlog/service-kit';
import { summaryOf, type CallSummary } from '../domain/call-summary.ts';
import { bytesOfRow } from '../persist/prepare-call.ts';
import { writesOf, type FoldedCall } from './folded-call.ts';
import { attemptEach, type Attempt } from './bisect.ts';
import { toDatabaseTrouble, type DatabaseTrouble, type DatabaseWatch } from './database-watch.ts';
import { WriteSize } from './write-size.ts';

/** A call that is in Postgres: `stale` and `kept` when all of it, or more, was there already. An `erased` one is not, for good. */
export interface PersistedCall {
  readonly outcome: 'written' | 'stale' | 'merged' | 'kept' | 'erased';
  readonly summary: CallSummary;
}

/** What became of each call of a batch. */
export type CallAttempt = Attempt<FoldedCall, PersistedCall>;

/** What the writer takes of the store. */
export type CallTables = Pick<CallStore, 'writeCalls' | 'archiveEvents' | 'mergeCall'>;

/** What a writer takes. */
export interface CallWriterOptions {
  /** The most calls of one statement. */
  readonly maxCalls: number;
  /** Told of the first calls that trouble with Postgres keeps waiting. */
  readonly onPaused: (calls: readonly FoldedCall[], trouble: DatabaseTrouble) => void;
}

/** A call that was too slow before is given more time with each attempt. */
export interface CallWriteOptions {
  readonly earlierAttempts?: number;
}

/** A large row is given this much longer than the others, by its size. */
const BYTES_PER_MS = 1_000;
/** Below this, it gets no time-out of its own, which would cost it a transaction of several round trips. */
const LARGE_BYTES = 4_000_000;
const MAX_TIMEOUT_MS = 300_000;

/**
 * Writes calls, each of them on its own merits. Throws a `DatabaseTrouble` when Postgres takes nothing at present; some
 * of the calls may have been written by then, and writing them again changes nothing.
 */
export function createCallWriter(
  store: CallTables,
  watch: DatabaseWatch,
  { maxCalls, onPaused }: CallWriterOptions,
) {
  const classify = classifyDatabaseError;
  const size = new WriteSize(maxCalls);

  const writeWith =
    (options: WriteOptions) =>
    async (calls: readonly FoldedCall[]): Promise<WriteOutcome[]> => {
      const writes = calls.map(writesOf);
      const outcomes = await retryConflicts(() => store.writeCalls(writes.flat(), options));
      let position = 0;
      return writes.map(({ length }) => {
        const outcome = outcomes[position] ?? 'other_epoch';
        position += length;
        return outcome;
      });
    };

  /** The row stems from another life of the log, whose events are in the archive, as those of this one are by now. */
  const mergeWith =
    (options: WriteOptions) =>
    async ({ task: { call }, epoch }: FoldedCall): Promise<PersistedCall> => {
      const { outcome, record } = await retryConflicts(() => store.mergeCall({ call, epoch }, options));
      return { outcome: outcome === 'written' ? 'merged' : outcome, summary: summaryOf(record) };
    };

  const complete = async (
    attempt: Attempt<FoldedCall, WriteOutcome>,
    options: WriteOptions,
  ): Promise<CallAttempt[]> => {
    if (!attempt.ok) return [attempt];
    const { item, result } = attempt;
    const merge = mergeWith(options);
    if (result === 'other_epoch')
      return attemptEach([item], { classify, write: (calls) => Promise.all(calls.map(merge)) });
    return [{ ok: true, item, result: { outcome: result, summary: item.summary } }];
  };

  /** Postgres is in trouble, whatever it is handed. */
  const toTrouble = (error: unknown, calls: readonly FoldedCall[]): DatabaseTrouble => {
    const trouble = toDatabaseTrouble(error);
    if (watch.failed(trouble)) onPaused(calls, trouble);
    return trouble;
  };

  return {
    write: async (
      calls: readonly FoldedCall[],
      { earlierAttempts = 0 }: CallWriteOptions = {},
    ): Promise<CallAttempt[]> => {
      const succeeded = watch.began();
      const options = timeoutOf(calls, earlierAttempts);
      try {
        const attempts: CallAttempt[] = [];
        for (const attempt of await attemptEach(calls, { classify, write: writeWith(options), size })) {
          attempts.push(...(await complete(attempt, options)));
        }
        if (attempts.some(({ ok }) => ok)) succeeded();
        return attempts;
      } catch (error) {
        throw toTrouble(error, calls);
      }
    },

    /** Archives stretches of the log of a call that is too long for one statement. */
    archive: async (
      call: FoldedCall,
      segments: readonly CallSegment[],
    ): Promise<Attempt<FoldedCall, 'archived'>> => {
      const write = async (): Promise<'archived'[]> => {
        await store.archiveEvents(segments);
        return ['archived'];
      };
      try {
        const [attempt] = await attemptEach([call], { classify, write });
        return attempt ?? { ok: true, item: call, result: 'archived' };
      } catch (error) {
        throw toTrouble(error, [call]);
      }
    },
  };
}

/** The writer of one persister. */
export type CallWriter = ReturnType<typeof createCallWriter>;

function timeoutOf(calls: readonly FoldedCall[], earlierAttempts: number): WriteOptions {
  const largest = calls.reduce((most, { row }) => Math.max(most, row.full_transcript.length), 0);
  if (earlierAttempts === 0 && largest < LARGE_BYTES) return {};
  const bytes = calls.reduce((sum, { row }) => sum + bytesOfRow(row), 0);
  const baseMs = STATEMENT_TIMEOUT_MS + bytes / BYTES_PER_MS;
  return { timeoutMs: Math.min(MAX_TIMEOUT_MS, baseMs * 2 ** Math.min(earlierAttempts, 5)) };
}

const MAX_ATTEMPTS = 5;
const BACKOFF = { minMs: 5, maxMs: 200, jitter: 'full' } as const;

/** Tries again at once, a few times, while somebody else is in the way: a deadlock, a lock, a serialization failure. */
async function retryConflicts<T>(operation: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await operation();
    } catch (error) {
      if (classifyDatabaseError(error) !== 'retry' || attempt + 1 >= MAX_ATTEMPTS) throw error;
      await sleep(backoffDelayMs(attempt, BACKOFF));
    }
  }
}
