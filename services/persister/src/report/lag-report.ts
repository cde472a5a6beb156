import { createLagMeter, type FeedLag, type KeySpace } from '@turnlog/call-log';
import {
  eventLog,
  monotonicMs,
  runLoop,
  type Lifecycle,
  type Logger,
  type Metrics,
} from '@turnlog/service-kit';
import { type Redis } from 'ioredis';
import { type DatabaseWatch } from '../store/database-watch.ts';

const EVENTS = { persister_lag: ['info', 'persister lag'] } as const;

const EVERY_MS = 10_000;
const WARN_AGE_MS = 10_000;
const ERROR_AGE_MS = 60_000;

interface LagReportOptions {
  readonly lifecycle: Lifecycle;
  readonly redis: Redis;
  readonly space: KeySpace;
  readonly watch: DatabaseWatch;
  readonly logger: Logger;
  /** How many calls have been persisted so far. */
  readonly persistedCalls: () => number;
}

/** Logs how far persisting is behind, every ten seconds. Also the sign of life during an outage. */
export function reportLag(options: LagReportOptions): void {
  const { lifecycle, redis, space, watch, logger, persistedCalls } = options;
  const log = eventLog(logger, EVENTS);
  const measure = createLagMeter(redis, space, 'persist');
  let [lastCalls, lastAt] = [persistedCalls(), monotonicMs()];
  const report = (lag: FeedLag | undefined): void => {
    const [calls, at] = [persistedCalls(), monotonicMs()];
    const calls_per_second = Math.round(((calls - lastCalls) * 10_000) / Math.max(1, at - lastAt)) / 10;
    [lastCalls, lastAt] = [calls, at];
    const database = { database: watch.state, database_paused_ms: watch.pausedMs };
    log('persister_lag', { ...toFields(lag), calls_per_second, ...database }, levelOf(lag));
  };
  runLoop({
    name: 'lag report',
    lifecycle,
    everyMs: EVERY_MS,
    firstAfterMs: EVERY_MS,
    task: async () => report(await measure()),
    // Redis is unavailable, which its connection has logged. Unknown is not zero.
    onError: () => report(undefined),
    signal: lifecycle.signal,
  });
}

/** Gauges of the lag, measured when they are scraped. What is unknown is absent. */
export function registerLagGauges(metrics: Metrics, redis: Redis, space: KeySpace): void {
  const measure = createLagMeter(redis, space, 'persist');
  metrics.gauges({
    persist_feed_lag_entries: [
      'Entries of the persist feed that are not delivered yet',
      async () => (await measure()).lag,
    ],
    persist_feed_pending_entries: [
      'Entries delivered and not acknowledged',
      async () => (await measure()).pending,
    ],
    calls_unpersisted_oldest_age_seconds: [
      'Age of the oldest request to persist that is not acknowledged',
      async () => (await measure()).oldestAgeMs / 1000,
    ],
    persist_unreadable_partitions: [
      'Partitions with a key of another type, which are in no other figure',
      async () => (await measure()).unreadable,
    ],
    dead_letter_messages: ['Stored dead letters', async () => (await measure()).deadLetters],
  });
}

function toFields(lag: FeedLag | undefined) {
  return {
    lag: lag?.lag ?? null,
    pending: lag?.pending ?? null,
    oldest_age_ms: lag?.oldestAgeMs ?? null,
    dead_letters: lag?.deadLetters ?? null,
    // Partitions of which nothing is known, as a key of theirs is of another type.
    unreadable_total: lag?.unreadable ?? null,
  };
}

/** Dead letters wait for a person, and so does a queue that has not moved for a minute. */
export function levelOf(lag: FeedLag | undefined): 'info' | 'warn' | 'error' {
  if (lag === undefined) return 'warn';
  if (lag.oldestAgeMs > ERROR_AGE_MS || lag.deadLetters > 0 || lag.unreadable > 0) return 'error';
  return lag.oldestAgeMs > WARN_AGE_MS ? 'warn' : 'info';
}
