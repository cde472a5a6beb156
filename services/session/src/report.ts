import { type CallKey, type DecodeProblem } from '@turnlog/call-events';
import { createLagMeter, type FeedLag, type KeySpace, type SessionSaved } from '@turnlog/call-log';
import { eventLog, type Logger, type Metrics } from '@turnlog/service-kit';
import { type Redis } from 'ioredis';
import { type FoldObserver } from './live-state/fold-call.ts';
import { type SweepResult } from './live-state/sweep.ts';

const EVENTS = {
  log_entry_invalid: ['warn', 'a log entry is not an event'],
  call_fold_failed: ['error', 'a call could not be folded'],
  call_too_large: ['error', 'a call is too large for a live state'],
  change_not_published: ['warn', 'a change could not be published'],
  unseen_calls_ended: ['info', 'unseen calls were ended'],
  sweep_failed: ['error', 'the sweep failed'],
  unseen_call_not_ended: ['error', 'an unseen call could not be ended'],
  activity_fold_failed: ['error', 'activity could not be folded; retrying'],
  pending_entries_deleted: ['error', 'pending entries of the activity feed were deleted by another program'],
} as const;

const LAG_EVENTS = { session_lag: ['info', 'session lag'] } as const;

const COUNTERS = {
  folded: ['session_folded_events_total', 'Events read from logs and folded'],
  saves: ['session_saves_total', 'Saves of live states by outcome', 'outcome'],
  undecodable: ['session_undecodable_total', 'Log entries that are not events'],
  failedCalls: ['session_failed_calls_total', 'Calls whose own data stopped a fold'],
  tooLargeCalls: ['session_too_large_calls_total', 'Calls that would take more memory than a live state may'],
  unpublished: ['session_unpublished_total', 'Changes that live views missed'],
  swept: ['session_swept_total', 'What sweeps did', 'what'],
  failedSweeps: ['session_failed_sweeps_total', 'Sweeps that failed'],
  failedReads: ['session_failed_reads_total', 'Batches that are to be read again'],
  lostEntries: ['session_lost_entries_total', 'Pending feed entries that another program deleted'],
} as const;

/** Reports the work of the service, in the log and in metrics. */
export class SessionReport implements FoldObserver {
  readonly #log;
  readonly #count;

  constructor(logger: Logger, metrics: Metrics) {
    this.#log = eventLog(logger, EVENTS);
    this.#count = metrics.counters(COUNTERS);
  }

  onFolded(events: number): void {
    this.#count.folded.inc(events);
  }

  onSaved(outcome: SessionSaved['outcome']): void {
    this.#count.saves.inc({ outcome });
  }

  onUndecodable({ callSid }: CallKey, seq: number, { code, detail }: DecodeProblem): void {
    this.#count.undecodable.inc();
    this.#log('log_entry_invalid', { call_sid: callSid, seq, code, detail });
  }

  onCallFailed({ callSid }: CallKey, err: unknown): void {
    this.#count.failedCalls.inc();
    this.#log('call_fold_failed', { call_sid: callSid, err });
  }

  onCallTooLarge({ callSid }: CallKey, memoryBytes: number): void {
    this.#count.tooLargeCalls.inc();
    this.#log('call_too_large', { call_sid: callSid, memory_mb: Math.round(memoryBytes / 2 ** 20) });
  }

  onUnpublished(err: unknown): void {
    this.#count.unpublished.inc();
    this.#log('change_not_published', { err });
  }

  onSwept({ lostConnections, quietCalls, checkpoints }: SweepResult): void {
    this.#count.swept.inc({ what: 'lost_connection' }, lostConnections);
    this.#count.swept.inc({ what: 'quiet_call' }, quietCalls);
    this.#count.swept.inc({ what: 'checkpoint' }, checkpoints);
    if (lostConnections + quietCalls === 0) return;
    // A gateway that stops in order ends its calls itself.
    this.#log(
      'unseen_calls_ended',
      { lost_connections: lostConnections, quiet_calls: quietCalls },
      lostConnections > 0 ? 'warn' : 'info',
    );
  }

  onSweepFailed(err: unknown): void {
    this.#count.failedSweeps.inc();
    this.#log('sweep_failed', { err });
  }

  /** An unseen call that cannot be ended, for a reason of its own. */
  onNotEnded({ callSid }: CallKey, err: unknown): void {
    this.#count.failedCalls.inc();
    this.#log('unseen_call_not_ended', { call_sid: callSid, err });
  }

  onReadFailed(err: unknown, attempt: number): void {
    this.#count.failedReads.inc();
    this.#log('activity_fold_failed', { err, attempt });
  }

  onLost(entries: number): void {
    this.#count.lostEntries.inc(entries);
    this.#log('pending_entries_deleted', { entries });
  }
}

/** Measures how far the live states are behind, for a log line each time and for gauges. Unknown is `null`, not zero. */
export class LagReport {
  readonly #log;
  readonly #measure: () => Promise<FeedLag>;
  #latest: FeedLag | undefined;

  constructor(parts: {
    readonly redis: Redis;
    readonly space: KeySpace;
    readonly logger: Logger;
    readonly metrics: Metrics;
  }) {
    const { redis, space, logger, metrics } = parts;
    this.#log = eventLog(logger, LAG_EVENTS);
    this.#measure = createLagMeter(redis, space, 'activity');
    metrics.gauges({
      session_lag_entries: ['Activity entries not yet delivered', () => this.#latest?.lag],
      session_pending_entries: ['Activity entries not acknowledged', () => this.#latest?.pending],
      session_oldest_age_seconds: [
        'Age of the oldest activity entry that is not acknowledged',
        () => this.#latest && this.#latest.oldestAgeMs / 1000,
      ],
    });
  }

  async report(): Promise<void> {
    this.#latest = undefined;
    this.#latest = await this.#measure();
    const { lag = null, pending, oldestAgeMs: oldest_age_ms, unreadable } = this.#latest;
    const fields = { lag, pending, oldest_age_ms, unreadable_total: unreadable };
    this.#log('session_lag', fields, unreadable > 0 ? 'error' : 'info');
  }

  onError(err: unknown): void {
    this.#log('session_lag', { lag: null, pending: null, oldest_age_ms: null, err }, 'warn');
  }
}
