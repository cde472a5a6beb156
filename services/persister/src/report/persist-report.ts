import { callId } from '@turnlog/call-events';
import { type CallLog, type DeadLetter } from '@turnlog/call-log';
import { describeDatabaseError } from '@turnlog/call-store';
import { describeError, type Logger } from '@turnlog/service-kit';
import { type CallTask } from '../domain/call-task.ts';
import { RepeatedNews } from './repeated-news.ts';
import { type FoldedCall } from '../store/folded-call.ts';
import { type PersistedCall } from '../store/call-writer.ts';
import { type DatabaseTrouble } from '../store/database-watch.ts';
import { type PersistMetrics } from './persist-metrics.ts';

/** How often a call that can't be written is logged. */
const DEFERRAL_NEWS_MS = 60_000;

/** Says what becomes of calls, in the log and in figures. */
export function createPersistReport(logger: Logger, metrics: PersistMetrics, now: () => number) {
  let persistedCalls = 0;
  const deferrals = new RepeatedNews(DEFERRAL_NEWS_MS);
  return {
    /** How many calls have been persisted so far. */
    persistedCalls: (): number => persistedCalls,

    /** Runs one write of so many calls. */
    timed: async <T>(calls: number, write: () => Promise<T>): Promise<T> => {
      metrics.batchCalls.observe(calls);
      const stop = metrics.duration.startTimer();
      try {
        return await write();
      } finally {
        stop();
      }
    },

    persisted: ({ task }: FoldedCall, { outcome, summary }: PersistedCall): void => {
      metrics.calls.inc({ result: outcome });
      const call_sid = task.call.callSid;
      if (outcome === 'stale' || outcome === 'kept' || outcome === 'erased') {
        logger.debug({ call_sid, outcome }, 'Nothing of the session was to be persisted');
        return;
      }
      persistedCalls += 1;
      if (task.isCheckpoint) {
        logger.debug({ call_sid, version: summary.version }, 'Checkpoint of session persisted to database');
        return;
      }
      metrics.endToPersist.observe(Math.max(0, now() - task.askedAtMs) / 1000);
      const { exchanges, fields } = summary;
      logger.info({ call_sid, exchanges }, 'Persisting transcript to database');
      logger.info({ call_sid, fields }, 'Persisting collected data to database');
      logger.info({ call_sid }, 'Session successfully persisted to database');
    },

    /** All of its log was in Postgres before it was asked for once more. */
    alreadyPersisted: ({ call }: CallTask): void => {
      metrics.calls.inc({ result: 'known' });
      logger.debug({ call_sid: call.callSid }, 'Nothing of the session was to be persisted');
    },

    /** A call whose keys have expired, or whose log is missing though it was never persisted, which is a loss. */
    gone: ({ call, entryIds }: CallTask, { epoch, lastSeq, persistedSeq }: CallLog): void => {
      metrics.calls.inc({ result: 'gone' });
      const fields = { call_sid: call.callSid, entries: entryIds.length };
      const isLoss = epoch !== undefined && persistedSeq < lastSeq;
      if (isLoss) logger.error({ ...fields, lastSeq, persistedSeq }, 'The log of a session is missing');
      else logger.debug(fields, 'Session has expired from Redis, nothing to persist');
    },

    /** Postgres takes nothing at present. These calls wait in Redis, as all that come after them will. */
    paused: (calls: readonly FoldedCall[], { message }: DatabaseTrouble): void => {
      for (const { task } of calls) {
        if (task.isCheckpoint) continue;
        const fields = { call_sid: task.call.callSid, error: message, outcome: 'paused' };
        logger.error(fields, 'Failed to persist session to database');
      }
    },

    /** A call that is tried again and again is logged once in a while. */
    failed: ({ call }: CallTask, error: unknown, result: 'dead' | 'deferred'): void => {
      metrics.calls.inc({ result });
      const fields = { call_sid: call.callSid, error: describeDatabaseError(error), outcome: result };
      const isTold = result === 'deferred' && !deferrals.isNews(callId(call), now());
      logger[isTold ? 'debug' : 'error'](fields, 'Failed to persist session to database');
    },

    deadLettered: ({ call, kind, seq, reason }: DeadLetter): void => {
      metrics.letters.inc({ kind });
      logger.error({ call_sid: call.callSid, kind, seq, reason }, 'Set aside as a dead letter');
    },

    letterFailed: ({ call, kind, seq }: DeadLetter, error: unknown): void => {
      const fields = { call_sid: call.callSid, kind, seq, error: describeError(error).message };
      logger.error(fields, 'A dead letter could not be written, its entry stays pending');
    },

    lost: (count: number): void => {
      metrics.lost.inc(count);
      logger.error({ count }, 'Pending entries of the persist feed were deleted by somebody else');
    },
  };
}

/** Says what becomes of calls. */
export type PersistReport = ReturnType<typeof createPersistReport>;
