import { createLagMeter, type FeedLag, type KeySpace } from '@turnlog/call-log';
import { sleep, type Logger, type Metrics } from '@turnlog/service-kit';
import { type Redis } from 'ioredis';
import { type DatabaseWatch } from '../store/database-watch.ts';

const EVERY_MS = 10_000;
const WARN_AGE_MS = 10_000;
const ERROR_AGE_MS = 60_000;

/** What the report of the lag takes. */
export interface LagReportOptions {
  readonly redis: Redis;
  readonly space: KeySpace;
  readonly watch: DatabaseWatch;
  readonly logger: Logger;
  /** How many calls have been persisted so far. */
  readonly persistedCalls: () => number;
  readonly now: () => number;
  readonly everyMs?: number;
}

/** Says how far persisting is behind, every ten seconds until stopped. Also the sign of life during an outage. */
export async function reportLag(options: LagReportOptions, signal: AbortSignal): Promise<void> {
  const { watch, persistedCalls, now, everyMs = EVERY_MS } = options;
  const measure = createLagMeter(options.redis, options.space, 'persist');
  let [lastCalls, lastAt] = [persistedCalls(), now()];
  for (;;) {
    await sleep(everyMs, signal);
    if (signal.aborted) return;
    const [calls, at] = [persistedCalls(), now()];
    const callsPerSecond = Math.round(((calls - lastCalls) * 10_000) / Math.max(1, at - lastAt)) / 10;
    [lastCalls, lastAt] = [calls, at];
    const lag = await measureOrUnknown(measure);
    const database = { database: watch.state(), database_paused_ms: watch.pausedMs() };
    const fields = { ...toFields(lag), calls_per_second: callsPerSecond, ...database };
    options.logger[levelOf(lag)](fields, 'persister lag');
  }
}

/** Gauges of the lag, measured when they are scraped. What is unknown is absent. */
export function registerLagGauges(
  metrics: Metrics,
  { redis, space }: Pick<LagReportOptions, 'redis' | 'space'>,
) {
  const measure = createLagMeter(redis, space, 'persist');
  const gauge = (name: string, help: string, valueOf: (lag: FeedLag) => number | undefined) =>
    metrics.measuredGauge({
      name,
      help,
      read: async () => valueOf(await measure()),
    });
  gauge(
    'persist_feed_lag_entries',
    'Entries of the persist feed that nobody was given yet',
    ({ lag }) => lag,
  );
  gauge('persist_feed_pending_entries', 'Entries given out and not acknowledged', ({ pending }) => pending);
  gauge(
    'calls_unpersisted_oldest_age_seconds',
    'Age of the oldest request to persist that is not acknowledged',
    ({ oldestAgeMs }) => oldestAgeMs / 1000,
  );
  gauge(
    'persist_unreadable_partitions',
    'Partitions with a key of another type, which are in no other figure',
    ({ unreadable }) => unreadable,
  );
  gauge('dead_letter_messages', 'Dead letters that lie there', ({ deadLetters }) => deadLetters);
}

async function measureOrUnknown(measure: () => Promise<FeedLag>): Promise<FeedLag | undefined> {
  try {
    return await measure();
  } catch {
    // Redis is away, which its connection has told. Unknown is not zero.
    return undefined;
  }
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

/** For the operator's eye: dead letters wait for a person, and so does a queue that has not moved for a minute. */
export function levelOf(lag: FeedLag | undefined): 'info' | 'warn' | 'error' {
  if (lag === undefined) return 'warn';
  if (lag.oldestAgeMs > ERROR_AGE_MS || lag.deadLetters > 0 || lag.unreadable > 0) return 'error';
  return lag.oldestAgeMs > WARN_AGE_MS ? 'warn' : 'info';
}
