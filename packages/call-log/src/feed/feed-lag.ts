import { type Redis } from 'ioredis';
import { allPartitions, partitionKeys, type FeedName, type KeySpace } from '../keys.ts';
import { isFaultOfTheCall } from '../read/is-fault-of-the-call.ts';
import { toUnixMs, type TimeReply } from '@turnlog/redis-kit';
import { type RawEntry } from './feed-entry.ts';
import { isMissing } from './feed-groups.ts';
import { groupOf } from './feed-reader.ts';

/** How far the consumers of a feed are behind, over all partitions that can be read. */
export interface FeedLag {
  /** Entries not yet given to a consumer; `undefined` when Redis can't tell, which is not zero. */
  readonly lag: number | undefined;
  /** Entries given out and not acknowledged. */
  readonly pending: number;
  /** The age of the oldest entry that is not acknowledged, by the clock of Redis. Zero when there is none. */
  readonly oldestAgeMs: number;
  /** Entries in the dead letters. */
  readonly deadLetters: number;
  /** How many partitions are not in these figures, as a key of theirs is of another type. */
  readonly unreadable: number;
}

interface PartitionLag {
  readonly partition: number;
  readonly lag: number | undefined;
  readonly pending: number;
  readonly oldestId: string | undefined;
  readonly deadLetters: number;
}

const COMMANDS = 4;

/**
 * Measures the lag of a feed over all partitions in one round trip. What is unknown of one partition is left out. Rejects
 * when Redis can't be asked: unknown is not zero.
 */
export async function measureFeedLag(redis: Redis, space: KeySpace, feed: FeedName): Promise<FeedLag> {
  return createLagMeter(redis, space, feed)();
}

/**
 * The same again and again. The age of an entry is told by its id, which is of the wall clock of Redis; after that was set
 * back, new entries have ids that lie ahead. So an entry is at least as old as it has been seen at the front of its feed.
 */
export function createLagMeter(
  redis: Redis,
  space: KeySpace,
  feed: FeedName,
  now: () => number = () => performance.now(),
): () => Promise<FeedLag> {
  const seen = new Map<number, { readonly id: string; readonly sinceMs: number }>();

  /** For how long this entry has been the oldest of its partition. */
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

/** What each partition says; `undefined` for one with a key of another type. */
async function readPartitions(redis: Redis, space: KeySpace, feed: FeedName) {
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
  const [time, ...replies] = answersOf(await pipeline.exec());
  const partitions = allPartitions(space).map((partition, index) =>
    readPartition(partition, replies.slice(index * COMMANDS, (index + 1) * COMMANDS), groupOf(feed)),
  );
  return { nowMs: toUnixMs(time as TimeReply), partitions };
}

/** What stands for the answer of a command whose key is of another type. */
const UNREADABLE = Symbol('unreadable');

/** What each command of a pipeline was answered; throws where one was not for another reason than its key. */
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
  const info = ((groups ?? []) as unknown[][]).map(toInfo).find((each) => each.get('name') === group);
  const oldestId = (oldest as RawEntry[])[0]?.[0];
  const deadLetters = Number(dead);
  // A feed without its group has given out nothing yet.
  if (info === undefined) return { partition, lag: Number(length), pending: 0, oldestId, deadLetters };
  const lag = info.get('lag');
  return {
    partition,
    lag: lag == null ? undefined : Number(lag),
    pending: Number(info.get('pending')),
    oldestId,
    deadLetters,
  };
}

function ageById({ oldestId }: PartitionLag, nowMs: number): number {
  return oldestId === undefined ? 0 : nowMs - Number.parseInt(oldestId, 10);
}

function toInfo(flat: readonly unknown[]): Map<unknown, unknown> {
  const info = new Map<unknown, unknown>();
  for (let i = 0; i + 1 < flat.length; i += 2) info.set(flat[i], flat[i + 1]);
  return info;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
