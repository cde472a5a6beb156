import { type Redis } from 'ioredis';
import { allPartitions, partitionKeys, type FeedName, type KeySpace } from '../keys.ts';
import { isFaultOfTheCall } from '../read/is-fault-of-the-call.ts';
import { toUnixMs, type TimeReply } from '@turnlog/redis-kit';
import { type RawEntry } from './feed-entry.ts';
import { infoField, infoOfGroup, isMissing } from './feed-groups.ts';
import { groupOf } from './feed-reader.ts';

/** The lag of a feed's consumers, over all partitions that can be read. */
export interface FeedLag {
  /** Entries that were not delivered yet; `undefined` if Redis cannot tell, which is not zero. */
  readonly lag: number | undefined;
  /** Entries that were delivered and not acknowledged. */
  readonly pending: number;
  /** The age of the oldest entry that is not acknowledged, by the clock of Redis. Zero if there is none. */
  readonly oldestAgeMs: number;
  /** Entries in the dead letters. */
  readonly deadLetters: number;
  /** Partitions that are missing in these figures because one of their keys is of another type. */
  readonly unreadable: number;
}

interface PartitionLag extends Pick<FeedLag, 'lag' | 'pending' | 'deadLetters'> {
  readonly partition: number;
  readonly oldestId: string | undefined;
}

const COMMANDS = 4;

/** Measures the lag of a feed over all partitions in one round trip. Rejects without Redis: unknown is not zero. */
export async function measureFeedLag(redis: Redis, space: KeySpace, feed: FeedName): Promise<FeedLag> {
  return createLagMeter(redis, space, feed)();
}

/**
 * Measures the lag repeatedly. The id of an entry has its age by the wall clock of Redis; after that was set
 * back, new ids are ahead of it. So an entry is at least as old as the time for which it has been the first
 * of its feed.
 */
export function createLagMeter(
  redis: Redis,
  space: KeySpace,
  feed: FeedName,
  now: () => number = () => performance.now(),
): () => Promise<FeedLag> {
  const seen = new Map<number, { readonly id: string; readonly sinceMs: number }>();

  /** How long this entry has been the oldest of its partition. */
  const seenForMs = ({ partition, oldestId }: PartitionLag): number => {
    const before = seen.get(partition);
    if (oldestId === undefined) {
      seen.delete(partition);
      return 0;
    }
    if (before?.id === oldestId) return now() - before.sinceMs;
    seen.set(partition, { id: oldestId, sinceMs: now() });
    return 0;
  };

  return async () => {
    const { nowMs, partitions } = await readPartitions(redis, space, feed);
    const known = partitions.flatMap((partition) => partition ?? []);
    const ages = known.map((each) => Math.max(seenForMs(each), ageById(each, nowMs)));
    return {
      lag: known.some(({ lag }) => lag === undefined) ? undefined : sum(known.map(({ lag }) => lag ?? 0)),
      pending: sum(known.map(({ pending }) => pending)),
      oldestAgeMs: Math.max(0, ...ages),
      deadLetters: sum(known.map(({ deadLetters }) => deadLetters)),
      unreadable: partitions.length - known.length,
    };
  };
}

/** The figures of each partition; `undefined` for one with a key of another type. */
async function readPartitions(redis: Redis, space: KeySpace, feed: FeedName) {
  const pipeline = redis.pipeline().time();
  for (const partition of allPartitions(space)) {
    const keys = partitionKeys(space, partition);
    // The first entry is the oldest one that is not acknowledged, because acknowledging deletes.
    pipeline
      .xinfo('GROUPS', keys[feed])
      .xrange(keys[feed], '-', '+', 'COUNT', 1)
      .xlen(keys[feed])
      .xlen(keys.dead);
  }
  const [time, ...replies] = answersOf(await pipeline.exec());
  const partitions = allPartitions(space).map((partition, index) =>
    readPartition(partition, replies.slice(index * COMMANDS, (index + 1) * COMMANDS), groupOf(feed)),
  );
  return { nowMs: toUnixMs(time as TimeReply), partitions };
}

/** Replaces the reply of a command whose key is of another type. */
const UNREADABLE = Symbol('unreadable');

/** The reply of each command of a pipeline; throws an error that has another cause than its key's type. */
function answersOf(replies: readonly [Error | null, unknown][] | null): unknown[] {
  if (replies === null) throw new Error('Redis answered nothing');
  return replies.map(([error, answer]) => {
    if (error === null || isMissing(error)) return answer;
    if (isFaultOfTheCall(error)) return UNREADABLE;
    throw error;
  });
}

function readPartition(
  partition: number,
  replies: readonly unknown[],
  group: string,
): PartitionLag | undefined {
  if (replies.includes(UNREADABLE)) return undefined;
  const [groups, oldest, length, dead] = replies;
  const info = infoOfGroup(groups, group);
  const oldestId = (oldest as RawEntry[])[0]?.[0];
  const deadLetters = Number(dead);
  // A feed without its group has delivered nothing yet.
  if (info === undefined) return { partition, lag: Number(length), pending: 0, oldestId, deadLetters };
  const lag = infoField(info, 'lag');
  const pending = Number(infoField(info, 'pending'));
  return { partition, lag: lag == null ? undefined : Number(lag), pending, oldestId, deadLetters };
}

function ageById({ oldestId }: PartitionLag, nowMs: number): number {
  return oldestId === undefined ? 0 : nowMs - Number.parseInt(oldestId, 10);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
