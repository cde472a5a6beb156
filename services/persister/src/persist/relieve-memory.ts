import { type CallReleaser } from '@turnlog/call-log';
import {
  describeError,
  eventLog,
  runLoop,
  type Lifecycle,
  type Logger,
  type Metrics,
} from '@turnlog/service-kit';

const EVENTS = {
  redis_memory_short: ['warn', 'Redis is short of memory; calls that are in Postgres are released at once'],
  redis_memory_recovered: ['info', 'Redis has enough memory again'],
  redis_memory_unknown: ['warn', 'the memory use of Redis is unknown'],
} as const;

const EVERY_MS = 1_000;

/** While Redis is short of memory, releases calls that are in Postgres. Logs once when it starts and once when it ends. */
export function relieveMemory(
  releaser: CallReleaser,
  parts: { readonly logger: Logger; readonly metrics: Metrics; readonly lifecycle: Lifecycle },
): void {
  const { logger, metrics, lifecycle } = parts;
  const log = eventLog(logger, EVENTS);
  const { released } = metrics.counters({
    released: [
      'persist_released_calls_total',
      'Persisted calls whose keys were deleted early, because Redis was short of memory',
    ],
  });
  let wasShort = false;
  runLoop({
    name: 'memory watch',
    lifecycle,
    everyMs: EVERY_MS,
    task: async () => {
      const count = await releaser.relieve();
      released.inc(count);
      const isShort = releaser.isMemoryShort();
      if (isShort && !wasShort) log('redis_memory_short', { count });
      if (!isShort && wasShort) log('redis_memory_recovered');
      wasShort = isShort;
    },
    // The connection logs that Redis is unavailable; that its memory is not known is logged here.
    onError: (error, failures) => {
      if (failures === 1) log('redis_memory_unknown', { error: describeError(error).message });
    },
    signal: lifecycle.signal,
  });
}
