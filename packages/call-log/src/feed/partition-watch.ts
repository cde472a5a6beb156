import { monotonicClock, type CheckOutcome, type Logger } from '@turnlog/service-kit';
import { BrokenPartitions } from './broken-partitions.ts';

/** A key may be of another type for a moment, while somebody moves data; after that a person has to look. */
const NOT_READY_AFTER_MS = 15_000;
const TODO = 'see what wrote this key, and delete it or move it away: the partition goes on by itself';

/**
 * What a service knows of partitions whose keys hold something else than they should: it tells of them in its log, and is
 * not ready once one has been so for a while.
 */
export function watchPartitions(logger: Logger, now: () => number = () => monotonicClock.now()) {
  const broken = new BrokenPartitions({
    now,
    onBroken: ({ key, error, forMs }) =>
      logger.error(
        { error: `${key}: ${error}`, for_ms: Math.round(forMs), todo: TODO },
        'A partition can not be read; the others go on',
      ),
    onMended: ({ key, forMs }) =>
      logger.info({ detail: key, for_ms: Math.round(forMs) }, 'A partition can be read again'),
  });
  const check = (): Promise<CheckOutcome> => {
    const [first, ...others] = broken.lasting(NOT_READY_AFTER_MS);
    if (first === undefined) return Promise.resolve({ ok: true });
    const more = others.length === 0 ? '' : `, and ${others.length} more`;
    return Promise.resolve({ ok: false, reason: `${first.key}: ${first.error}${more}` });
  };
  return { broken, check };
}
