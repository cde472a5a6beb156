import { callId } from '@turnlog/call-events';
import { type DeadLetter } from '@turnlog/call-log';
import { describeDatabaseError } from '@turnlog/call-store';
import { describeError, eventLog, type Logger, type Metrics } from '@turnlog/service-kit';
import { LRUCache } from 'lru-cache';
import { type CallTask } from '../domain/call-task.ts';
import { type FoldedCall, type GoneCall, type PersistedCall } from '../store/call-outcome.ts';
import { type DatabaseTrouble } from '../store/database-watch.ts';

const EVENTS = {
  call_already_persisted: ['debug', 'nothing to persist for this call'],
  call_checkpoint_persisted: ['debug', 'Checkpoint of session persisted to database'],
  transcript_persisting: ['info', 'Persisting transcript to database'],
  collected_data_persisting: ['info', 'Persisting collected data to database'],
  call_persisted: ['info', 'Session successfully persisted to database'],
  call_persist_failed: ['error', 'Failed to persist session to database'],
  call_log_missing: ['error', 'the log of a call is missing'],
  call_expired: ['debug', 'the call has expired from Redis; nothing to persist'],
  dead_letter_added: ['error', 'set aside as a dead letter'],
  dead_letter_not_written: ['error', 'a dead letter could not be written; its entry stays pending'],
  pending_entries_deleted: ['error', 'pending entries of the persist feed were deleted by another program'],
} as const;

const COUNTERS = {
  calls: [
    'persist_total',
    'Calls by result: written, merged, stale, kept, known, gone, deferred, dead',
    'result',
  ],
  letters: ['dead_letters_written_total', 'Dead letters written, by kind', 'kind'],
  lost: [
    'persist_entries_lost_total',
    'Pending entries of the feed that another program deleted; investigate each one',
  ],
} as const;

const BATCH_BUCKETS = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000];

/** How often a deferred call is logged as an error, and of how many calls this is remembered. */
const DEFERRALS = { max: 10_000, ttl: 60_000 };

/** What is reported of persisting calls. */
export type PersistObserver = Pick<PersistReport, keyof PersistReport>;

/** Reports the results of persisting calls, in the log and in metrics. */
export class PersistReport {
  readonly #log;
  readonly #count;
  readonly #batchCalls;
  readonly #duration;
  readonly #endToPersist;
  /** The deferred calls that were logged lately. */
  readonly #deferrals = new LRUCache<string, true>(DEFERRALS);
  #persistedCalls = 0;

  constructor(logger: Logger, metrics: Metrics) {
    this.#log = eventLog(logger, EVENTS);
    this.#count = metrics.counters(COUNTERS);
    this.#batchCalls = metrics.histogram('persist_batch_calls', 'Calls in one write', BATCH_BUCKETS);
    this.#duration = metrics.histogram('persist_duration_seconds', 'Duration of one write to Postgres');
    this.#endToPersist = metrics.histogram(
      'end_to_persist_seconds',
      'From the event that ended a call, or came after its end, to its row in Postgres',
    );
  }

  /** How many calls have been persisted so far. */
  persistedCalls(): number {
    return this.#persistedCalls;
  }

  /** Runs one write of so many calls. */
  async timed<T>(calls: number, write: () => Promise<T>): Promise<T> {
    this.#batchCalls.observe(calls);
    const stop = this.#duration.startTimer();
    try {
      return await write();
    } finally {
      stop();
    }
  }

  persisted({ task, result, summary: { version, exchanges, fields } }: PersistedCall): void {
    this.#count.calls.inc({ result });
    const call_sid = task.call.callSid;
    if (result !== 'written' && result !== 'merged') {
      this.#log('call_already_persisted', { call_sid, outcome: result });
      return;
    }
    this.#persistedCalls += 1;
    if (task.isCheckpoint) {
      this.#log('call_checkpoint_persisted', { call_sid, version });
      return;
    }
    this.#endToPersist.observe(Math.max(0, Date.now() - task.askedAtMs) / 1000);
    this.#log('transcript_persisting', { call_sid, exchanges });
    this.#log('collected_data_persisting', { call_sid, fields });
    this.#log('call_persisted', { call_sid });
  }

  /** A call whose keys have expired, or whose log is missing though it was never persisted, which is a loss. */
  gone({ task: { call, entryIds }, log: { epoch, lastSeq, persistedSeq } }: GoneCall): void {
    this.#count.calls.inc({ result: 'gone' });
    const fields = { call_sid: call.callSid, entries: entryIds.length };
    const isLoss = epoch !== undefined && persistedSeq < lastSeq;
    if (isLoss) this.#log('call_log_missing', { ...fields, lastSeq, persistedSeq });
    else this.#log('call_expired', fields);
  }

  /** Postgres accepts nothing at present. These calls wait in Redis, as all that come after them will. */
  paused(calls: readonly FoldedCall[], { message }: DatabaseTrouble): void {
    for (const { task } of calls) {
      if (task.isCheckpoint) continue;
      this.#log('call_persist_failed', { call_sid: task.call.callSid, error: message, outcome: 'paused' });
    }
  }

  /** A call that is retried again and again is an error in the log once in a while. */
  failed({ call }: CallTask, error: unknown, outcome: 'dead' | 'deferred'): void {
    this.#count.calls.inc({ result: outcome });
    const isRepeated = outcome === 'deferred' && this.#deferrals.has(callId(call));
    if (outcome === 'deferred' && !isRepeated) this.#deferrals.set(callId(call), true);
    const fields = { call_sid: call.callSid, error: describeDatabaseError(error), outcome };
    this.#log('call_persist_failed', fields, isRepeated ? 'debug' : 'error');
  }

  deadLettered({ call, kind, seq, reason }: DeadLetter): void {
    this.#count.letters.inc({ kind });
    this.#log('dead_letter_added', { call_sid: call.callSid, kind, seq, reason });
  }

  letterFailed({ call, kind, seq }: DeadLetter, error: unknown): void {
    const { message } = describeError(error);
    this.#log('dead_letter_not_written', { call_sid: call.callSid, kind, seq, error: message });
  }

  lost(count: number): void {
    this.#count.lost.inc(count);
    this.#log('pending_entries_deleted', { count });
  }
}
