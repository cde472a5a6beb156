import { type Redis } from 'ioredis';
import { execAll } from '@turnlog/redis-kit';
import { type FeedEntry } from './feed-entry.ts';
import { type PendingEntry } from './stuck-entries.ts';

/** More pending entries than one consumer ever has at once. */
const MAX_PENDING = 10_000;

/** The consumer and the feed of pending entries. */
export interface PendingOf {
  readonly keyOf: (partition: number) => string;
  readonly group: string;
  readonly consumer: string;
}

/** Adds to each pending entry how often it was delivered; an entry that is not pending any more is unchanged. */
export async function withDeliveries(
  redis: Redis,
  { keyOf, group, consumer }: PendingOf,
  entries: readonly FeedEntry[],
): Promise<FeedEntry[]> {
  if (entries.length === 0) return [];
  const pipeline = redis.pipeline();
  const idsOf = new Map<number, string[]>();
  for (const { partition, id } of entries) idsOf.set(partition, [...(idsOf.get(partition) ?? []), id]);
  for (const [partition, ids] of idsOf)
    pipeline.xpending(keyOf(partition), group, ids[0] ?? '-', ids.at(-1) ?? '+', MAX_PENDING, consumer);

  const counts = new Map<string, number>();
  const replies = (await execAll(pipeline)) as PendingEntry[][];
  [...idsOf.keys()].forEach((partition, index) => {
    for (const [id, , , deliveries] of replies[index] ?? []) counts.set(`${partition}:${id}`, deliveries);
  });
  return entries.map((entry) => {
    const deliveries = counts.get(`${entry.partition}:${entry.id}`);
    return deliveries === undefined ? entry : { ...entry, deliveries };
  });
}
