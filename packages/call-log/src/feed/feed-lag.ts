import { type Redis } from 'ioredis';
import { allPartitions, partitionKeys, type FeedName, type KeySpace } from '../keys.ts';
import { toUnixMs, type TimeReply } from '../redis/server-time.ts';
import { type RawEntry } from './feed-entry.ts';
import { groupOf } from './feed-reader.ts';

/** How far the consumers of a feed are behind. */
export interface FeedLag {
  /** Entries not yet given to a consumer; `undefined` when Redis can't tell, which is not zero. */
  readonly lag: number | undefined;
  /** Entries given out and not acknowledged. */
  readonly pending: number;
  /** The age of the oldest entry that is not acknowledged, by the clock of Redis. Zero when there is none. */
  readonly oldestAgeMs: number;
  /** Entries in the dead letters. */
  readonly deadLetters: number;
}

interface PartitionLag {
  readonly lag: number | undefined;
  readonly pending: number;
  readonly oldestId: string | undefined;
  readonly deadLetters: number;
}

/** Measures the lag of a feed over all partitions in one round trip. Rejects when Redis can't be asked: unknown is not zero. */
export async function measureFeedLag(redis: Redis, space: KeySpace, feed: FeedName): Promise<FeedLag> {
  const pipeline = redis.pipeline().time();
  for (const partition of allPartitions(space)) {
    const keys = partitionKeys(space, partition);
    // The first entry is the oldest one not acknowledged, as acknowledging deletes.
    pipeline
      .xinfo('GROUPS', keys[feed])
      .xrange(keys[feed], '-', '+', 'COUNT', 1)
      .xlen(keys[feed])
      .xlen(keys.dead);
  }
  const replies = answersOf(await pipeline.exec());
  const nowMs = toUnixMs(replies[0] as TimeReply);
  const partitions = allPartitions(space).map((_, index) =>
    readPartitionLag(replies.slice(1 + index * 4, 5 + index * 4), groupOf(feed)),
  );
  return total(partitions, nowMs);
}

/** What each command of a pipeline was answered; throws where one was not, but for a feed that does not exist yet. */
function answersOf(replies: readonly [Error | null, unknown][] | null): unknown[] {
  if (replies === null) throw new Error('Redis answered nothing');
  return replies.map(([error, answer]) => {
    if (error !== null && !error.message.startsWith('ERR no such key')) throw error;
    return answer;
  });
}

function readPartitionLag(replies: readonly unknown[], group: string): PartitionLag {
  const [groups, oldest, length, dead] = replies;
  const info = ((groups ?? []) as unknown[][]).map(toInfo).find((each) => each.get('name') === group);
  const oldestId = (oldest as RawEntry[])[0]?.[0];
  const deadLetters = Number(dead);
  // A feed without its group has given out nothing yet.
  if (info === undefined) return { lag: Number(length), pending: 0, oldestId, deadLetters };
  const lag = info.get('lag');
  return {
    lag: lag == null ? undefined : Number(lag),
    pending: Number(info.get('pending')),
    oldestId,
    deadLetters,
  };
}

function toInfo(flat: readonly unknown[]): Map<unknown, unknown> {
  const info = new Map<unknown, unknown>();
  for (let i = 0; i + 1 < flat.length; i += 2) info.set(flat[i], flat[i + 1]);
  return info;
}

function total(partitions: readonly PartitionLag[], nowMs: number): FeedLag {
  const oldest = partitions.flatMap(({ oldestId }) =>
    oldestId === undefined ? [] : [Number(oldestId.split('-')[0])],
  );
  return {
    lag: partitions.some(({ lag }) => lag === undefined)
      ? undefined
      : sum(partitions.map(({ lag }) => lag ?? 0)),
    pending: sum(partitions.map(({ pending }) => pending)),
    oldestAgeMs: oldest.length === 0 ? 0 : Math.max(0, nowMs - Math.min(...oldest)),
    deadLetters: sum(partitions.map(({ deadLetters }) => deadLetters)),
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
