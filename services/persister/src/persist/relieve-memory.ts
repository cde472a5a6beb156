import { type CallReleaser } from '@turnlog/call-log';
import { describeError, runLoop, type Lifecycle, type Logger, type Metrics } from '@turnlog/service-kit';

const EVERY_MS = 1_000;

/** What relieving the memory of Redis needs. */
export interface RelieveMemoryOptions {
  readonly releaser: CallReleaser;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly lifecycle: Lifecycle;
}

/** While Redis is short of memory, releases calls that are in Postgres. Logs once when it starts and once when it ends. */
export function relieveMemory({ releaser, logger, metrics, lifecycle }: RelieveMemoryOptions): void {
  const released = metrics.counter({
    name: 'persist_released_calls_total',
    help: 'Persisted calls whose keys were taken away before their time, because Redis was short of memory',
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
      if (isShort && !wasShort)
        logger.warn(
          { event: 'redis_memory_short', count },
          'Redis is short of memory; calls that are in Postgres are released at once',
        );
      if (!isShort && wasShort)
        logger.info({ event: 'redis_memory_recovered' }, 'Redis has enough memory again');
      wasShort = isShort;
    },
    // The connection has logged that Redis is unavailable; that its memory is not known is news of its own.
    onError: (error, failures) => {
      if (failures === 1)
        logger.warn(
          { event: 'redis_memory_unknown', error: describeError(error).message },
          'the memory use of Redis is unknown',
        );
    },
    signal: lifecycle.signal,
  });
}
