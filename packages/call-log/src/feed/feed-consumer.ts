import { type Redis } from 'ioredis';
import { untilReady } from '../redis/clients.ts';
import { createFeedReader, type FeedBatch, type FeedReaderOptions } from './feed-reader.ts';
import { type FeedEntry } from './feed-entry.ts';

/** A client-side deadline on a blocking read settles it later than the server would have. */
const LATE_ANSWER_MS = 500;

/** What a consumer does with what it reads, and what it tells its service. */
export interface FeedConsumerOptions extends FeedReaderOptions {
  readonly commands: Redis;
  /** A connection of its own: a blocking read holds up everything else on it. */
  readonly blocking: Redis;
  /** How often entries of dead consumers are looked for. */
  readonly reclaimEveryMs: number;
  /**
   * Takes the entries and acknowledges each together with its effect. When it throws, what it has not acknowledged
   * stays pending and is read again after a pause.
   */
  readonly handle: (entries: readonly FeedEntry[]) => Promise<void>;
  readonly onError: (error: unknown, attempt: number) => void;
  /** Told of every full turn of the loop: the service's proof of life. */
  readonly onTurn: () => void;
  /** Pending entries that somebody deleted. */
  readonly onLost: (count: number) => void;
  /** The pause after the n-th failure in a row, in milliseconds. */
  readonly backoffMs: (attempt: number) => number;
  readonly now?: () => number;
}

/** A running consumer. */
export interface FeedConsumer {
  /** Reads no more, and resolves when what is in flight is done. */
  stop(): Promise<void>;
}

/** Starts consuming: own pending entries first, then those of dead consumers, then new ones, until stopped. */
export function startFeedConsumer(options: FeedConsumerOptions): FeedConsumer {
  const stopping = new AbortController();
  const finished = consume(options, stopping.signal);
  return {
    stop: async () => {
      stopping.abort();
      // The one thing that ends a blocking read at once. Entries it was just given stay pending.
      options.blocking.disconnect();
      await finished;
    },
  };
}

async function consume(options: FeedConsumerOptions, stopping: AbortSignal): Promise<void> {
  let failures = 0;
  while (!stopping.aborted) {
    try {
      await readUntilTrouble(options, stopping, () => (failures = 0));
    } catch (error) {
      if (isStopped(stopping)) return;
      failures += 1;
      options.onError(error, failures);
      await pause(options.backoffMs(failures), stopping);
    }
  }
}

async function readUntilTrouble(
  {
    commands,
    blocking,
    handle,
    onTurn,
    onLost,
    reclaimEveryMs,
    now = Date.now,
    ...options
  }: FeedConsumerOptions,
  stopping: AbortSignal,
  onProgress: () => void,
): Promise<void> {
  const reader = createFeedReader(commands, blocking, options);
  const take = async ({ entries, lost }: FeedBatch): Promise<void> => {
    if (lost > 0) onLost(lost);
    if (entries.length > 0) await handle(entries);
    onProgress();
    onTurn();
  };
  const takeAll = async (batches: AsyncIterable<FeedBatch>): Promise<void> => {
    for await (const batch of batches) {
      if (stopping.aborted) return;
      await take(batch);
    }
  };

  await untilReady(commands, stopping);
  await untilReady(blocking, stopping);
  await reader.ensureGroups();
  await takeAll(reader.ownPending());
  let reclaimedAt = -Infinity;
  while (!stopping.aborted) {
    if (now() - reclaimedAt >= reclaimEveryMs) {
      reclaimedAt = now();
      await takeAll(reader.reclaimed());
    }
    const readAt = now();
    await take(await reader.readNew());
    // Redis may have given us entries with an answer that came after the deadline: they are pending in our name.
    if (now() - readAt > options.blockMs + LATE_ANSWER_MS) await takeAll(reader.ownPending());
  }
}

function isStopped(stopping: AbortSignal): boolean {
  return stopping.aborted;
}

function pause(ms: number, stopping: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done(): void {
      clearTimeout(timer);
      stopping.removeEventListener('abort', done);
      resolve();
    }
    stopping.addEventListener('abort', done);
  });
}
