import { type Redis } from 'ioredis';
import {
  pauseFor,
  RedisFeedReader,
  type FeedBatch,
  type FeedReader,
  type FeedReaderOptions,
} from './feed-reader.ts';
import { type FeedEntry } from './feed-entry.ts';
import { InFlight } from './in-flight.ts';

/** A client-side deadline ends a blocking read later than the server would have. */
const LATE_ANSWER_MS = 500;

/** What a consumer does with its entries, and what it reports. */
export interface FeedHandling {
  /** See the reader's option. */
  readonly blockMs: number;
  /** How often entries of dead consumers are looked for. */
  readonly reclaimEveryMs: number;
  /**
   * Handles the entries and acknowledges each together with its effect. If it throws, entries that are not
   * acknowledged stay pending and are read again after a pause. Runs several times at once with `readAhead`.
   */
  readonly handle: (entries: readonly FeedEntry[]) => Promise<void>;
  /** By default nothing is read while a read is handled. */
  readonly readAhead?: ReadAhead;
  readonly onError: (error: unknown, attempt: number) => void;
  /** Called after every full turn of the loop, for the watchdog. */
  readonly onTurn: () => void;
  /** Called with pending entries that were deleted. */
  readonly onLost: (count: number) => void;
  /** The pause after the n-th failure in a row, in milliseconds. */
  readonly backoffMs: (attempt: number) => number;
  /** A clock that never jumps. */
  readonly now?: () => number;
  /** Resolves after this time, or at once when the signal aborts. */
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** How a consumer works through a backlog: it reads further entries while others are being handled. */
export interface ReadAhead {
  /** A read of this many entries or more indicates a backlog. */
  readonly fromEntries: number;
  /** The most reads that are handled at once. Entries of one consumer are not available to others. */
  readonly maxReads: number;
}

/** Options of a consumer on Redis. */
export interface FeedConsumerOptions extends FeedReaderOptions, FeedHandling {
  readonly commands: Redis;
  /** A connection of its own: a blocking read delays every other command on it. */
  readonly blocking: Redis;
}

/** A running consumer. */
export interface FeedConsumer {
  /** Stops reading; resolves when the entries in progress are handled and the consumer has left its group. */
  stop(): Promise<void>;
}

/** Starts consuming from Redis, until stopped: see {@link consumeFeed}. */
export function startFeedConsumer({ commands, blocking, ...options }: FeedConsumerOptions): FeedConsumer {
  return consumeFeed(new RedisFeedReader(commands, blocking, options), options);
}

/** Starts consuming: own pending entries first, then those of dead consumers, then new ones, until stopped. */
export function consumeFeed(reader: FeedReader, handling: FeedHandling): FeedConsumer {
  const stopping = new AbortController();
  const finished = consume(reader, handling, stopping.signal);
  return {
    stop: async () => {
      stopping.abort();
      reader.interrupt();
      await finished;
      // Without Redis the consumer stays in its group: the others remove it when it is idle for long.
      await reader.leave().catch(() => undefined);
    },
  };
}

async function consume(reader: FeedReader, handling: FeedHandling, stopping: AbortSignal): Promise<void> {
  const { onError, backoffMs, pause = pauseFor } = handling;
  let failures = 0;
  while (!stopping.aborted) {
    try {
      await new FeedRun(reader, handling, stopping, () => (failures = 0)).run();
    } catch (error) {
      if (isStopped(stopping)) return;
      failures += 1;
      onError(error, failures);
      await pause(backoffMs(failures), stopping);
    }
  }
}

/** Reads until the signal aborts or something fails. */
class FeedRun {
  readonly #reader: FeedReader;
  readonly #handling: FeedHandling;
  readonly #stopping: AbortSignal;
  readonly #onProgress: () => void;
  readonly #now: () => number;
  readonly #inFlight = new InFlight();
  #reclaimedAt = -Infinity;

  constructor(reader: FeedReader, handling: FeedHandling, stopping: AbortSignal, onProgress: () => void) {
    this.#reader = reader;
    this.#handling = handling;
    this.#stopping = stopping;
    this.#onProgress = onProgress;
    this.#now = handling.now ?? (() => performance.now());
  }

  async run(): Promise<void> {
    await this.#reader.untilReady(this.#stopping);
    await this.#reader.ensureGroups();
    try {
      await this.#takeAll(this.#reader.ownPending());
      while (!this.#stopping.aborted) {
        await this.#reclaimWhenDue();
        await this.#takeNew();
      }
    } finally {
      await this.#inFlight.settled();
    }
  }

  async #reclaimWhenDue(): Promise<void> {
    if (this.#now() - this.#reclaimedAt < this.#handling.reclaimEveryMs) return;
    await this.#inFlight.untilFewerThan(1);
    await this.#takeAll(this.#reader.reclaimed());
    this.#reclaimedAt = this.#now();
  }

  async #takeNew(): Promise<void> {
    const { blockMs, readAhead } = this.#handling;
    const readAt = this.#now();
    const batch = await this.#reader.readNew();
    const isLate = this.#now() - readAt > blockMs + LATE_ANSWER_MS;
    this.#inFlight.add(this.#take(batch));
    const isBacklog = readAhead !== undefined && batch.entries.length >= readAhead.fromEntries;
    await this.#inFlight.untilFewerThan(isBacklog ? readAhead.maxReads : 1);
    if (!isLate) return;
    // A reply may have arrived after the deadline: its entries are pending for this consumer.
    await this.#inFlight.untilFewerThan(1);
    await this.#takeAll(this.#reader.ownPending());
  }

  async #takeAll(batches: AsyncIterable<FeedBatch>): Promise<void> {
    for await (const batch of batches) {
      if (this.#stopping.aborted) return;
      this.#inFlight.add(this.#take(batch));
      await this.#inFlight.untilFewerThan(this.#handling.readAhead?.maxReads ?? 1);
    }
    await this.#inFlight.untilFewerThan(1);
  }

  async #take({ entries, lost }: FeedBatch): Promise<void> {
    const { handle, onLost, onTurn } = this.#handling;
    if (lost > 0) onLost(lost);
    if (entries.length > 0) await handle(entries);
    this.#onProgress();
    onTurn();
  }
}

function isStopped(stopping: AbortSignal): boolean {
  return stopping.aborted;
}
