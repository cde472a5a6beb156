import { type Redis } from 'ioredis';
import { createFeedReader, type FeedBatch, type FeedReader, type FeedReaderOptions } from './feed-reader.ts';
import { type FeedEntry } from './feed-entry.ts';
import { InFlight } from './in-flight.ts';
import { pauseFor } from './pause-for.ts';

/** A client-side deadline on a blocking read settles it later than the server would have. */
const LATE_ANSWER_MS = 500;

/** What a consumer does with what it reads, and what it tells its service. */
export interface FeedHandling {
  /** As its reader has it. */
  readonly blockMs: number;
  /** How often entries of dead consumers are looked for. */
  readonly reclaimEveryMs: number;
  /**
   * Takes the entries and acknowledges each together with its effect. When it throws, what it has not acknowledged
   * stays pending and is read again after a pause. Runs several times at once where reading ahead is asked for.
   */
  readonly handle: (entries: readonly FeedEntry[]) => Promise<void>;
  /** By default nothing is read while something is handled. */
  readonly readAhead?: ReadAhead;
  readonly onError: (error: unknown, attempt: number) => void;
  /** Told of every full turn of the loop: the service's proof of life. */
  readonly onTurn: () => void;
  /** Pending entries that somebody deleted. */
  readonly onLost: (count: number) => void;
  /** The pause after the n-th failure in a row, in milliseconds. */
  readonly backoffMs: (attempt: number) => number;
  /** A clock that never jumps. */
  readonly now?: () => number;
  /** Resolves after so many milliseconds, or at once when the signal aborts. */
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** How a consumer works off a backlog: the next entries are read, and handled, while others are still being handled. */
export interface ReadAhead {
  /** A read of so many entries or more tells of a backlog. */
  readonly fromEntries: number;
  /** The most reads that are handled at once. What one consumer has taken, no other can take. */
  readonly maxReads: number;
}

/** What a consumer on Redis takes. */
export interface FeedConsumerOptions extends FeedReaderOptions, FeedHandling {
  readonly commands: Redis;
  /** A connection of its own: a blocking read holds up everything else on it. */
  readonly blocking: Redis;
}

/** A running consumer. */
export interface FeedConsumer {
  /** Reads no more, and resolves when what is in flight is done and the consumer has left its group. */
  stop(): Promise<void>;
}

/** Starts consuming from Redis, until stopped: see {@link consumeFeed}. */
export function startFeedConsumer({ commands, blocking, ...options }: FeedConsumerOptions): FeedConsumer {
  return consumeFeed(createFeedReader(commands, blocking, options), options);
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
      // Where Redis is away the consumer stays: the others remove it when it has said nothing for long.
      await reader.leave().catch(() => undefined);
    },
  };
}

async function consume(reader: FeedReader, handling: FeedHandling, stopping: AbortSignal): Promise<void> {
  const { onError, backoffMs, pause = pauseFor } = handling;
  let failures = 0;
  while (!stopping.aborted) {
    try {
      await readUntilTrouble(reader, handling, stopping, () => (failures = 0));
    } catch (error) {
      if (isStopped(stopping)) return;
      failures += 1;
      onError(error, failures);
      await pause(backoffMs(failures), stopping);
    }
  }
}

async function readUntilTrouble(
  reader: FeedReader,
  handling: FeedHandling,
  stopping: AbortSignal,
  onProgress: () => void,
): Promise<void> {
  const { handle, onTurn, onLost, blockMs, reclaimEveryMs, readAhead } = handling;
  const { now = () => performance.now() } = handling;
  const inFlight = new InFlight();
  const take = async ({ entries, lost }: FeedBatch): Promise<void> => {
    if (lost > 0) onLost(lost);
    if (entries.length > 0) await handle(entries);
    onProgress();
    onTurn();
  };
  const takeAll = async (batches: AsyncIterable<FeedBatch>): Promise<void> => {
    for await (const batch of batches) {
      if (stopping.aborted) return;
      inFlight.add(take(batch));
      await inFlight.untilFewerThan(readAhead?.maxReads ?? 1);
    }
    await inFlight.untilFewerThan(1);
  };

  await reader.untilReady(stopping);
  await reader.ensureGroups();
  let reclaimedAt = -Infinity;
  try {
    await takeAll(reader.ownPending());
    while (!stopping.aborted) {
      if (now() - reclaimedAt >= reclaimEveryMs) {
        await inFlight.untilFewerThan(1);
        await takeAll(reader.reclaimed());
        reclaimedAt = now();
      }
      const readAt = now();
      const batch = await reader.readNew();
      const isLate = now() - readAt > blockMs + LATE_ANSWER_MS;
      inFlight.add(take(batch));
      const isBacklog = readAhead !== undefined && batch.entries.length >= readAhead.fromEntries;
      await inFlight.untilFewerThan(isBacklog ? readAhead.maxReads : 1);
      // Redis may have given us entries with an answer that came after the deadline: they are pending in our name.
      if (isLate) {
        await inFlight.untilFewerThan(1);
        await takeAll(reader.ownPending());
      }
    }
  } finally {
    await inFlight.settled();
  }
}

function isStopped(stopping: AbortSignal): boolean {
  return stopping.aborted;
}
