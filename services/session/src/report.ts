import { type CallKey } from '@turnlog/call-events';
import { createLagMeter, type FeedLag, type KeySpace } from '@turnlog/call-log';
import { type Logger, type Metrics } from '@turnlog/service-kit';
import { type Redis } from 'ioredis';
import { type FoldObserver } from './live-state/fold-call.ts';
import { type SweepResult } from './live-state/sweep.ts';

/** What the service is told of its work, as metrics and log lines. */
export interface SessionObserver extends FoldObserver {
  onSwept(result: SweepResult): void;
  onSweepFailed(error: unknown): void;
  /** An unseen call that can't be ended, for a reason of its own. */
  onNotGivenUp(call: CallKey, error: unknown): void;
  onReadFailed(error: unknown, attempt: number): void;
  onLost(count: number): void;
}

/** An observer that counts everything and logs what somebody should look at. */
export function createSessionObserver(logger: Logger, metrics: Metrics): SessionObserver {
  const count = createCounters(metrics);
  return {
    onFolded: (events) => count.folded.inc(events),
    onSaved: (outcome) => count.saves.inc({ outcome }),
    onUndecodable({ callSid }, seq, { code, detail }) {
      count.undecodable.inc();
      logger.warn(
        { event: 'log_entry_invalid', call_sid: callSid, seq, code, detail },
        'a log entry is not an event',
      );
    },
    onCallFailed({ callSid }, err) {
      count.failedCalls.inc();
      logger.error({ event: 'call_fold_failed', call_sid: callSid, err }, 'a call could not be folded');
    },
    onCallTooLarge({ callSid }, memoryBytes) {
      count.tooLargeCalls.inc();
      const memory_mb = Math.round(memoryBytes / 2 ** 20);
      logger.error(
        { event: 'call_too_large', call_sid: callSid, memory_mb },
        'a call is too large for a live state',
      );
    },
    onUnpublished(err) {
      count.unpublished.inc();
      logger.warn({ event: 'change_not_published', err }, 'a change could not be published');
    },
    onSwept({ lostConnections, quietCalls, checkpoints }) {
      count.swept.inc({ what: 'lost_connection' }, lostConnections);
      count.swept.inc({ what: 'quiet_call' }, quietCalls);
      count.swept.inc({ what: 'checkpoint' }, checkpoints);
      if (lostConnections + quietCalls === 0) return;
      logger.info(
        { event: 'unseen_calls_ended', lost_connections: lostConnections, quiet_calls: quietCalls },
        'unseen calls were ended',
      );
    },
    onSweepFailed(err) {
      count.failedSweeps.inc();
      logger.error({ event: 'sweep_failed', err }, 'the sweep failed');
    },
    onNotGivenUp({ callSid }, err) {
      count.failedCalls.inc();
      logger.error(
        { event: 'unseen_call_not_ended', call_sid: callSid, err },
        'an unseen call could not be ended',
      );
    },
    onReadFailed(err, attempt) {
      count.failedReads.inc();
      logger.error({ event: 'activity_fold_failed', err, attempt }, 'activity could not be folded; retrying');
    },
    onLost(entries) {
      count.lostEntries.inc(entries);
      logger.error(
        { event: 'pending_entries_deleted', entries },
        'pending entries of the activity feed were deleted by another program',
      );
    },
  };
}

function createCounters(metrics: Metrics) {
  const counter: Metrics['counter'] = (options) => metrics.counter(options);
  return {
    folded: counter({ name: 'session_folded_events_total', help: 'Events read from logs and folded' }),
    saves: counter({
      name: 'session_saves_total',
      help: 'Saves of live states by what became of them',
      labels: ['outcome'],
    }),
    undecodable: counter({ name: 'session_undecodable_total', help: 'Log entries that are no events' }),
    failedCalls: counter({ name: 'session_failed_calls_total', help: 'Calls whose own data stopped a fold' }),
    tooLargeCalls: counter({
      name: 'session_too_large_calls_total',
      help: 'Calls that would take more memory than a live state may',
    }),
    unpublished: counter({ name: 'session_unpublished_total', help: 'Changes that live views missed' }),
    swept: counter({ name: 'session_swept_total', help: 'What sweeps did', labels: ['what'] }),
    failedSweeps: counter({
      name: 'session_failed_sweeps_total',
      help: 'Sweeps that did not come to their end',
    }),
    failedReads: counter({ name: 'session_failed_reads_total', help: 'Batches that are to be read again' }),
    lostEntries: counter({
      name: 'session_lost_entries_total',
      help: 'Pending feed entries that another program deleted',
    }),
  };
}

/** Where the report measures, and where it tells. */
export interface LagReportOptions {
  readonly redis: Redis;
  readonly space: KeySpace;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** A report on how far the live states are behind: a log line each time, and gauges. Unknown is `null`, not zero. */
export function createLagReport({ redis, space, logger, metrics }: LagReportOptions) {
  const measure = createLagMeter(redis, space, 'activity');
  let latest: FeedLag | undefined;
  const gauge = (name: string, help: string, read: (lag: FeedLag) => number | undefined): void =>
    metrics.measuredGauge({ name, help, read: () => Promise.resolve(latest && read(latest)) });
  gauge('session_lag_entries', 'Activity entries not yet given to a consumer', ({ lag }) => lag);
  gauge('session_pending_entries', 'Activity entries given out and not done', ({ pending }) => pending);
  gauge(
    'session_oldest_age_seconds',
    'Age of the oldest activity entry that is not done',
    ({ oldestAgeMs }) => oldestAgeMs / 1000,
  );

  return {
    task: async (): Promise<void> => {
      latest = undefined;
      latest = await measure();
      const { lag = null, pending, oldestAgeMs, unreadable } = latest;
      const fields = { lag, pending, oldest_age_ms: oldestAgeMs, unreadable_total: unreadable };
      logger[unreadable > 0 ? 'error' : 'info']({ event: 'session_lag', ...fields }, 'session lag');
    },
    onError: (err: unknown): void => {
      logger.warn(
        { event: 'session_lag', lag: null, pending: null, oldest_age_ms: null, err },
        'session lag',
      );
    },
  };
}
