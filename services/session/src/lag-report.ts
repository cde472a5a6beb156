import { createLagMeter, type FeedLag, type KeySpace } from '@turnlog/call-log';
import { type Logger, type Metrics } from '@turnlog/service-kit';
import { type Redis } from 'ioredis';

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
    report: async (): Promise<void> => {
      latest = undefined;
      latest = await measure();
      const { lag = null, pending, oldestAgeMs, unreadable } = latest;
      const fields = { lag, pending, oldest_age_ms: oldestAgeMs, unreadable_total: unreadable };
      logger[unreadable > 0 ? 'error' : 'info'](fields, 'session lag');
    },
    onError: (err: unknown): void => {
      logger.warn({ lag: null, pending: null, oldest_age_ms: null, err }, 'session lag');
    },
  };
}
