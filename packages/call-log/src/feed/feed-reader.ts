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

/** Which feed, which group, and in whose name it is read. */
export interface FeedReaderOptions {
  readonly space: KeySpace;
  readonly feed: FeedName;
  /** Stable over restarts, so that a restarted consumer finds its own pending entries. */
  readonly consumer: string;
  readonly partitions: readonly number[];
  /** The most entries of one partition in one read. */
  readonly count: number;
  readonly blockMs: number;
  /** How long an entry is left with a consumer that says nothing before another one claims it. */
  readonly claimIdleMs: number;
  /** After which a consumer that reads no more, and has nothing pending, is removed; ten minutes by default. */
  readonly goneAfterMs?: number;
  /** Told of feeds that can't be read, which stops their own partition alone. */
  readonly broken?: BrokenPartitions;
}

const GONE_AFTER_MS = 600_000;

/** What a read brought: entries to handle, and the ids of such as can't be handled. */
export interface FeedBatch {
  readonly entries: readonly FeedEntry[];
  /** Pending entries that somebody deleted. With this system's own commands there are none. */
  readonly lost: number;
}

/** One consumer's view of a feed: the ways in which a group's entries come to it. All of them reject without Redis. */
export interface FeedReader {
  /** Resolves when there is something to read from; rejects on the signal. */
  untilReady(signal: AbortSignal): Promise<void>;
  /** Sees to it that each feed has its group, and leaves those that can't be read out from then on. */
  ensureGroups(): Promise<void>;
  /** Entries that this consumer was given before and has not acknowledged, page by page. */
  ownPending(): AsyncIterable<FeedBatch>;
  /** Entries of consumers that have said nothing for `claimIdleMs`. */
  reclaimed(): AsyncIterable<FeedBatch>;
  /** New entries; an empty batch when none came within the block. */
  readNew(): Promise<FeedBatch>;
  /** Ends a read under way, and all reading. Entries it was just given stay pending. */
  interrupt(): void;
  /** Takes this consumer out of the group, but where it has entries that are not acknowledged. */
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

  /** One read takes all feeds, and fails with any of them. So those that can't be read are left out of it. */
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
      // The one thing that ends a blocking read at once.
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
