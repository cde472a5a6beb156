import { type FeedEntry, type FeedName } from '@turnlog/call-log';
import { Refusal } from '../kernel/request.ts';
import { callOf } from './members.ts';
import { type RedisModel } from './redis-model.ts';
import { type Delivery, type Stream } from './redis-state.ts';

/** The consumer of a feed. */
export interface FeedClient {
  readonly feed: FeedName;
  readonly consumer: string;
  /** The most entries of one partition in one read. */
  readonly count: number;
}

/** XGROUP CREATE … 0 MKSTREAM, for every partition. */
export function ensureGroups(redis: RedisModel, feed: FeedName): void {
  for (const partition of redis.state.partitions) {
    partition[feed].group ??= { readUpTo: 0, pending: new Map() };
  }
}

/** XREADGROUP … 0: a consumer's pending entries, after an id in each partition. */
export function readOwnPending(
  redis: RedisModel,
  { feed, consumer, count }: FeedClient,
  after: readonly (string | undefined)[],
): FeedEntry[] {
  return redis.state.partitions.flatMap((partition, number) => {
    const stream = partition[feed];
    const cursor = after[number];
    return [...groupOf(stream).pending]
      .filter(
        ([id, delivery]) => delivery.consumer === consumer && (cursor === undefined || isAfter(id, cursor)),
      )
      .sort(([a], [b]) => (isAfter(a, b) ? 1 : -1))
      .slice(0, count)
      .map(([id, delivery]) => redelivered(toEntry(stream, number, id), delivery));
  });
}

/** XAUTOCLAIM of the entries in all partitions that have been idle for this time. */
export function claimIdle(redis: RedisModel, { feed, consumer }: FeedClient, minIdleMs: number): FeedEntry[] {
  const nowMs = redis.now();
  return redis.state.partitions.flatMap((partition, number) => {
    const stream = partition[feed];
    const idle = [...groupOf(stream).pending].filter(([, { atMs }]) => nowMs - atMs >= minIdleMs);
    return idle.map(([id, delivery]) => {
      Object.assign(delivery, { consumer, atMs: nowMs });
      return redelivered(toEntry(stream, number, id), delivery);
    });
  });
}

/** XREADGROUP … >: entries that were not delivered yet. */
export function readNew(redis: RedisModel, { feed, consumer, count }: FeedClient): FeedEntry[] {
  return redis.state.partitions.flatMap((partition, number) => {
    const stream = partition[feed];
    const group = groupOf(stream);
    const given = [...stream.entries].filter(([, { order }]) => order > group.readUpTo).slice(0, count);
    return given.map(([id, { order }]) => {
      group.readUpTo = order;
      group.pending.set(id, { consumer, atMs: redis.now(), deliveries: 1 });
      return toEntry(stream, number, id);
    });
  });
}

function groupOf({ group }: Stream): NonNullable<Stream['group']> {
  if (group === undefined) throw new Refusal('NOGROUP', 'NOGROUP No such key or consumer group');
  return group;
}

function toEntry(stream: Stream, partition: number, id: string): FeedEntry {
  const fields = stream.entries.get(id)?.fields ?? {};
  return {
    partition,
    id,
    call: callOf(fields['c'] ?? ''),
    seq: Number(fields['s']),
    reason: fields['r'] ?? '',
  };
}

/** Reading an entry again counts as a delivery. */
function redelivered(entry: FeedEntry, delivery: Delivery): FeedEntry {
  delivery.deliveries += 1;
  return { ...entry, deliveries: delivery.deliveries };
}

function isAfter(id: string, cursor: string): boolean {
  const [ms = 0, inMs = 0] = id.split('-').map(Number);
  const [cursorMs = 0, cursorInMs = 0] = cursor.split('-').map(Number);
  return ms === cursorMs ? inMs > cursorInMs : ms > cursorMs;
}
