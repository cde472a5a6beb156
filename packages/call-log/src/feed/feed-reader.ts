import { type Redis } from 'ioredis';
import { setTimeout as delay } from 'node:timers/promises';
import { untilReady } from '@turnlog/redis-kit';
import { partitionKeys, type FeedName, type KeySpace } from '../keys.ts';
import { withDeliveries, type PendingOf } from './with-deliveries.ts';
import { type BrokenPartitions } from './broken-partitions.ts';
import { removeConsumer, removeGoneConsumers } from './feed-consumers.ts';
import { ensureGroups } from './feed-groups.ts';
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
  /** After this time a consumer without pending entries that does not read is removed; ten minutes by default. */
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

/** One consumer's view of a feed: the ways in which entries are delivered. All of them reject without Redis. */
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
export class RedisFeedReader implements FeedReader {
  readonly #commands: Redis;
  readonly #blocking: Redis;
  readonly #options: FeedReaderOptions;
  readonly #group: string;
  readonly #reads: readonly ['GROUP', group: string, consumer: string, 'COUNT', count: number];
  readonly #keys: readonly string[];
  readonly #partitions: ReadonlyMap<string, number>;
  readonly #broken: BrokenPartitions | undefined;
  readonly #stuck: StuckEntries;
  readonly #pendingOf: PendingOf;
  readonly #interrupted = new AbortController();
  #readable: readonly string[];
  #cleanedAtMs = -Infinity;

  constructor(commands: Redis, blocking: Redis, options: FeedReaderOptions) {
    const { space, feed, consumer, partitions, count, claimIdleMs, broken } = options;
    const keyOf = (partition: number): string => partitionKeys(space, partition)[feed];
    this.#commands = commands;
    this.#blocking = blocking;
    this.#options = options;
    const group = groupOf(feed);
    this.#group = group;
    this.#reads = ['GROUP', group, consumer, 'COUNT', count];
    this.#partitions = new Map(partitions.map((partition) => [keyOf(partition), partition]));
    this.#keys = [...this.#partitions.keys()];
    this.#readable = this.#keys;
    this.#broken = broken;
    this.#stuck = new StuckEntries({ commands, group, consumer, claimIdleMs, now: () => performance.now() });
    this.#pendingOf = { keyOf, group, consumer };
  }

  async untilReady(signal: AbortSignal): Promise<void> {
    await untilReady(this.#commands, signal);
    await untilReady(this.#blocking, signal);
  }

  async ensureGroups(): Promise<void> {
    const unreadable = new Map(
      (await ensureGroups(this.#commands, this.#keys, this.#group)).map(({ key, error }) => [key, error]),
    );
    this.#readable = this.#keys.filter((key) => !unreadable.has(key));
    for (const [key, error] of unreadable) this.#broken?.note(key, error);
    for (const key of this.#readable) this.#broken?.clear(key);
  }

  async *ownPending(): AsyncGenerator<FeedBatch> {
    let cursors = new Map(this.#readable.map((key) => [key, '0']));
    while (cursors.size > 0) {
      const streams = [...cursors.keys(), ...cursors.values()];
      const reply = (await this.#commands.xreadgroup(...this.#reads, 'STREAMS', ...streams)) as StreamReply;
      cursors = nextCursors(reply);
      if (cursors.size > 0) yield await this.#countedBatch(reply);
    }
  }

  async *reclaimed(): AsyncGenerator<FeedBatch> {
    if (this.#readable.length < this.#keys.length) await this.ensureGroups();
    for (const key of this.#readable) yield* this.#claimIdle(key);
    for (const claimed of await this.#stuck.claim(this.#readable)) yield await this.#countedBatch([claimed]);
    const { goneAfterMs = GONE_AFTER_MS } = this.#options;
    if (performance.now() - this.#cleanedAtMs < goneAfterMs / 10) return;
    this.#cleanedAtMs = performance.now();
    await removeGoneConsumers(this.#commands, this.#readable, this.#group, goneAfterMs);
  }

  async *#claimIdle(key: string): AsyncGenerator<FeedBatch> {
    const { consumer, claimIdleMs, count } = this.#options;
    const claim = (cursor: string) =>
      this.#commands.xautoclaim(key, this.#group, consumer, claimIdleMs, cursor, 'COUNT', count);
    let cursor = '0-0';
    do {
      const [next, entries, deleted = []] = (await claim(cursor)) as [string, RawEntry[], string[]?];
      cursor = next;
      const { lost, ...batch } = await this.#countedBatch([[key, entries]]);
      if (entries.length > 0 || deleted.length > 0) yield { ...batch, lost: lost + deleted.length };
    } while (cursor !== '0-0');
  }

  async readNew(): Promise<FeedBatch> {
    if (this.#readable.length === 0) {
      await pauseFor(this.#options.blockMs, this.#interrupted.signal);
      return { entries: [], lost: 0 };
    }
    const streams = [...this.#readable, ...this.#readable.map(() => '>')];
    const blocks = ['BLOCK', this.#options.blockMs] as const;
    const reply = await this.#blocking.xreadgroup(...this.#reads, ...blocks, 'STREAMS', ...streams);
    return this.#toBatch(reply);
  }

  async #countedBatch(reply: StreamReply): Promise<FeedBatch> {
    const { entries, lost } = await this.#toBatch(reply);
    return { entries: await withDeliveries(this.#commands, this.#pendingOf, entries), lost };
  }

  async #toBatch(reply: StreamReply): Promise<FeedBatch> {
    const entries: FeedEntry[] = [];
    const lost: [key: string, id: string][] = [];
    for (const [key, rawEntries] of reply ?? []) {
      for (const raw of rawEntries) {
        const entry = readFeedEntry(this.#partitions.get(key) ?? 0, raw);
        if (entry === undefined) lost.push([key, raw[0]]);
        else entries.push(entry);
      }
    }
    for (const [key, id] of lost)
      await this.#commands.pipeline().xack(key, this.#group, id).xdel(key, id).exec();
    return { entries, lost: lost.length };
  }

  interrupt(): void {
    this.#interrupted.abort();
    // Only this ends a blocking read at once.
    this.#blocking.disconnect();
  }

  leave(): Promise<void> {
    return removeConsumer(this.#commands, this.#readable, this.#group, this.#options.consumer);
  }
}

/** Resolves after this time, or at once when the signal aborts. */
export async function pauseFor(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

function nextCursors(reply: StreamReply): Map<string, string> {
  const cursors = new Map<string, string>();
  for (const [key, entries] of reply ?? []) {
    const last = entries.at(-1);
    if (last !== undefined) cursors.set(key, last[0]);
  }
  return cursors;
}
