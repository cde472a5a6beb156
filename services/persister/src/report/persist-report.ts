import { callId } from '@turnlog/call-events';
import { type DeadLetter } from '@turnlog/call-log';
import { describeDatabaseError } from '@turnlog/call-store';
import { describeError, type Logger, type Metrics } from '@turnlog/service-kit';
import { LRUCache } from 'lru-cache';
import { type CallTask } from '../domain/call-task.ts';
import { type FoldedCall, type GoneCall, type PersistedCall } from '../store/call-outcome.ts';
import { type DatabaseTrouble } from '../store/database-watch.ts';

/** How often a deferred call is logged as an error, and of how many calls this is remembered. */
const DEFERRALS = { max: 10_000, ttl: 60_000 };

/** What is reported of persisting calls. */
export type PersistObserver = Pick<PersistReport, keyof PersistReport>;

/** Reports the results of persisting calls, in the log and in metrics. */
export class PersistReport {
  readonly #logger: Logger;
  readonly #metrics: ReturnType<typeof createPersistMetrics>;
  /** The deferred calls that were logged lately. */
  readonly #deferrals = new LRUCache<string, true>(DEFERRALS);
  #persistedCalls = 0;

  constructor(logger: Logger, metrics: Metrics) {
    this.#logger = logger;
    this.#metrics = createPersistMetrics(metrics);
  }

  /** How many calls have been persisted so far. */
  persistedCalls(): number {
    return this.#persistedCalls;
  }

  /** Runs one write of so many calls. */
  async timed<T>(calls: number, write: () => Promise<T>): Promise<T> {
    this.#metrics.batchCalls.observe(calls);
    const stop = this.#metrics.duration.startTimer();
    try {
      return await write();
    } finally {
      stop();
    }
  }

  persisted({ task, result, summary }: PersistedCall): void {
    this.#metrics.calls.inc({ result });
    const call_sid = task.call.callSid;
    if (result !== 'written' && result !== 'merged') {
      this.#logger.debug(
        { event: 'call_already_persisted', call_sid, outcome: result },
        'nothing to persist for this call',
      );
      return;
    }
    this.#persistedCalls += 1;
    if (task.isCheckpoint) {
      this.#logger.debug(
        { event: 'call_checkpoint_persisted', call_sid, version: summary.version },
        'Checkpoint of session persisted to database',
      );
      return;
    }
    this.#metrics.endToPersist.observe(Math.max(0, Date.now() - task.askedAtMs) / 1000);
    const { exchanges, fields } = summary;
    this.#logger.info(
      { event: 'transcript_persisting', call_sid, exchanges },
      'Persisting transcript to database',
    );
    this.#logger.info(
      { event: 'collected_data_persisting', call_sid, fields },
      'Persisting collected data to database',
    );
    this.#logger.info({ event: 'call_persisted', call_sid }, 'Session successfully persisted to database');
  }

  /** A call whose keys have expired, or whose log is missing though it was never persisted, which is a loss. */
  gone({ task: { call, entryIds }, log: { epoch, lastSeq, persistedSeq } }: GoneCall): void {
    this.#metrics.calls.inc({ result: 'gone' });
    const fields = { call_sid: call.callSid, entries: entryIds.length };
    const isLoss = epoch !== undefined && persistedSeq < lastSeq;
    if (isLoss)
      this.#logger.error(
        { event: 'call_log_missing', ...fields, lastSeq, persistedSeq },
        'the log of a call is missing',
      );
    else
      this.#logger.debug(
        { event: 'call_expired', ...fields },
        'the call has expired from Redis; nothing to persist',
      );
  }

  /** Postgres accepts nothing at present. These calls wait in Redis, as all that come after them will. */
  paused(calls: readonly FoldedCall[], { message }: DatabaseTrouble): void {
    for (const { task } of calls) {
      if (task.isCheckpoint) continue;
      const fields = { call_sid: task.call.callSid, error: message, outcome: 'paused' };
      this.#logger.error(
        { event: 'call_persist_failed', ...fields },
        'Failed to persist session to database',
      );
    }
  }

  /** A call that is retried again and again is an error in the log once in a while. */
  failed({ call }: CallTask, error: unknown, result: 'dead' | 'deferred'): void {
    this.#metrics.calls.inc({ result });
    const fields = { call_sid: call.callSid, error: describeDatabaseError(error), outcome: result };
    const isRepeated = result === 'deferred' && this.#deferrals.has(callId(call));
    if (result === 'deferred' && !isRepeated) this.#deferrals.set(callId(call), true);
    this.#logger[isRepeated ? 'debug' : 'error'](
      { event: 'call_persist_failed', ...fields },
      'Failed to persist session to database',
    );
  }

  deadLettered({ call, kind, seq, reason }: DeadLetter): void {
    this.#metrics.letters.inc({ kind });
    this.#logger.error(
      { event: 'dead_letter_added', call_sid: call.callSid, kind, seq, reason },
      'set aside as a dead letter',
    );
  }

  letterFailed({ call, kind, seq }: DeadLetter, error: unknown): void {
    const fields = { call_sid: call.callSid, kind, seq, error: describeError(error).message };
    this.#logger.error(
      { event: 'dead_letter_not_written', ...fields },
      'a dead letter could not be written; its entry stays pending',
    );
  }

  lost(count: number): void {
    this.#metrics.lost.inc(count);
    this.#logger.error(
      { event: 'pending_entries_deleted', count },
      'pending entries of the persist feed were deleted by another program',
    );
  }
}

function createPersistMetrics(metrics: Metrics) {
  return {
    calls: metrics.counter({
      name: 'persist_total',
      help: 'Calls by the result of persisting them: written, merged, stale, kept, known, gone, deferred, dead',
      labels: ['result'],
    }),
    letters: metrics.counter({
      name: 'dead_letters_written_total',
      help: 'Dead letters written, by kind',
      labels: ['kind'],
    }),
    lost: metrics.counter({
      name: 'persist_entries_lost_total',
      help: 'Pending entries of the feed that another program deleted; investigate each one',
    }),
    batchCalls: metrics.histogram({
      name: 'persist_batch_calls',
      help: 'Calls in one write',
      buckets: [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000],
    }),
    duration: metrics.histogram({
      name: 'persist_duration_seconds',
      help: 'Duration of one write to Postgres',
    }),
    endToPersist: metrics.histogram({
      name: 'end_to_persist_seconds',
      help: 'From the event that ended a call, or came after its end, to its row in Postgres',
    }),
  };
}
