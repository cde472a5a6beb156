import { classifyDatabaseError, type CallStore, type WriteOutcome } from '@turnlog/call-store';
import { summaryOf, type CallSummary } from '../domain/call-summary.ts';
import { writesOf, type FoldedCall } from '../prepare-call.ts';
import { attemptEach, type Attempt } from './attempt-each.ts';
import { toDatabaseTrouble, type DatabaseTrouble, type DatabaseWatch } from './database-watch.ts';
import { retryConflicts } from './retry-conflicts.ts';

/** A call that is in Postgres: `stale` and `kept` when all of it, or more, was there already. An `erased` one is not, for good. */
export interface PersistedCall {
  readonly outcome: 'written' | 'stale' | 'merged' | 'kept' | 'erased';
  readonly summary: CallSummary;
}

/** What became of each call of a batch. */
export type CallAttempt = Attempt<FoldedCall, PersistedCall>;

/**
 * Writes calls, each of them on its own merits. Throws a `DatabaseTrouble` when Postgres takes nothing at present; some
 * of the calls may have been written by then, and writing them again changes nothing. `onPaused` is told of the first
 * calls that such trouble keeps waiting.
 */
export function createCallWriter(
  store: Pick<CallStore, 'writeCalls' | 'mergeCall'>,
  watch: DatabaseWatch,
  onPaused: (calls: readonly FoldedCall[], trouble: DatabaseTrouble) => void,
) {
  const classify = classifyDatabaseError;

  const write = async (calls: readonly FoldedCall[]): Promise<WriteOutcome[]> => {
    const writes = calls.map(writesOf);
    const outcomes = await retryConflicts(() => store.writeCalls(writes.flat()));
    let position = 0;
    return writes.map(({ length }) => {
      const outcome = outcomes[position] ?? 'other_epoch';
      position += length;
      return outcome;
    });
  };

  /** The row stems from another life of the log, whose events are in the archive, as those of this one are by now. */
  const merge = async ({ task: { call }, epoch }: FoldedCall): Promise<PersistedCall> => {
    const { outcome, record } = await retryConflicts(() => store.mergeCall({ call, epoch }));
    return { outcome: outcome === 'written' ? 'merged' : outcome, summary: summaryOf(record) };
  };
  const mergeAlone = { classify, write: (calls: readonly FoldedCall[]) => Promise.all(calls.map(merge)) };

  const complete = async (attempt: Attempt<FoldedCall, WriteOutcome>): Promise<CallAttempt[]> => {
    if (!attempt.ok) return [attempt];
    const { item, result } = attempt;
    if (result === 'other_epoch') return attemptEach([item], mergeAlone);
    return [{ ok: true, item, result: { outcome: result, summary: item.summary } }];
  };

  return async (calls: readonly FoldedCall[]): Promise<CallAttempt[]> => {
    const succeeded = watch.began();
    try {
      const attempts: CallAttempt[] = [];
      for (const attempt of await attemptEach(calls, { classify, write })) {
        attempts.push(...(await complete(attempt)));
      }
      if (attempts.some(({ ok }) => ok)) succeeded();
      return attempts;
    } catch (error) {
      const trouble = toDatabaseTrouble(error);
      if (watch.failed(trouble)) onPaused(calls, trouble);
      throw trouble;
    }
  };
}

/** The writer of one persister. */
export type CallWriter = ReturnType<typeof createCallWriter>;
