import { type Redis } from 'ioredis';
import { untilReady } from '@turnlog/redis-kit';
import { partitionKeys, type FeedName, type KeySpace } from '../keys.ts';
import { withDeliveries } from './with-deliveries.ts';
import { BrokenPartitions } from './broken-partitions.ts';
import { removeConsumer, removeGoneConsumers } from './feed-consumers.ts';
import { ensureGroups } from './feed-groups.ts';
import { pauseFor } from './pause-for.ts';
import { StuckEntries } from './stuck-entries.ts';
import { readFeedEntry, type FeedEntry, type RawEntry } from './feed-entry.ts';

/** The feed, the group and the consumer's name. */
export interface FeedReaderOptions {
  readonly space: KeySpace;
  readonly feed: FeedName;
  /** Stable over restarts, so that a restarted consumer finds its own pending entries. */
  readonly consumer: string;
  readonly partitions: readonly number[];
  /** The most entries of one partition in one read. */
  readonly count: number;
  readonly blockMs: number;
  /** How long an entry stays with an idle consumer before another one claims it. */
  readonly claimIdleMs: number;
  /**
   * After this time a consumer that does not read and has no pending entries is removed; ten minutes by
   * default.
   */
  readonly goneAfterMs?: number;
  /** Observes feeds that cannot be read; each stops only its own partition. */
  readonly broken?: BrokenPartitions;
}

const GONE_AFTER_MS = 600_000;

/** The result of a read: entries to handle, and the ids of entries that cannot be handled. */
export interface FeedBatch {
  readonly entries: readonly FeedEntry[];
  /** Pending entries that were deleted. This system's own commands cause none. */
  readonly lost: number;
}

/**
 * One consumer's view of a feed: the ways in which entries are delivered. All of them reject without Redis.
 */
export interface FeedReader {
  /** Resolves when there is something to read from; rejects on the signal. */
  untilReady(signal: AbortSignal): Promise<void>;
  /** Ensures that each feed has its group, and skips feeds that cannot be read from then on. */
  ensureGroups(): Promise<void>;
  /** This consumer's pending entries, page by page. */
  ownPending(): AsyncIterable<FeedBatch>;
  /** Entries of consumers that have been idle for `claimIdleMs`. */
  reclaimed(): AsyncIterable<FeedBatch>;
  /** New entries; an empty batch if none came within the block. */
  readNew(): Promise<FeedBatch>;
  /** Ends a read in progress and all reading. Entries that were just delivered stay pending. */
  interrupt(): void;
  /** Removes this consumer from the groups in which it has no pending entries. */
  leave(): Promise<void>;
}

type StreamReply = readonly (readonly [key: string, entries: readonly RawEntry[]])[] | null;

/** The consumer group of a feed; each feed has one. */
export function groupOf(feed: FeedName): string {
  return feed === 'activity' ? 'session' : 'persister';
}

/** Reads one feed over its partitions. Blocking reads take a connection of their own. */
export function createFeedReader(commands: Redis, blocking: Redis, options: FeedReaderOptions): FeedReader {
  const { space, feed, consumer, partitions, count, blockMs, claimIdleMs } = options;
  const { goneAfterMs = GONE_AFTER_MS, broken = untold() } = options;
  const group = groupOf(feed);
  const keys = partitions.map((partition) => partitionKeys(space, partition)[feed]);
  const partitionOfKey = new Map(keys.map((key, index) => [key, partitions[index] ?? 0]));
  const now = () => performance.now();
  const stuck = new StuckEntries({ commands, group, consumer, claimIdleMs, now });
  const interrupted = new AbortController();
  let readable: readonly string[] = keys;
  let cleanedAtMs = -Infinity;

  const ready = async (signal: AbortSignal): Promise<void> => {
    await untilReady(commands, signal);
    await untilReady(blocking, signal);
  };

  /** One read covers all feeds and fails with any of them, so feeds that cannot be read are left out. */
  const findReadable = async (): Promise<void> => {
    const unreadable = new Map(
      (await ensureGroups(commands, keys, group)).map(({ key, error }) => [key, error]),
    );
    readable = keys.filter((key) => !unreadable.has(key));
    for (const [key, error] of unreadable) broken.note(key, error);
    for (const key of readable) broken.clear(key);
  };

  const ownPending = async function* (): AsyncGenerator<FeedBatch> {
    let cursors = new Map(readable.map((key) => [key, '0']));
    while (cursors.size > 0) {
      const reply = (await commands.xreadgroup(
        'GROUP',
        group,
        consumer,
        'COUNT',
        count,
        'STREAMS',
        ...cursors.keys(),
        ...cursors.values(),
      )) as StreamReply;
      cursors = nextCursors(reply);
      if (cursors.size > 0) yield await countedBatch(reply);
    }
  };

  const reclaimed = async function* (): AsyncGenerator<FeedBatch> {
    if (readable.length < keys.length) await findReadable();
    for (const key of readable) yield* claimIdle(key);
    for (const claimed of await stuck.claim(readable)) yield await countedBatch([claimed]);
    if (now() - cleanedAtMs < goneAfterMs / 10) return;
    cleanedAtMs = now();
    await removeGoneConsumers(commands, readable, group, goneAfterMs);
  };

  const claimIdle = async function* (key: string): AsyncGenerator<FeedBatch> {
    let cursor = '0-0';
    do {
      const [next, entries, deleted] = (await commands.xautoclaim(
        key,
        group,
        consumer,
        claimIdleMs,
        cursor,
        'COUNT',
        count,
      )) as [string, RawEntry[], string[]?];
      cursor = next;
      const batch = await countedBatch([[key, entries]]);
      if (entries.length > 0 || deleted?.length)
        yield { ...batch, lost: batch.lost + (deleted?.length ?? 0) };
    } while (cursor !== '0-0');
  };

  const readNew = async (): Promise<FeedBatch> => {
    if (readable.length === 0) {
      await pauseFor(blockMs, interrupted.signal);
      return { entries: [], lost: 0 };
    }
    const reply = (await blocking.xreadgroup(
      'GROUP',
      group,
      consumer,
      'COUNT',
      count,
      'BLOCK',
      blockMs,
      'STREAMS',
      ...readable,
      ...readable.map(() => '>'),
    )) as StreamReply;
    return toBatch(reply);
  };

  const pendingOf = {
    keyOf: (partition: number) => partitionKeys(space, partition)[feed],
    group,
    consumer,
  };

  const countedBatch = async (reply: StreamReply): Promise<FeedBatch> => {
    const { entries, lost } = await toBatch(reply);
    return { entries: await withDeliveries(commands, pendingOf, entries), lost };
  };

  const toBatch = async (reply: StreamReply): Promise<FeedBatch> => {
    const entries: FeedEntry[] = [];
    const lost: [key: string, id: string][] = [];
    for (const [key, rawEntries] of reply ?? []) {
      for (const raw of rawEntries) {
        const entry = readFeedEntry(partitionOfKey.get(key) ?? 0, raw);
        if (entry === undefined) lost.push([key, raw[0]]);
        else entries.push(entry);
      }
    }
    for (const [key, id] of lost) await commands.pipeline().xack(key, group, id).xdel(key, id).exec();
    return { entries, lost: lost.length };
  };

  return {
    untilReady: ready,
    ensureGroups: findReadable,
    ownPending,
    reclaimed,
    readNew,
    interrupt: () => {
      interrupted.abort();
      // Only this ends a blocking read at once.
      blocking.disconnect();
    },
    leave: () => removeConsumer(commands, readable, group, consumer),
  };
}

function nextCursors(reply: StreamReply): Map<string, string> {
  const cursors = new Map<string, string>();
  for (const [key, entries] of reply ?? []) {
    const last = entries.at(-1);
    if (last !== undefined) cursors.set(key, last[0]);
  }
  return cursors;
}

function untold(): BrokenPartitions {
  const untold = () => undefined;
  return new BrokenPartitions({ now: () => performance.now(), onBroken: untold, onMended: untold });
}
