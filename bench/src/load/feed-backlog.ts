import { allPartitions, DEFAULT_KEY_SPACE, partitionKeys, type FeedName } from '@turnlog/call-log';
import { type Redis } from 'ioredis';
import { sum } from '../statistics.ts';

/** How many entries of a feed are not acknowledged: an acknowledged entry is deleted. */
export async function feedBacklog(redis: Redis, feed: FeedName): Promise<number> {
  const pipeline = redis.pipeline();
  for (const partition of allPartitions(DEFAULT_KEY_SPACE))
    pipeline.xlen(partitionKeys(DEFAULT_KEY_SPACE, partition)[feed]);
  const replies = (await pipeline.exec()) ?? [];
  return sum(replies.map(([, length]) => Number(length)));
}
