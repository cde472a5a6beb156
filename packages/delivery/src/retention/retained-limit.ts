import { type Logger } from '@turnlog/service-kit';
import { getHeapStatistics } from 'node:v8';

const MIB = 1024 * 1024;
const DEFAULT_BYTES = 512 * MIB;

/** The share of the heap for the events of all calls by default: the rest is for requests in progress. */
const DEFAULT_SHARE_OF_HEAP = 1 / 4;
const LARGEST_SHARE_OF_HEAP = 1 / 2;

/** The most that a gateway keeps of all calls: the setting, or what its heap has room for. */
export function maxTotalRetainedBytes(
  setting: number | undefined,
  logger: Pick<Logger, 'warn'>,
  heapBytes = getHeapStatistics().heap_size_limit,
): number {
  if (setting === undefined) return Math.min(DEFAULT_BYTES, Math.floor(heapBytes * DEFAULT_SHARE_OF_HEAP));
  if (setting > heapBytes * LARGEST_SHARE_OF_HEAP) {
    const fields = { limit: setting, heap_bytes: heapBytes };
    logger.warn(
      { event: 'retention_exceeds_heap', ...fields },
      'MAX_TOTAL_RETAINED_BYTES is more than half of the heap; raise --max-old-space-size',
    );
  }
  return setting;
}
