import { type CallReleaser } from '@turnlog/call-log';
import { describeError, sleep, type Logger, type Metrics } from '@turnlog/service-kit';

const EVERY_MS = 1_000;

/** What relieving the memory of Redis takes. */
export interface RelieveMemoryOptions {
  readonly releaser: CallReleaser;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly everyMs?: number;
}

/**
 * Measures every second whether Redis is short of memory, until stopped, and releases calls that are in Postgres for as long
 * as it is. Says once when it begins and once when it is over.
 */
export async function relieveMemory(
  { releaser, logger, metrics, everyMs = EVERY_MS }: RelieveMemoryOptions,
  signal: AbortSignal,
): Promise<void> {
  const released = metrics.counter({
    name: 'persist_released_calls_total',
    help: 'Persisted calls whose keys were taken away before their time, because Redis was short of memory',
  });
  let wasShort = false;
  let isFailing = false;
  while (!signal.aborted) {
    try {
      const count = await releaser.relieve();
      released.inc(count);
      isFailing = false;
      const isShort = releaser.isMemoryShort();
      if (isShort && !wasShort)
        logger.warn(
          { count },
          'Redis is short of memory: calls that are in Postgres are not kept any longer',
        );
      if (!isShort && wasShort) logger.info('Redis has enough memory again');
      wasShort = isShort;
    } catch (error) {
      // Also told by the connection; but memory that can't be measured is news of its own.
      if (!isFailing)
        logger.warn({ error: describeError(error).message }, 'The memory of Redis is not known');
      isFailing = true;
    }
    await sleep(everyMs, signal);
  }
}
